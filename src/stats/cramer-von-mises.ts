import { sortedSample } from './check-sample.js';
import { cramerVonMisesExactSf, cramerVonMisesSf } from './distributions/cramer-von-mises.js';
import { midranks } from './midranks.js';
import { type TieGroups, tieGroups } from './tie-groups.js';
import { checkOptionalOneOf, checkOptions, refuse } from '../util/check.js';

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
 * than at their largest. Conventions of scipy.stats.cramervonmises_2samp: `auto` is exact while neither sample has more
 * than 20 values, otherwise the limit distribution of the standardized statistic; tied values have midranks.
 *
 * Midranks stand for no distribution functions any more: by them two samples of one value differ, beyond doubt if their sizes
 * do. Where values may be tied, ask for `corrected`, which is the same without ties. With them T = nm/N² Σ (D(z)² + D(z−)²)/2 over the values z of both, D being the difference of
 * the distribution functions, which is Anderson's without ties; it is standardized by its mean over all permutations and by
 * a variance that shrinks or grows with the ties as that of Gaussian differences does.
 *
 * Source: Anderson, "On the distribution of the two-sample Cramér–von Mises criterion", Ann. Math. Stat. 33, 1962.
 *
 * @param options.ties `midranks`, as SciPy does, unless told
 * @throws MLOpsError `INVALID_INPUT` for an empty sample, one that holds NaN, or corrected ties with the method `exact`
 */
export function cramerVonMises(
  reference: Float64Array,
  current: Float64Array,
  options: {
    readonly method?: 'auto' | 'exact' | 'asymptotic';
    readonly ties?: 'midranks' | 'corrected';
  } = {},
): CramerVonMisesResult {
  checkOptions(options, ['method', 'ties'], 'cramerVonMises');
  checkOptionalOneOf(options.method, ['auto', 'exact', 'asymptotic'], 'method');
  checkOptionalOneOf(options.ties, ['midranks', 'corrected'], 'ties');
  const [x, y] = [sortedSample(reference, 'reference'), sortedSample(current, 'current')];
  const { method = 'auto' } = options;
  const groups = options.ties === 'corrected' ? tieGroups(x, y) : undefined;
  if (groups?.hasTies) {
    if (method === 'exact') refuse('the exact distribution holds for values without ties only; leave method out');
    return ofTies(groups, x.length, y.length);
  }
  const { ofX, ofY } = midranks(x, y);
  const n = ofX.length;
  const m = ofY.length;
  const total = n + m;
  const pairs = n * m;
  const u = n * squaredGaps(ofX) + m * squaredGaps(ofY);
  const statistic = u / (pairs * total) - (4 * pairs - 1) / (6 * total);
  if (method === 'exact' || (method === 'auto' && Math.max(n, m) <= exactUpTo)) {
    return { statistic, pValue: cramerVonMisesExactSf(u, n, m), method: 'exact' };
  }
  const standardized = 1 / 6 + (statistic - (1 + 1 / total) / 6) / Math.sqrt(45 * untiedVariance(n, m));
  return { statistic, pValue: cramerVonMisesSf(standardized), method: 'asymptotic' };
}

/** Of T over all permutations of values without ties. */
function untiedVariance(n: number, m: number): number {
  const [total, pairs] = [n + m, n * m];
  return ((total + 1) * (4 * pairs * total - 3 * (n * n + m * m) - 2 * pairs)) / (45 * total * total * 4 * pairs);
}

function ofTies({ sizes, ofX }: TieGroups, n: number, m: number): CramerVonMisesResult {
  const total = n + m;
  let [sum, mean, below] = [0, 0, 0];
  // D is 0 beyond the last value, so each of its steps has half the weight of the values on both sides of it.
  const weightAfter = (group: number): number => (sizes[group]! + sizes[group + 1]!) / 2;
  for (let group = 0; group < sizes.length - 1; group++) {
    below += sizes[group]!;
    sum += weightAfter(group) * (ofX[group]! - (n * below) / total) ** 2;
    mean += weightAfter(group) * below * (total - below);
  }
  const statistic = sum / (n * m);
  if (statistic === 0) return { statistic, pValue: 1, method: 'asymptotic' };
  const shrunk =
    spread(sizes.length - 1, (group) => sizes[group]!, weightAfter, total) /
    spread(
      total - 1,
      () => 1,
      () => 1,
      total,
    );
  const deviation = Math.sqrt(45 * untiedVariance(n, m) * shrunk);
  const standardized = 1 / 6 + (statistic - mean / (total * total * (total - 1))) / deviation;
  return { statistic, pValue: cramerVonMisesSf(standardized), method: 'asymptotic' };
}

/** ΣΣ wⱼwₖ cov(Dⱼ, Dₖ)² over the steps of D but for a factor, the covariance being that of a Brownian bridge. */
function spread(
  steps: number,
  size: (step: number) => number,
  weight: (step: number) => number,
  total: number,
): number {
  let [sum, before, below] = [0, 0, 0];
  for (let step = 0; step < steps; step++) {
    below += size(step);
    const own = weight(step) * below * below;
    sum += weight(step) * (total - below) ** 2 * (2 * before + own);
    before += own;
  }
  return sum;
}

/** Σ (rank within the union − rank within the sample)² */
const squaredGaps = (ranks: Float64Array): number => ranks.reduce((sum, rank, i) => sum + (rank - (i + 1)) ** 2, 0);
