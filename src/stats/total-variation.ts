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

/** Sum of counts or shares. */
export const sizeOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
