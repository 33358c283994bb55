import { areBooleans, booleanText } from '../data/boolean-text.js';
import type { Column, Table } from '../data/table.js';
import { refuse } from '../util/check.js';
import type { Task } from './contract.js';

/**
 * The target as numbers, NaN where missing; a column of `false` and `true` (`False`, `FALSE` …) is 0 and 1.
 *
 * @throws MLOpsError `INVALID_INPUT` for a column of other texts or of dates
 */
export function numericTarget(table: Table, targetColumn: string): Float64Array {
  const column = table.column(targetColumn);
  if (column.kind === 'numeric') return column.values;
  const quoted = JSON.stringify(targetColumn);
  if (column.kind === 'date') return refuse(`target ${quoted} holds dates; a target must be numeric`);
  const { categories } = column;
  if (!areBooleans(categories)) {
    // Among numbers that one text turned into texts, it is the one to correct.
    const text =
      categories.find((category) => booleanText(category) === undefined && Number.isNaN(Number(category))) ??
      categories[0]!;
    return refuse(
      `target ${quoted} holds the text ${JSON.stringify(text.slice(0, 80))}; a target must be numeric, or false and true`,
    );
  }
  const numbers = categories.map((category) => (booleanText(category) === 'true' ? 1 : 0));
  return Float64Array.from(column.codes, (code) => numbers[code] ?? NaN);
}

/** Sums of squares of larger targets, which every measure of quality takes, are beyond a double. */
export const largestTarget = 1e150;

/** Whether a column can be a target: numbers, or `false` and `true`. */
export const holdsOutcomes = (column: Column | undefined): boolean =>
  column?.kind === 'numeric' || (column?.kind === 'categorical' && areBooleans(column.categories));

/** The target of rows to learn from: finite, and 0 or 1 for classification. */
export function trainingTarget(table: Table, targetColumn: string, task: Task): Float64Array {
  const target = numericTarget(table, targetColumn);
  if (target.length === 0) refuse('there are no rows to learn from');
  target.forEach((value, row) => {
    if (!Number.isFinite(value)) {
      refuse(
        `target ${JSON.stringify(targetColumn)} is ${Number.isNaN(value) ? 'missing' : value} in row ${row}; leave such rows out`,
      );
    }
    if (task === 'classification' && value !== 0 && value !== 1) {
      refuse(`target ${JSON.stringify(targetColumn)} is ${value} in row ${row}; classification needs 0 and 1`);
    }
  });
  return target;
}
