import { checkSample } from './check-sample.js';
import { kstwoSf } from './distributions/kstwo.js';
import { greatestCommonDivisor, smirnovTwoSampleSf } from './distributions/smirnov-two-sample.js';
import { lnGamma } from './distributions/gamma.js';
import { type EcdfExtremes, ecdfExtremes } from './ecdf-extremes.js';
import { checkOptionalOneOf, checkOptions } from '../util/check.js';

/** How {@link ksTwoSample} finds its p-value. */
export interface KsOptions {
  /** `less`: the reference's distribution function may lie below the current one's; `greater`: above. */
  readonly alternative?: 'two-sided' | 'less' | 'greater';
  /** `auto`: exact while neither sample has more than 10,000 values. */
  readonly method?: 'auto' | 'exact' | 'asymptotic';
}

/** What the two-sample Kolmogorov–Smirnov test found. */
export interface KsResult {
  /** Largest difference of the two empirical distribution functions, in [0, 1]. */
  readonly statistic: number;
  readonly pValue: number;
  /** How the p-value was computed. */
  readonly method: 'exact' | 'asymptotic';
  /** Value at which the difference is largest. */
  readonly location: number;
  /** 1 where the reference's distribution function is the higher one at `location`, otherwise −1. */
  readonly sign: 1 | -1;
}

const exactUpTo = 10_000;

/**
 * Two-sample Kolmogorov–Smirnov test; ties count as F(x) = P(X <= x).
 *
 * Conventions of scipy.stats.ks_2samp: exact by lattice paths for samples up to 10,000, otherwise two-sided
 * `kstwoSf`(D, round(nm/(n+m))) and one-sided the approximation of Hodges (1958, eq. 5.3). Exact falls back to
 * asymptotic where scipy's does: lcm(n, m) beyond 2³¹, or, one-sided with `auto` and unequal sizes, C(n+m, n) beyond a
 * double.
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample or one that holds NaN; ±Infinity are ordinary values
 */
export function ksTwoSample(reference: Float64Array, current: Float64Array, options: KsOptions = {}): KsResult {
  checkOptions(options, ['alternative', 'method'], 'ksTwoSample');
  checkOptionalOneOf(options.alternative, ['two-sided', 'less', 'greater'], 'alternative');
  checkOptionalOneOf(options.method, ['auto', 'exact', 'asymptotic'], 'method');
  checkSample(reference, 'reference');
  checkSample(current, 'current');
  const { alternative = 'two-sided' } = options;
  const sides = alternative === 'two-sided' ? 'both' : alternative === 'less' ? 'below' : 'above';
  return ksFromExtremes(ecdfExtremes(reference, current, sides), reference.length, current.length, options);
}

/** {@link ksTwoSample} from the extreme differences, on the sides that the alternative asks for. */
export function ksFromExtremes(
  { above, below }: EcdfExtremes,
  n: number,
  m: number,
  { alternative = 'two-sided', method = 'auto' }: KsOptions = {},
): KsResult {
  const isBelow = alternative === 'less' || (alternative === 'two-sided' && below.difference > above.difference);
  const extreme = isBelow ? below : above;
  const difference = Math.max(0, extreme.difference);
  return {
    ...significance(difference, n, m, alternative, method),
    location: extreme.location,
    sign: isBelow ? -1 : 1,
  };
}

function significance(
  difference: number,
  n: number,
  m: number,
  alternative: NonNullable<KsOptions['alternative']>,
  method: NonNullable<KsOptions['method']>,
): Pick<KsResult, 'statistic' | 'pValue' | 'method'> {
  const lcm = (n / greatestCommonDivisor(n, m)) * m;
  const sides = alternative === 'two-sided' ? 'two' : 'one';
  const isExact =
    method === 'exact'
      ? lcm < 2 ** 31
      : method === 'auto' &&
        Math.max(n, m) <= exactUpTo &&
        (sides === 'two' || n === m || difference === 0 || !overflows(n, m));
  if (isExact) {
    const h = Math.round(difference * lcm);
    return { statistic: h / lcm, pValue: smirnovTwoSampleSf(n, m, h, sides), method: 'exact' };
  }
  const effective = n * (m / (n + m));
  const pValue =
    sides === 'two' ? kstwoSf(difference, Math.max(1, roundHalfEven(effective))) : hodgesSf(difference, n, m);
  return { statistic: difference, pValue, method: 'asymptotic' };
}

/** Whether C(n + m, n) is beyond the largest double. */
const overflows = (n: number, m: number): boolean =>
  lnGamma(n + m + 1) - lnGamma(n + 1) - lnGamma(m + 1) > Math.log(Number.MAX_VALUE);

function hodgesSf(difference: number, n: number, m: number): number {
  const larger = Math.max(n, m);
  const smaller = Math.min(n, m);
  const z = Math.sqrt((larger * smaller) / (larger + smaller)) * difference;
  const correction = (2 * z * (larger + 2 * smaller)) / Math.sqrt(larger * smaller * (larger + smaller)) / 3;
  return Math.min(1, Math.exp(-2 * z * z - correction));
}

function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
