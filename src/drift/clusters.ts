import type { CategoricalColumn, Column } from '../data/column.js';
import { columnLength } from '../data/column.js';
import { countsOf } from '../data/column-shape.js';
import { type Clusters, effectiveSize } from '../stats/effective-size.js';

/** Rows that depend on each other, of both sides of a comparison. */
export interface ClusterPair {
  readonly baseline: Clusters;
  readonly current: Clusters;
}

/** Independent rows that the present values of either side are worth. */
export interface EffectiveCounts {
  readonly baseline: number;
  readonly current: number;
}

/** Rows numbered in one step. */
const stepLength = 1 << 14;

/** The clusters a column names: rows of one value belong together, a row without a value stands alone. In steps. */
export function* clusterSteps(column: Column): Generator<number, Clusters> {
  const length = columnLength(column);
  const values: ArrayLike<number> = column.kind === 'categorical' ? column.codes : column.values;
  // In shared memory, so that it need not be copied for a worker.
  const codes = new Int32Array(new SharedArrayBuffer(4 * length));
  const numbers = new Map<number, number>();
  let count = 0;
  for (let row = 0; row < length; row++) {
    const value = values[row]!;
    const isMissing = Number.isNaN(value) || (column.kind === 'categorical' && value < 0);
    let code = isMissing ? undefined : numbers.get(value);
    if (code === undefined) {
      code = count++;
      if (!isMissing) numbers.set(value, code);
    }
    codes[row] = code;
    if (row % stepLength === 0) yield row / length;
  }
  return { codes, count };
}

/** @param edges ascending; values up to and including an edge lie below it */
export function effectiveOfNumbers(values: Float64Array, edges: Float64Array, clusters: Clusters): number {
  const bins = new Int32Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    let bin = Number.isNaN(value) ? -1 : 0;
    while (bin >= 0 && bin < edges.length && value > edges[bin]!) bin++;
    bins[row] = bin;
  }
  return effectiveSize(bins, edges.length + 1, clusters, 'cumulative');
}

/** Categories looked at by themselves; the rarer ones are put together. */
const mostBins = 20;

export function effectiveOfCategories(column: CategoricalColumn, clusters: Clusters): number {
  const counts = countsOf(column);
  const byFrequency = Array.from(counts, (_, code) => code).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const bin = new Int32Array(counts.length);
  byFrequency.forEach((code, rank) => (bin[code] = Math.min(rank, mostBins - 1)));
  const bins = column.codes.map((code) => (code < 0 ? -1 : bin[code]!));
  return effectiveSize(bins, mostBins, clusters, 'each');
}

export function effectiveOfMissing(column: Column, clusters: Clusters): number {
  const isCategorical = column.kind === 'categorical';
  const bins = new Int32Array(columnLength(column));
  for (let row = 0; row < bins.length; row++) {
    bins[row] = (isCategorical ? column.codes[row]! < 0 : Number.isNaN(column.values[row]!)) ? 1 : 0;
  }
  return effectiveSize(bins, 2, clusters, 'each');
}
