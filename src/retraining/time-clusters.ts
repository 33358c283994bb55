import type { Column } from '../data/column.js';
import type { Table } from '../data/table.js';
import type { Clusters } from '../stats/effective-size.js';

/** Rows of one time stamp, whose errors go together, numbered in their order; undefined without a time column. */
export function timeClusters(table: Table, timeColumn: string | null): Clusters | undefined {
  if (timeColumn === null) return undefined;
  const column = table.column(timeColumn);
  const cells = column.kind === 'categorical' ? column.codes : column.values;
  const numbers = new Map(inOrder(column, new Set(cells)).map((cell, number) => [cell, number]));
  return { codes: Int32Array.from(cells, (cell) => numbers.get(cell)!), count: numbers.size };
}

/** Texts, such as `2024-Q1`, as they sort. */
function inOrder(column: Column, cells: ReadonlySet<number>): readonly number[] {
  if (column.kind !== 'categorical') return [...Float64Array.from(cells).sort()]; // NaN last
  const text = (code: number): string => column.categories[code] ?? '';
  return [...cells].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** What goes together: rows by themselves where they are of one time stamp, which does not tell how others differ from it. */
export const together = (times: Clusters | undefined): { readonly times?: Int32Array } =>
  times !== undefined && times.count > 1 ? { times: times.codes } : {};
