import type { Table } from '../data/table.js';
import type { Clusters } from '../stats/effective-size.js';

/** Fewer time stamps than this say nothing when they are resampled. */
export const fewestToResample = 10;

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

/** What to resample together: rows where time stamps are too few, as the better approximation. */
export const toResample = (times: Clusters | undefined): { readonly clusters?: Int32Array } =>
  times !== undefined && times.count >= fewestToResample ? { clusters: times.codes } : {};
