import type { Column } from '../data/column.js';
import { type TableInput, toTable } from '../data/table.js';
import { checkList, checkOptions, refuse } from '../util/check.js';
import { deepFreeze } from '../util/freeze.js';

/** What {@link assessAnonymity} looks at. */
export interface AnonymityOptions {
  /** Columns that somebody may know of a person or firm from elsewhere, and that together may single it out. */
  readonly quasiIdentifiers: readonly string[];
  /** Columns that nobody should learn of it. */
  readonly sensitive?: readonly string[];
  /** Fewest rows that must look alike; 5 unless told. */
  readonly k?: number;
  /** Fewest different values of a sensitive column among rows that look alike; 2 unless told. */
  readonly l?: number;
}

/** How far rows can be told apart, as {@link assessAnonymity} counts it. */
export interface AnonymityReport {
  /** `not_assessed`: there are no rows. */
  readonly verdict: 'met' | 'not_met' | 'not_assessed';
  /** Rows in the smallest group of rows that are alike in all quasi-identifiers. */
  readonly k: number;
  /** For each sensitive column, the fewest different values within one group. A missing cell is a value. */
  readonly l: Readonly<Record<string, number>>;
  readonly groups: number;
  /** Rows in groups that are smaller than asked for: leave these out, or generalize further. */
  readonly rowsBelowK: number;
  /** Rows in groups in which a sensitive column has fewer values than asked for. */
  readonly rowsBelowL: number;
  readonly findings: readonly string[];
}

/**
 * k-anonymity (Sweeney 2002) and distinct l-diversity (Machanavajjhala et al. 2007) of a table, before it is given away.
 *
 * @example
 * assessAnonymity(rows, { quasiIdentifiers: ['sector', 'rating'], sensitive: ['default'] }).verdict;
 * @throws MLOpsError `INVALID_INPUT`
 */
export function assessAnonymity(data: TableInput, options: AnonymityOptions): AnonymityReport {
  checkOptions(options, ['quasiIdentifiers', 'sensitive', 'k', 'l'], 'assessAnonymity');
  const { quasiIdentifiers, sensitive = [], k: leastRows = 5, l: leastValues = 2 } = options;
  checkList(sensitive, 'sensitive', 'columns');
  if (checkList(quasiIdentifiers, 'quasiIdentifiers', 'columns').length === 0)
    refuse('name at least one quasi-identifier');
  for (const [what, value] of Object.entries({ k: leastRows, l: leastValues })) {
    if (!Number.isInteger(value) || value < 1) refuse(`${what} must be a whole number from 1`);
  }
  const table = toTable(data);
  const groups = groupRows(
    quasiIdentifiers.map((name) => cellsOf(table.column(name))),
    table.rowCount,
  );
  const secrets = sensitive.map((name) => ({ name, cells: cellsOf(table.column(name)) }));
  const lowest = new Map<string, number>();
  let [k, rowsBelowK, rowsBelowL] = [table.rowCount, 0, 0];
  for (const rows of groups) {
    k = Math.min(k, rows.length);
    if (rows.length < leastRows) rowsBelowK += rows.length;
    let isBelow = false;
    for (const { name, cells } of secrets) {
      const values = new Set(rows.map(cells)).size;
      lowest.set(name, Math.min(lowest.get(name) ?? Infinity, values));
      isBelow ||= values < leastValues;
    }
    if (isBelow) rowsBelowL += rows.length;
  }
  const findings: string[] = [];
  if (rowsBelowK > 0) findings.push(`${rowsBelowK} rows are alike with fewer than ${leastRows - 1} others`);
  if (rowsBelowL > 0) findings.push(`${rowsBelowL} rows are in groups that give a sensitive value away`);
  const verdict = table.rowCount === 0 ? 'not_assessed' : findings.length > 0 ? 'not_met' : 'met';
  const l = Object.fromEntries(lowest);
  return deepFreeze({ verdict, k, l, groups: groups.length, rowsBelowK, rowsBelowL, findings });
}

/** A cell as something to compare by: missing ones are alike. */
function cellsOf(column: Column): (row: number) => number {
  if (column.kind === 'categorical') return (row) => column.codes[row]!;
  return (row) => column.values[row]!;
}

/** Rows by what they hold in all of the columns: split by one column after the other. */
function groupRows(columns: readonly ((row: number) => number)[], rowCount: number): readonly (readonly number[])[] {
  let groups: number[][] = rowCount === 0 ? [] : [Array.from({ length: rowCount }, (_, row) => row)];
  for (const cell of columns) {
    groups = groups.flatMap((rows) => {
      const parts = new Map<number, number[]>();
      for (const row of rows) {
        const part = parts.get(cell(row));
        if (part === undefined) parts.set(cell(row), [row]);
        else part.push(row);
      }
      return [...parts.values()];
    });
  }
  return groups;
}
