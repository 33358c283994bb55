import type { Column, Table } from '../../data/table.js';
import { inSteps } from '../../util/in-steps.js';
import type { DataFinding } from '../retrain-result.js';
import { type DataCheck, percent } from './check-inputs.js';

/** Share of repeated rows that is mentioned, and the share from which something went wrong. */
const noticeable = 0.01;
const tooMany = 0.2;
/** Rows of so few combinations of values, for each row, are alike without being copies: grades, sectors, yes or no. */
const fewCombinations = 100;

/** Rows that are there more than once, in every column. */
export const duplicateRows: DataCheck = async ({ data }) => {
  const keys = await rowKeys(data, [...data.columns.keys()]);
  const repeated = keys.length - new Set(keys).size;
  const share = repeated / Math.max(1, keys.length);
  if (share < noticeable || combinations(data, [...data.columns.keys()]) < fewCombinations * keys.length) return [];
  const finding: DataFinding = {
    check: 'duplicate_rows',
    severity: share >= tooMany ? 'blocking' : 'warning',
    message: `${repeated} of ${keys.length} rows (${percent(share)}) repeat another row in every column: remove the copies, they count more than once`,
  };
  return [finding];
};

/** As many different rows as there could be of the values that each of these columns has. */
const combinations = (data: Table, names: readonly string[]): number =>
  names
    .map((name) => data.column(name))
    .reduce(
      (product, column) => product * new Set<number>(column.kind === 'categorical' ? column.codes : column.values).size,
      1,
    );

/** Rows held back that were also learned from: the test would ask what was told. */
export const holdoutOverlap: DataCheck = async ({ plan, train, holdout }) => {
  const names = [...plan.featureColumns, plan.targetColumn];
  const known = await rowKeys(train, names);
  const distinct = new Set(known);
  // What is seen again and again may change as little from one time to the next.
  const areAlike = distinct.size < 0.8 * known.length;
  if (areAlike && (plan.timeColumn !== null || combinations(train, names) < fewCombinations * known.length)) return [];
  const seen = (await rowKeys(holdout, names)).filter((key) => distinct.has(key)).length;
  const share = seen / holdout.rowCount;
  if (share < noticeable) return [];
  const finding: DataFinding = {
    check: 'holdout_overlap',
    severity: share >= tooMany ? 'blocking' : 'warning',
    message: `${seen} of ${holdout.rowCount} rows held back (${percent(share)}) are also among the rows learned from, target included: the test would be too easy; remove the copies`,
  };
  return [finding];
};

/** One text a row, equal for rows that are equal in the given columns. */
function rowKeys(table: Table, names: readonly string[]): Promise<string[]> {
  const columns = names.map((name) => table.column(name));
  const cell = (column: Column, row: number): string | number =>
    column.kind === 'categorical' ? (column.categories[column.codes[row]!] ?? '\u0000') : column.values[row]!;
  return inSteps(
    (function* () {
      const keys: string[] = [];
      for (let row = 0; row < table.rowCount; row++) {
        keys.push(columns.map((column) => cell(column, row)).join('\u0001'));
        if (row % 256 === 0) yield row / table.rowCount;
      }
      return keys;
    })(),
  );
}
