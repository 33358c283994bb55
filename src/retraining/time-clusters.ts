import type { Table } from '../data/table.js';
import type { Clusters } from '../stats/effective-size.js';

/** Rows of one time stamp, whose errors go together; undefined without a time column. */
export function timeClusters(table: Table, timeColumn: string | null): Clusters | undefined {
  if (timeColumn === null) return undefined;
  const column = table.column(timeColumn);
  const numbers = new Map<number, number>();
  const codes = Int32Array.from(column.kind === 'categorical' ? column.codes : column.values, (cell) => {
    let code = numbers.get(cell);
    if (code === undefined) numbers.set(cell, (code = numbers.size));
    return code;
  });
  return { codes, count: numbers.size };
}

/** What goes together: rows by themselves where they are of one time stamp, which does not tell how others differ from it. */
export const together = (times: Clusters | undefined): { readonly clusters?: Int32Array } =>
  times !== undefined && times.count > 1 ? { clusters: times.codes } : {};
