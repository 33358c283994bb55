import { checkConfidence, checkSameLength, totalCount } from './check-sample.js';

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
 * Confidence interval for the total variation distance of the two populations. It holds for every pair of distributions
 * over k categories and every sample size; each end errs with probability at most ε = (1 − confidence)/2. With
 * s = √(1/n + 1/m):
 *
 * - upper: V + s√(½ ln(1/ε)), McDiarmid's inequality, since V overestimates on average (Jensen). Free of k.
 * - lower: V − s·min(√(½ ln((2^k − 2)/ε)), ½√(k − 1) + √(½ ln(1/ε))): Hoeffding's inequality for every set of categories
 *   (the two-sample form of Weissman, Ordentlich, Seroussi, Verdu & Weinberger, "Inequalities for the L1 deviation of the
 *   empirical distribution", 2003), or McDiarmid's around the mean deviation, whichever is narrower for this k.
 *
 * @throws MLOpsError `INVALID_INPUT` as {@link totalVariation}, or for a confidence outside (0, 1)
 */
export function totalVariationBounds(
  referenceCounts: ArrayLike<number>,
  currentCounts: ArrayLike<number>,
  confidence: number,
): { readonly value: number; readonly lower: number; readonly upper: number } {
  checkConfidence(confidence);
  const value = totalVariation(referenceCounts, currentCounts);
  const k = referenceCounts.length;
  if (k === 1) return { value: 0, lower: 0, upper: 0 };
  const scale = Math.sqrt(1 / totalCount(referenceCounts, 'n') + 1 / totalCount(currentCounts, 'm'));
  const logError = Math.log(2 / (1 - confidence));
  // ln(2^k − 2), without overflow
  const logSets = k * Math.LN2 + Math.log1p(-(2 ** (1 - k)));
  const above = scale * Math.sqrt(logError / 2);
  const below = Math.min(scale * Math.sqrt((logSets + logError) / 2), above + (scale / 2) * Math.sqrt(k - 1));
  return { value, lower: Math.max(0, value - below), upper: Math.min(1, value + above) };
}
