import { sortedSample } from './check-sample.js';
import { cramerVonMisesExactSf, cramerVonMisesSf } from './distributions/cramer-von-mises.js';
import { midranks } from './midranks.js';

/** What the two-sample Cramér–von Mises test found. */
export interface CramerVonMisesResult {
  /** Anderson's T. */
  readonly statistic: number;
  readonly pValue: number;
  readonly method: 'exact' | 'asymptotic';
}

const exactUpTo = 20;

/**
 * Two-sample Cramér–von Mises test, which weighs differences of the distribution functions along the whole range rather
 * than at their largest. Tied values have midranks. Conventions of scipy.stats.cramervonmises_2samp: `auto` is exact while
 * neither sample has more than 20 values, otherwise the limit distribution of the standardized statistic.
 *
 * Source: Anderson, "On the distribution of the two-sample Cramér–von Mises criterion", Ann. Math. Stat. 33, 1962.
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample or one that holds NaN
 */
export function cramerVonMises(
  reference: Float64Array,
  current: Float64Array,
  options: { readonly method?: 'auto' | 'exact' | 'asymptotic' } = {},
): CramerVonMisesResult {
  const { ofX, ofY } = midranks(sortedSample(reference, 'reference'), sortedSample(current, 'current'));
  const n = ofX.length;
  const m = ofY.length;
  const total = n + m;
  const pairs = n * m;
  const u = n * squaredGaps(ofX) + m * squaredGaps(ofY);
  const statistic = u / (pairs * total) - (4 * pairs - 1) / (6 * total);
  const { method = 'auto' } = options;
  if (method === 'exact' || (method === 'auto' && Math.max(n, m) <= exactUpTo)) {
    return { statistic, pValue: cramerVonMisesExactSf(u, n, m), method: 'exact' };
  }
  const mean = (1 + 1 / total) / 6;
  const variance =
    ((total + 1) * (4 * pairs * total - 3 * (n * n + m * m) - 2 * pairs)) / (45 * total * total * 4 * pairs);
  const standardized = 1 / 6 + (statistic - mean) / Math.sqrt(45 * variance);
  return { statistic, pValue: cramerVonMisesSf(standardized), method: 'asymptotic' };
}

/** Σ (rank within the union − rank within the sample)² */
const squaredGaps = (ranks: Float64Array): number => ranks.reduce((sum, rank, i) => sum + (rank - (i + 1)) ** 2, 0);
