import { MLOpsError } from '../errors.js';
import { kolmogorovSf } from './distributions/kolmogorov.js';

export interface KsResult {
  /** Largest distance between the two empirical distribution functions, in [0, 1]. */
  readonly statistic: number;
  readonly pValue: number;
  readonly method: 'exact' | 'asymptotic';
}

/** Up to this size of the larger sample the null distribution is computed exactly. */
const exactUpTo = 10_000;

/**
 * Two-sided two-sample Kolmogorov–Smirnov test, as `scipy.stats.ks_2samp`: the p-value is exact up to 10,000 values in
 * the larger sample (by counting lattice paths; ties make it conservative), else that of the one-sample statistic with
 * n = round(n₁n₂/(n₁+n₂)).
 *
 * @param reference without NaN; ±Infinity is ordered like any number
 * @throws MLOpsError `INVALID_INPUT` for an empty sample
 */
export function ksTwoSample(reference: Float64Array, current: Float64Array): KsResult {
  const [n, m] = [reference.length, current.length];
  if (n === 0 || m === 0)
    throw new MLOpsError('INVALID_INPUT', 'a Kolmogorov–Smirnov test needs at least one value in each sample');
  const statistic = ksDistance(reference.slice().sort(), current.slice().sort());
  if (Math.max(n, m) <= exactUpTo) {
    const pValue = exactPValue(n, m, statistic);
    return { statistic, pValue, method: 'exact' };
  }
  const pValue = kolmogorovSf(statistic, Math.round((n * m) / (n + m)));
  return { statistic, pValue, method: 'asymptotic' };
}

/** Largest |F(x) − G(x)| of two sorted samples; equal values are stepped over together. */
export function ksDistance(a: Float64Array, b: Float64Array): number {
  let largest = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const x = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= x) i++;
    while (j < b.length && b[j]! <= x) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}

/**
 * Confidence interval of the distance D between the two populations: the statistic ± √(ln(2/α)/2 · (1/n + 1/m)).
 *
 * The statistic is off by at most sup |X|, X = (Fₙ − F) − (Gₘ − G), which tends to two independent Brownian bridges
 * B₁(F)/√n − B₂(G)/√m. With λ = (1/n)/(1/n + 1/m), a single bridge over λF + (1−λ)G, scaled by √(1/n + 1/m), has the
 * covariance of X plus λ(1−λ)(F−G)(s)·(F−G)(t), which is positive semidefinite; by Anderson's inequality its supremum
 * is the larger one. Its tail, Kolmogorov's, is at most 2e^(−2z²). So the interval covers D at least as often as stated,
 * whatever F and G are, ties included, once n and m are large enough for the limit (some 30 each).
 */
export function ksDistanceBounds(
  statistic: number,
  n: number,
  m: number,
  confidence: number,
): { readonly lower: number; readonly upper: number } {
  const margin = Math.sqrt((Math.log(2 / (1 - confidence)) / 2) * (1 / n + 1 / m));
  return { lower: Math.max(0, statistic - margin), upper: Math.min(1, statistic + margin) };
}

function exactPValue(n: number, m: number, statistic: number): number {
  const divisor = greatestCommonDivisor(n, m);
  // The statistic is a multiple of 1/lcm(n, m): as a whole number it is free of rounding.
  const h = Math.round((statistic * n * m) / divisor);
  if (h === 0) return 1;
  return n === m ? outsideSquare(n, h) : outsideBand(Math.max(n, m), Math.min(n, m), divisor, h);
}

/** Equal sizes: 2 Σ (−1)^(k−1) C(2n, n−kh)/C(2n, n), in Horner's form (Gnedenko & Korolyuk 1951). */
function outsideSquare(n: number, h: number): number {
  let probability = 0;
  for (let k = Math.floor(n / h) - 1; k >= 0; k--) {
    let ratio = 1;
    for (let j = 0; j < h; j++) ratio = (ratio * (n - k * h - j)) / (n + k * h + j + 1);
    probability = ratio * (1 - probability);
  }
  return Math.min(1, 2 * probability);
}

/**
 * Share of lattice paths from (0, 0) to (m, n) that reach |n·x − m·y|/gcd ≥ h. The share up to a point is the mean of
 * those to its left and below, weighted by how many paths come that way; outside the band it is 1 (Hodges 1957; Viehmann,
 * "Numerically more stable computation of the p-values for the two-sample Kolmogorov–Smirnov test", 2021).
 */
function outsideBand(m: number, n: number, divisor: number, h: number): number {
  const [stepX, stepY] = [n / divisor, m / divisor];
  const column = new Float64Array(n + 1).fill(1);
  for (let x = 0; x <= m; x++) {
    const from = Math.max(0, Math.floor((stepX * x - h) / stepY) + 1);
    const to = Math.min(n, Math.ceil((stepX * x + h) / stepY) - 1);
    if (from > to) return 1;
    let below = from === 0 ? 0 : 1;
    for (let y = from; y <= to; y++) {
      below = x === 0 ? 0 : (column[y]! * x + below * y) / (x + y);
      column[y] = below;
    }
    if (from > 0) column[from - 1] = 1;
  }
  return column[n]!;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
