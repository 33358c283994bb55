import { MLOpsError } from '../errors.js';
import { type Random, randomInt } from '../util/random.js';
import { checkSameLength, totalCount } from './check-sample.js';
import { chiSquareContingency } from './chi-square.js';

export interface ContingencyPermutationResult {
  /** Pearson's Σ(O − E)²/E, without correction. */
  readonly statistic: number;
  /** Share of permutations at least as extreme, the observed table counted (Phipson & Smyth 2010). */
  readonly pValue: number;
  readonly permutations: number;
}

/**
 * Permutation test that two lists of counts come from one distribution, for tables too sparse for the chi-square
 * distribution (expected counts below about 5): rows change sides at random, which is exact whatever the counts. Takes
 * O(min(n, m)) a permutation.
 *
 * @throws MLOpsError `INVALID_INPUT` for lists of different length, invalid counts, or nothing counted
 */
export function contingencyPermutation(
  referenceCounts: readonly number[],
  currentCounts: readonly number[],
  options: { readonly random: Random; readonly permutations?: number },
): ContingencyPermutationResult {
  const { random, permutations = 1999 } = options;
  checkSameLength(referenceCounts, currentCounts, 'referenceCounts and currentCounts');
  const n = totalCount(referenceCounts, 'referenceCounts');
  const m = totalCount(currentCounts, 'currentCounts');
  if (![...referenceCounts, ...currentCounts].every(Number.isSafeInteger)) {
    throw new MLOpsError('INVALID_INPUT', 'a permutation test needs whole counts; got weights or shares');
  }
  const used = referenceCounts.flatMap((count, i) => (count + currentCounts[i]! > 0 ? [i] : []));
  const pooled = used.map((i) => referenceCounts[i]! + currentCounts[i]!);
  const smaller = n <= m ? referenceCounts : currentCounts;
  const rows = Int32Array.from(pooled.flatMap((count, category) => new Array<number>(count).fill(category)));
  const drawnSize = Math.min(n, m);
  const observed = weightOf(
    used.map((i) => smaller[i]!),
    pooled,
  );
  const drawn = new Int32Array(pooled.length);
  let extreme = 1;
  for (let round = 0; round < permutations; round++) {
    drawn.fill(0);
    // The first steps of a Fisher–Yates shuffle: a sample without replacement.
    for (let k = 0; k < drawnSize; k++) {
      const j = k + randomInt(random, rows.length - k);
      const category = rows[j]!;
      rows[j] = rows[k]!;
      rows[k] = category;
      drawn[category]!++;
    }
    if (weightOf(drawn, pooled) >= observed * (1 - 1e-12)) extreme++;
  }
  const table = [used.map((i) => referenceCounts[i]!), used.map((i) => currentCounts[i]!)];
  const { statistic } = chiSquareContingency(table, { correction: false });
  return { statistic, pValue: extreme / (permutations + 1), permutations };
}

/** Σ count²/pooled: with both margins fixed, Pearson's statistic is an increasing function of it. */
function weightOf(counts: ArrayLike<number>, pooled: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < pooled.length; i++) sum += (counts[i]! * counts[i]!) / pooled[i]!;
  return sum;
}
