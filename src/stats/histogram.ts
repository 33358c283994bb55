import { type Buckets, divide } from './buckets.js';
import { checkSample } from './check-sample.js';
import { quantiles } from './quantile.js';

export const deciles = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/**
 * Inner edges of the bins used for the population stability index: the reference's nine deciles, ascending and distinct,
 * for use with {@link histogram}.
 *
 * A value frequent enough to be several deciles gets a bin of its own (an edge at it and one just below it), so that a
 * column of few distinct values is not blurred. There are at most ten bins.
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample or one that holds NaN
 */
export function decileEdges(reference: Float64Array): Float64Array {
  checkSample(reference, 'reference');
  return edgesAt(quantiles(reference, deciles));
}

/** {@link decileEdges} from the deciles themselves. */
export function edgesAt(values: readonly number[]): Float64Array {
  const edges: number[] = [];
  for (const edge of values) {
    if (edge !== edges.at(-1)) {
      edges.push(edge);
      continue;
    }
    const below = nextBelow(edge);
    if (edges.at(-2) !== below && below !== edge) edges.splice(-1, 0, below);
  }
  return Float64Array.from(edges);
}

/** The next smaller double; −Infinity has none and stays itself. */
function nextBelow(value: number): number {
  if (value === -Infinity) return value;
  if (value === 0) return -Number.MIN_VALUE;
  const bits = new BigInt64Array(1);
  const asDouble = new Float64Array(bits.buffer);
  asDouble[0] = value;
  bits[0]! += value > 0 ? -1n : 1n;
  return asDouble[0];
}

/**
 * Counts of values in the edges.length + 1 bins (−∞, e₀], (e₀, e₁], …, (e_last, ∞): closed on the right, the outer bins
 * open, so that no value is lost. NaN is counted nowhere.
 *
 * @param edges ascending
 */
export function histogram(values: Float64Array, edges: Float64Array): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  const buckets = divide(values, new Float64Array());
  if (buckets === undefined) {
    for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) counts[binOf(values[i]!, edges)]!++;
    return counts;
  }
  // Most values lie in a bucket without an edge, whose bin is known beforehand.
  const { low, scale } = buckets;
  const bins = binsOfBuckets(buckets, edges);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    const bin = bins[((value - low) * scale) | 0]!;
    counts[bin >= 0 ? bin : binOf(value, edges)]!++;
  }
  return counts;
}

/** The position of a value's bin, as {@link histogram} counts. */
export function binOf(value: number, edges: Float64Array): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The bin of all values in each bucket, −1 where an edge divides the bucket. */
function binsOfBuckets({ count, low, scale }: Buckets, edges: Float64Array): Int32Array {
  const bins = new Int32Array(count);
  edges.forEach((edge) => {
    const place = Math.floor((edge - low) * scale);
    for (let k = Math.max(0, place + 1); k < count; k++) if (bins[k] !== -1) bins[k]!++;
    if (place >= 0 && place < count) bins[place] = -1;
  });
  return bins;
}
