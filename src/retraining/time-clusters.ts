import type { Table } from '../data/table.js';

/** With fewer time stamps their resampling says nothing: rows are the better approximation then. */
const fewest = 10;

/**
 * The number of the cluster of each row, rows of one time stamp being one, since their errors go together; undefined
 * without a time column, or where time stamps are too few to go by.
 */
export function timeClusters(table: Table, timeColumn: string | null): Int32Array | undefined {
  if (timeColumn === null) return undefined;
  const column = table.column(timeColumn);
  const numbers = new Map<number, number>();
  const codes = Int32Array.from(column.kind === 'categorical' ? column.codes : column.values, (cell) => {
    let code = numbers.get(cell);
    if (code === undefined) numbers.set(cell, (code = numbers.size));
    return code;
  });
  return numbers.size >= fewest ? codes : undefined;
}
