import { splitByTime, splitRandom, splitStratified } from '../data/split.js';
import type { Table } from '../data/table.js';
import type { Task } from '../models/contract.js';
import { numericTarget } from '../models/target.js';
import { refuse } from '../util/check.js';
import type { Random } from '../util/random.js';

/** Fewer rows than this on either side of the split decide nothing. */
const minRows = 20;

export interface SplitOptions {
  readonly task: Task;
  readonly targetColumn: string;
  /** Null splits at random. */
  readonly timeColumn: string | null;
  readonly testSize: number;
  readonly random: Random;
}

export interface SplitData {
  readonly train: Table;
  readonly test: Table;
  /** How the test rows were chosen. */
  readonly split: string;
}

/**
 * Holds rows back: the latest when there is a time column, else a random part, of each class alike for classification.
 *
 * @throws MLOpsError `INVALID_INPUT` when a side has fewer than 20 rows
 */
export function splitData(table: Table, options: SplitOptions): SplitData {
  const parts = split(table, options);
  if (isTooSmall(parts)) {
    refuse(
      `${table.rowCount} rows with a target split into ${parts.train.rowCount} and ${parts.test.rowCount}; ` +
        `both sides need at least ${minRows}: bring more data or change retraining.test_size`,
    );
  }
  return parts;
}

/** The same division, or undefined where a side has fewer than 20 rows. */
export function splitIfEnough(table: Table, options: SplitOptions): SplitData | undefined {
  const parts = table.rowCount < 2 * minRows ? undefined : split(table, options);
  return parts === undefined || isTooSmall(parts) ? undefined : parts;
}

const isTooSmall = ({ train, test }: SplitData): boolean => train.rowCount < minRows || test.rowCount < minRows;

function split(table: Table, { task, targetColumn, timeColumn, testSize, random }: SplitOptions): SplitData {
  if (timeColumn !== null) {
    return { ...splitByTime(table, timeColumn, testSize), split: `the latest ${testSize} by ${timeColumn}` };
  }
  if (task === 'regression' || table.rowCount === 0) {
    return { ...splitRandom(table, testSize, random), split: `a random ${testSize} of the rows` };
  }
  const parts = splitStratified(table, numericTarget(table, targetColumn), testSize, random);
  return { ...parts, split: `a random ${testSize} of the rows of each class` };
}

/** Rows whose target is known: the others can neither teach nor test. */
export function knownTargets(table: Table, targetColumn: string): Table {
  const known = rowsWithTarget(table, targetColumn);
  return known.rowCount > 0 ? known : refuse(`no row has a value in the target column ${targetColumn}`);
}

/** The same rows; none where no target is known yet. */
export function rowsWithTarget(table: Table, targetColumn: string): Table {
  const rows: number[] = [];
  numericTarget(table, targetColumn).forEach((value, row) => {
    if (Number.isFinite(value)) rows.push(row);
  });
  return rows.length === table.rowCount ? table : table.take(rows);
}

/** The column that rows are split by unless told: a date column called `date`. */
export const guessTimeColumn = (table: Table): string | null =>
  table.columns.get('date')?.kind === 'date' ? 'date' : null;
