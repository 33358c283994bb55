import type { SequenceOptions } from './asymptotic-confidence-sequence.js';
import { logBetaBinomialEvidence } from './beta-binomial-mixture.js';

/**
 * p-value of "both samples have the same p-quantile", valid at every moment at once: exp(−min over x of the sum of both
 * samples' beta-binomial evidence against "a share p lies below x").
 *
 * Source: Howard & Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
 * identification", arXiv 1906.09712, theorem 5.
 *
 * @param a values in ascending order
 * @param b likewise
 * @param options `alpha` is the level the mixture is tuned for
 */
export function quantileDifferencePValue(
  a: Float64Array,
  b: Float64Array,
  p: number,
  options: SequenceOptions,
): number {
  let least = Infinity;
  for (const sample of [a, b]) {
    for (const x of sample) {
      const evidence = evidenceAt(a, x, p, options) + evidenceAt(b, x, p, options);
      if (evidence < least) least = evidence;
    }
  }
  return Math.min(1, Math.exp(-least));
}

/** Least evidence against x being the p-quantile: ties at x may be counted on either side. */
function evidenceAt(sorted: Float64Array, x: number, p: number, options: SequenceOptions): number {
  const n = sorted.length;
  const below = Math.min(Math.max(n * p, countBelow(sorted, x, false)), countBelow(sorted, x, true));
  return logBetaBinomialEvidence(below, n, p, options);
}

function countBelow(sorted: Float64Array, x: number, isInclusive: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < x || (isInclusive && sorted[middle] === x)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A value, or the lower edge of a bucket, and how many observations it has. */
export interface BucketCount {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/**
 * Confidence sequence for the p-quantile from bucket counts: the edges whose share below is not rejected by the
 * beta-binomial mixture. `upper` is Infinity while the data cannot bound it (for p = 0.99 below some 500 to 830
 * observations).
 *
 * @param buckets in ascending order
 */
export function quantileInterval(
  buckets: readonly BucketCount[],
  p: number,
  { alpha, tunedFor }: SequenceOptions,
): { readonly lower: number; readonly upper: number } {
  const n = buckets.reduce((sum, { count }) => sum + count, 0);
  const isRejected = (below: number): boolean =>
    logBetaBinomialEvidence(below, n, p, { alpha, tunedFor }) >= -Math.log(alpha);
  let lower = 0;
  let upper = Infinity;
  let below = 0;
  for (const { start, end, count } of buckets) {
    if (below < n * p && isRejected(below)) lower = start;
    below += count;
    if (below > n * p && isRejected(below)) {
      upper = end;
      break;
    }
  }
  return { lower, upper };
}
