import type { Column } from '../../data/column.js';
import { quantile } from '../../stats/quantile.js';

/** Rows that belong together, by name. */
export interface Groups {
  readonly names: readonly string[];
  /** The group of each row, by its position in `names`. */
  readonly codes: Int32Array;
}

/** Distinct numbers up to which each is a group of its own. */
const mostValues = 10;

/**
 * The groups that a column divides rows into: its categories, or its numbers when there are at most ten, or else quarters
 * of the rows by rising number, or fewer parts where many have the same one. Rows without a value are a group, too.
 */
export function groupsOf(column: Column): Groups {
  if (column.kind === 'categorical') {
    return withMissing(column.categories, column.codes);
  }
  const { values } = column;
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
  if (distinct.length <= mostValues) {
    const positions = new Map([...distinct].map((value, i) => [value, i]));
    return withMissing(
      [...distinct].map((value) => (column.kind === 'date' ? new Date(value).toISOString() : String(value))),
      Int32Array.from(values, (value) => positions.get(value) ?? -1),
    );
  }
  // Where many rows have one number, fewer parts than four have rows in them.
  const cuts = [...new Set([0.25, 0.5, 0.75].map((p) => quantile(sorted, p)))].filter((cut) => cut < sorted.at(-1)!);
  const said = [...cuts, sorted.at(-1)!].map((cut) =>
    column.kind === 'date' ? new Date(cut).toISOString() : String(cut),
  );
  const names = said.map((end, i) =>
    i === 0 ? `up to ${end}` : i === cuts.length ? `above ${said[i - 1]}` : `${said[i - 1]} to ${end}`,
  );
  return withMissing(
    names,
    Int32Array.from(values, (value) => (Number.isNaN(value) ? -1 : cuts.filter((cut) => value > cut).length)),
  );
}

function withMissing(names: readonly string[], codes: Int32Array): Groups {
  if (!codes.includes(-1)) return { names, codes };
  return { names: [...names, '(missing)'], codes: codes.map((code) => (code < 0 ? names.length : code)) };
}
