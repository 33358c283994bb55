import { refuse } from '../util/check.js';
import { type Random, shuffle } from '../util/random.js';
import type { Table } from './table.js';

export interface TrainTestSplit {
  readonly train: Table;
  readonly test: Table;
}

/**
 * Holds back the latest rows. Rows of one time stamp stay together, so the share held back is the one nearest to
 * `testSize` that whole time stamps allow; each side gets at least one. Rows keep their order.
 *
 * @param timeColumn dates or numbers
 * @param testSize share of the rows, above 0 and below 1
 * @throws MLOpsError `INVALID_INPUT` for a time column that is categorical, has gaps, or holds one time stamp only
 */
export function splitByTime(table: Table, timeColumn: string, testSize: number): TrainTestSplit {
  checkTestSize(testSize);
  const column = table.column(timeColumn);
  const quoted = JSON.stringify(timeColumn);
  if (column.kind === 'categorical') refuse(`${quoted} holds text; to split by time it must hold dates or numbers`);
  if (column.missingCount > 0) {
    refuse(`${quoted} is missing in ${column.missingCount} rows; drop them or fill it in to split by time`);
  }
  const cut = findCut(column.values.slice().sort(), testSize * table.rowCount);
  if (cut === undefined) refuse(`${quoted} holds one time stamp only; there is no later part to hold back`);
  return partition(table, (row) => column.values[row]! >= cut);
}

/** The first time stamp held back: of all changes in the sorted stamps, the one that holds back nearest to the wish. */
function findCut(sorted: Float64Array, wished: number): number | undefined {
  let cut: number | undefined;
  let nearest = Infinity;
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] === sorted[i - 1]) continue;
    const distance = Math.abs(sorted.length - i - wished);
    if (distance >= nearest) continue;
    nearest = distance;
    cut = sorted[i];
  }
  return cut;
}

/**
 * Holds back a random part of the rows, the same for the same seed. Rows keep their order.
 *
 * @param testSize share of the rows, above 0 and below 1; each side gets at least one row
 */
export function splitRandom(table: Table, testSize: number, random: Random): TrainTestSplit {
  checkTestSize(testSize);
  if (table.rowCount < 2) refuse(`${table.rowCount} rows cannot be split in two`);
  const order = Int32Array.from({ length: table.rowCount }, (_, row) => row);
  shuffle(order, random);
  const testRows = Math.min(table.rowCount - 1, Math.max(1, Math.round(testSize * table.rowCount)));
  const isHeld = new Uint8Array(table.rowCount);
  for (const row of order.subarray(0, testRows)) isHeld[row] = 1;
  return partition(table, (row) => isHeld[row] === 1);
}

/**
 * Holds back a random part of the rows of each class, so that both sides hold the classes in nearly the same shares. Rows
 * keep their order.
 *
 * @param classes the class of each row
 * @param testSize share of the rows, above 0 and below 1; a class of two or more rows has at least one on each side
 */
export function splitStratified(
  table: Table,
  classes: ArrayLike<number>,
  testSize: number,
  random: Random,
): TrainTestSplit {
  checkTestSize(testSize);
  const isHeld = new Uint8Array(table.rowCount);
  for (const [label, rows] of rowsByClass(classes)) {
    shuffle(rows, random.split(`class/${label}`));
    const wished = Math.round(testSize * rows.length);
    const count = rows.length < 2 ? wished : Math.min(rows.length - 1, Math.max(1, wished));
    for (const row of rows.slice(0, count)) isHeld[row] = 1;
  }
  if (!isHeld.includes(0) || !isHeld.includes(1)) refuse(`${table.rowCount} rows cannot be split in two`);
  return partition(table, (row) => isHeld[row] === 1);
}

/** The rows of each class, classes in rising order. */
export function rowsByClass(classes: ArrayLike<number>): [label: number, rows: number[]][] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < classes.length; row++) {
    const group = groups.get(classes[row]!);
    if (group === undefined) groups.set(classes[row]!, [row]);
    else group.push(row);
  }
  return [...groups].sort(([a], [b]) => a - b);
}

function partition(table: Table, isTest: (row: number) => boolean): TrainTestSplit {
  const train = new Int32Array(table.rowCount);
  const test = new Int32Array(table.rowCount);
  let testRows = 0;
  for (let row = 0; row < table.rowCount; row++) {
    if (isTest(row)) test[testRows++] = row;
    else train[row - testRows] = row;
  }
  return {
    train: table.take(train.subarray(0, table.rowCount - testRows)),
    test: table.take(test.subarray(0, testRows)),
  };
}

function checkTestSize(testSize: number): void {
  if (!(testSize > 0 && testSize < 1)) refuse(`testSize must be a fraction above 0 and below 1, got ${testSize}`);
}
