import { checkSameLength, totalCount } from './check-sample.js';

/**
 * Hellinger distance √(½Σ(√pᵢ − √qᵢ)²) of two lists of counts over the same categories; a metric in [0, 1].
 *
 * @throws MLOpsError `INVALID_INPUT` for lists of different length, invalid counts, or nothing counted
 */
export function hellinger(referenceCounts: ArrayLike<number>, currentCounts: ArrayLike<number>): number {
  checkSameLength(referenceCounts, currentCounts, 'referenceCounts and currentCounts');
  const n = totalCount(referenceCounts, 'referenceCounts');
  const m = totalCount(currentCounts, 'currentCounts');
  let sum = 0;
  for (let i = 0; i < referenceCounts.length; i++) {
    sum += (Math.sqrt(referenceCounts[i]! / n) - Math.sqrt(currentCounts[i]! / m)) ** 2;
  }
  return Math.min(1, Math.sqrt(sum / 2));
}
