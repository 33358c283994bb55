import { MLOpsError } from '../errors.js';
import { type Random, shuffle } from '../util/random.js';
import { cellsOf } from './column.js';
import type { Table } from './table.js';

export interface Split {
  readonly train: Table;
  readonly test: Table;
}

/**
 * The latest rows for testing, at least the given share of them: a time stamp is never on both sides. Rows without a
 * time go to training.
 *
 * @throws MLOpsError `INVALID_INPUT` when the column is not a date or number, or holds a single time
 */
export function splitByTime(table: Table, timeColumn: string, testSize: number): Split {
  const column = table.column(timeColumn);
  if (column.kind === 'categorical') {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${timeColumn} holds text; to split by time it must hold ISO dates or numbers`,
    );
  }
  const times = column.values.filter((time) => !Number.isNaN(time)).sort();
  const first = times[0];
  const cut = times[Math.min(times.length - 1, Math.floor(times.length * (1 - testSize)))];
  if (first === undefined || cut === undefined || first === times[times.length - 1]) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${timeColumn} does not hold two different times; there is no later part to test on`,
    );
  }
  const boundary = cut === first ? times.find((time) => time > first)! : cut;
  return partition(table, (row) => column.values[row]! >= boundary);
}

/** A random share of the rows for testing, the same for the same seed. Both sides keep the rows' order. */
export function splitRandom(table: Table, testSize: number, random: Random): Split {
  const order = Int32Array.from({ length: table.rowCount }, (_, row) => row);
  shuffle(order, random);
  const test = new Set(order.subarray(0, Math.round(table.rowCount * testSize)));
  return partition(table, (row) => test.has(row));
}

function partition(table: Table, isTest: (row: number) => boolean): Split {
  const train: number[] = [];
  const test: number[] = [];
  for (let row = 0; row < table.rowCount; row++) (isTest(row) ? test : train).push(row);
  return { train: table.take(train), test: table.take(test) };
}

/** The number of the group each row belongs to, and how many groups there are. */
export function groupRows(table: Table, column: string): { readonly codes: Int32Array; readonly size: number } {
  const numbers = new Map<number, number>();
  const codes = Int32Array.from(cellsOf(table.column(column)), (cell) => {
    let code = numbers.get(cell);
    if (code === undefined) numbers.set(cell, (code = numbers.size));
    return code;
  });
  return { codes, size: numbers.size };
}
