import type { SequenceOptions } from './asymptotic-confidence-sequence.js';
import { logBetaBinomialEvidence } from './beta-binomial-mixture.js';

/** A value, or the lower edge of a bucket, and how many observations it has. */
export interface BucketCount {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/**
 * Confidence sequence for the p-quantile from bucket counts: the edges whose share below is not rejected by the
 * beta-binomial mixture (Howard & Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
 * identification", arXiv 1906.09712). `upper` is Infinity while the data cannot bound it (for p = 0.99 below some 500 to 830
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
