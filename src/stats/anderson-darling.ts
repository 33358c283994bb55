import { MLOpsError } from '../errors.js';
import { sortedSample } from './check-sample.js';
import { checkOptionalOneOf, checkOptions } from '../util/check.js';

/** What the Anderson–Darling two-sample test found. */
export interface AndersonDarlingResult {
  /** Standardized: mean 0 and variance 1 when all samples come from one distribution. */
  readonly statistic: number;
  /** Interpolated between published percentiles; known only from 0.001 to 0.25. */
  readonly pValue: number;
  /** Whether `pValue` is exact within the interpolation or only a bound: at least 0.25, at most 0.001. */
  readonly bound: 'none' | 'at least' | 'at most';
}

const significances = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
const percentiles = {
  b0: [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085],
  b1: [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615],
  b2: [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154],
};

/**
 * k-sample Anderson–Darling test, which gives differences in the tails more weight than Kolmogorov–Smirnov's does. Ties
 * by midranks (equation 7 of the source); as scipy.stats.anderson_ksamp with `variant='midrank'`, the p-value interpolated
 * by a quadratic in the statistic for ln p.
 *
 * With ties the mean of equation 7 over all permutations stays, but not its variance: numbers of two values alarm twice as
 * often as they should. Where values may be tied, ask for `corrected`, which multiplies the variance by what ties do to that of
 * Gaussian differences.
 *
 * Source: Scholz & Stephens, "K-sample Anderson–Darling tests", J. American Stat. Assoc. 82, 1987.
 *
 * @throws MLOpsError `INVALID_INPUT` for fewer than two samples, an empty sample, NaN, fewer than four values in all, or
 *   values that are all the same
 */
export function andersonDarling(
  samples: readonly Float64Array[],
  options: { readonly ties?: 'midranks' | 'corrected' } = {},
): AndersonDarlingResult {
  checkOptions(options, ['ties'], 'andersonDarling');
  checkOptionalOneOf(options.ties, ['midranks', 'corrected'], 'ties');
  if (samples.length < 2) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `the Anderson–Darling test compares at least 2 samples, got ${samples.length}`,
    );
  }
  const sorted = samples.map((sample, i) => sortedSample(sample, `samples[${i}]`));
  const sizes = sorted.map((sample) => sample.length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const { raw, shrunk } = rawStatistic(sorted, sizes, total);
  const degrees = samples.length - 1;
  const spreadLeft = options.ties === 'corrected' ? shrunk : 1;
  const statistic = (raw - degrees) / Math.sqrt(varianceOfRaw(sizes, total) * spreadLeft);
  return { statistic, ...interpolate(statistic, degrees) };
}

/** The statistic of equation 7, and what the variance of equation 4 is to be multiplied by for the ties. */
function rawStatistic(
  sorted: readonly Float64Array[],
  sizes: readonly number[],
  total: number,
): { readonly raw: number; readonly shrunk: number } {
  const union = new Float64Array(total);
  let offset = 0;
  for (const sample of sorted) {
    union.set(sample, offset);
    offset += sample.length;
  }
  union.sort();
  if (total < 4 || union[0] === union[total - 1]) {
    throw new MLOpsError(
      'INVALID_INPUT',
      'the Anderson–Darling test needs at least four values in all, and two different ones',
    );
  }
  const positions = sorted.map(() => 0);
  let sum = 0;
  const tied: number[] = [];
  for (let from = 0; from < total;) {
    const value = union[from]!;
    let to = from;
    while (to < total && union[to] === value) to++;
    const count = to - from;
    const below = from + count / 2;
    const scale = count / total / (below * (total - below) - (total * count) / 4);
    tied.push(count);
    sorted.forEach((sample, s) => {
      const before = positions[s]!;
      let after = before;
      while (after < sample.length && sample[after] === value) after++;
      positions[s] = after;
      sum += (scale * (total * ((before + after) / 2) - below * sizes[s]!) ** 2) / sizes[s]!;
    });
    from = to;
  }
  const shrunk =
    tied.length === total ? 1 : spread(tied.length, (i) => tied[i]!, total) / spread(total, () => 1, total);
  return { raw: (sum * (total - 1)) / total, shrunk };
}

/** ΣΣ tⱼtₖ corr(Dⱼ, Dₖ)² over the different values, tⱼ of each, D being a Brownian bridge in the middle of its step. */
function spread(values: number, size: (value: number) => number, total: number): number {
  let [sum, before, from] = [0, 0, 0];
  for (let value = 0; value < values; value++) {
    const count = size(value);
    const below = from + count / 2;
    const variance = below * (total - below) - (total * count) / 4;
    sum += count * count + 2 * before * ((count * (total - below) ** 2) / variance);
    before += (count * below * below) / variance;
    from += count;
  }
  return sum;
}

/** Equation 4 of the source. */
function varianceOfRaw(sizes: readonly number[], total: number): number {
  const k = sizes.length;
  const H = sizes.reduce((sum, size) => sum + 1 / size, 0);
  let harmonic = 0;
  let g = 0;
  for (let i = 1; i <= total - 2; i++) {
    harmonic += 1 / (total - i);
    g += harmonic / (i + 1);
  }
  const h = harmonic + 1;
  const a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * H;
  const b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * H - 8 * h + 4 * g - 6;
  const c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * H + 4 * h;
  const d = (2 * h + 6) * k * k - 4 * h * k;
  return (((a * total + b) * total + c) * total + d) / ((total - 1) * (total - 2) * (total - 3));
}

function interpolate(statistic: number, degrees: number): Pick<AndersonDarlingResult, 'pValue' | 'bound'> {
  const critical = significances.map(
    (_, i) => percentiles.b0[i]! + percentiles.b1[i]! / Math.sqrt(degrees) + percentiles.b2[i]! / degrees,
  );
  if (statistic < Math.min(...critical)) return { pValue: 0.25, bound: 'at least' };
  if (statistic > Math.max(...critical)) return { pValue: 0.001, bound: 'at most' };
  const logs = significances.map(Math.log);
  return { pValue: Math.exp(quadraticFit(critical, logs, statistic)), bound: 'none' };
}

/** Value at t of the least-squares parabola through (x, y), by polynomials orthogonal over x (Forsythe 1957). */
function quadraticFit(x: readonly number[], y: readonly number[], t: number): number {
  const dot = (u: readonly number[], v: readonly number[]): number =>
    u.reduce((sum, value, i) => sum + value * v[i]!, 0);
  const ones = x.map(() => 1);
  const center = dot(x, ones) / x.length;
  const linear = x.map((value) => value - center);
  const squares = dot(linear, linear);
  const skew =
    dot(
      x,
      linear.map((value) => value * value),
    ) / squares;
  const quadratic = linear.map((value, i) => (x[i]! - skew) * value - squares / x.length);
  const curvature = dot(quadratic, quadratic);
  const atT = t - center;
  return (
    dot(y, ones) / x.length +
    (dot(y, linear) / squares) * atT +
    (dot(y, quadratic) / curvature) * ((t - skew) * atT - squares / x.length)
  );
}
