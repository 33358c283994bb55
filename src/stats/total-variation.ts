import { checkSameLength, totalCount } from './check-sample.js';

/**
 * Total variation distance ½Σ|pᵢ − qᵢ| of two lists of counts over the same categories, in [0, 1]: the share of rows that
 * would have to change category.
 *
 * @throws MLOpsError `INVALID_INPUT` for lists of different length, invalid counts, or nothing counted
 */
export function totalVariation(referenceCounts: ArrayLike<number>, currentCounts: ArrayLike<number>): number {
  checkSameLength(referenceCounts, currentCounts, 'referenceCounts and currentCounts');
  const n = totalCount(referenceCounts, 'referenceCounts');
  const m = totalCount(currentCounts, 'currentCounts');
  let sum = 0;
  for (let i = 0; i < referenceCounts.length; i++) sum += Math.abs(referenceCounts[i]! / n - currentCounts[i]! / m);
  return Math.min(1, sum / 2);
}

/**
 * Confidence bound of the total variation distance of the two populations over k categories, which errs with at most the
 * given probability, whatever the populations and sample sizes. With s = √(1/n + 1/m):
 *
 * - upper: V + s√(½ ln(1/error)), McDiarmid's inequality, since V overestimates on average (Jensen). Free of k.
 * - lower: V − s·min(√(½ ln((2^k − 2)/error)), ½√(k − 1) + √(½ ln(1/error))): Hoeffding's inequality for every set of
 *   categories (the two-sample form of Weissman, Ordentlich, Seroussi, Verdu & Weinberger, "Inequalities for the L1
 *   deviation of the empirical distribution", 2003), or McDiarmid's around the mean deviation, whichever is narrower.
 */
export function totalVariationBound(
  value: number,
  n: number,
  m: number,
  k: number,
  side: 'lower' | 'upper',
  error: number,
): number {
  if (k === 1) return 0;
  const scale = Math.sqrt(1 / n + 1 / m);
  const logError = Math.log(1 / error);
  const mcDiarmid = scale * Math.sqrt(logError / 2);
  if (side === 'upper') return Math.min(1, value + mcDiarmid);
  // ln(2^k − 2), without overflow
  const logSets = k * Math.LN2 + Math.log1p(-(2 ** (1 - k)));
  const hoeffding = scale * Math.sqrt((logSets + logError) / 2);
  return Math.max(0, value - Math.min(hoeffding, mcDiarmid + (scale / 2) * Math.sqrt(k - 1)));
}
