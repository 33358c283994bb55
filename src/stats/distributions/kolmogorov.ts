import { deviance, stirlingError } from './gamma.js';

/**
 * P(D_n ≥ d) for the two-sided one-sample Kolmogorov–Smirnov statistic of n observations: what scipy calls `kstwo.sf`.
 *
 * Method chosen as in Simard & L'Ecuyer, "Computing the two-sided Kolmogorov–Smirnov distribution", J. Stat. Software
 * 39(11), 2011: the exact one-sided tail doubled where both sides cannot exceed at once (or nearly so), the matrix of
 * Marsaglia, Tsang & Wang (J. Stat. Software 8(18), 2003) in the middle, the expansion of Pelz & Good (JRSS B 38, 1976)
 * for large n.
 */
export function kolmogorovSf(d: number, n: number): number {
  if (d >= 1) return 0;
  if (n * d <= 0.5) return 1;
  const nd2 = n * d * d;
  if (nd2 > 370) return 0; // below 2·e^−740, the smallest double
  if (n * d >= n - 1) return 2 * (1 - d) ** n;
  if (nd2 >= (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * oneSidedSf(d, n));
  const isSmall = n <= 140 || (n <= 100_000 && n * d ** 1.5 <= 1.4);
  return Math.min(1, Math.max(0, 1 - (isSmall ? matrixCdf(d, n) : pelzGoodCdf(d, n))));
}

/**
 * P(D⁺_n ≥ d) = d Σ_j C(n,j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j) (Smirnov; Birnbaum & Tingey 1951). Each term is a
 * binomial probability at p = d + j/n, computed by Loader's saddle point, so nothing cancels.
 */
function oneSidedSf(d: number, n: number): number {
  let sum = (1 - d) ** n;
  const last = Math.floor(n * (1 - d));
  for (let j = 1; j <= last; j++) {
    const p = d + j / n;
    if (j === n || p >= 1) continue;
    sum += (d / p) * binomialProbability(j, n, p);
  }
  return sum;
}

/** Loader's saddle-point form, for 0 < j < n. */
function binomialProbability(j: number, n: number, p: number): number {
  const log =
    stirlingErrorOf(n) -
    stirlingErrorOf(j) -
    stirlingErrorOf(n - j) -
    deviance(j, n * p) -
    deviance(n - j, n * (1 - p));
  return Math.exp(log) * Math.sqrt(n / (2 * Math.PI * j * (n - j)));
}

/** For the whole numbers below 16 the difference of logarithms cancels; these are the exact values. */
const smallStirlingErrors = [
  0, 0.08106146679532726, 0.0413406959554093, 0.02767792568499834, 0.020790672103765093, 0.016644691189821193,
  0.013876128823070748, 0.0118967099458917701, 0.010411265261972096, 0.00925546218271273, 0.00833056343336287,
  0.00757367548795184, 0.00694284010720953, 0.00640899418800421, 0.00595137011275885, 0.0055547335519628,
];

const stirlingErrorOf = (n: number): number => smallStirlingErrors[n] ?? stirlingError(n);

/** P(D_n < d): the power of a small matrix, scaled to keep its entries in range. */
function matrixCdf(d: number, n: number): number {
  const k = Math.floor(n * d) + 1;
  const size = 2 * k - 1;
  const h = k - n * d;
  const base = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) base[i * size + j] = i - j + 1 < 0 ? 0 : 1;
  for (let i = 0; i < size; i++) {
    base[i * size]! -= h ** (i + 1);
    base[(size - 1) * size + i]! -= h ** (size - i);
  }
  base[(size - 1) * size]! += 2 * h - 1 > 0 ? (2 * h - 1) ** size : 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let g = 1; g <= i - j + 1; g++) base[i * size + j]! /= g;
    }
  }
  const power = matrixPower({ values: base, exponent: 0 }, n, size);
  let result = power.values[(k - 1) * size + k - 1]!;
  let exponent = power.exponent;
  for (let i = 1; i <= n; i++) {
    result = (result * i) / n;
    if (result < 1e-140) {
      result *= 1e140;
      exponent -= 140;
    }
  }
  return result * 10 ** exponent;
}

/** A matrix times a power of ten. */
interface Scaled {
  readonly values: Float64Array;
  readonly exponent: number;
}

function matrixPower(base: Scaled, power: number, size: number): Scaled {
  if (power === 1) return base;
  const half = matrixPower(base, Math.floor(power / 2), size);
  let product: Scaled = { values: multiply(half.values, half.values, size), exponent: 2 * half.exponent };
  if (power % 2 === 1) product = { values: multiply(base.values, product.values, size), exponent: product.exponent };
  const centre = product.values[((size - 1) / 2) * (size + 1)]!;
  return centre > 1e140
    ? { values: product.values.map((value) => value * 1e-140), exponent: product.exponent + 140 }
    : product;
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k]!;
      for (let j = 0; j < size; j++) product[i * size + j]! += factor * b[k * size + j]!;
    }
  }
  return product;
}

/** P(D_n < d) up to terms of order n^−2. */
function pelzGoodCdf(d: number, n: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const pi2 = Math.PI * Math.PI;
  const rate = pi2 / (2 * z2);
  let k0 = 0;
  let k1 = 0;
  let k2a = 0;
  let k2b = 0;
  let k3a = 0;
  let k3b = 0;
  for (let k = 0; k <= 200; k++) {
    const m = (k + 0.5) ** 2;
    const atHalf = Math.exp(-rate * m);
    const atWhole = Math.exp(-rate * k * k);
    if (k > 0 && atWhole === 0) break;
    k0 += atHalf;
    k1 += (pi2 * m - z2) * atHalf;
    k2a += (6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * m + pi2 * pi2 * (1 - 2 * z2) * m * m) * atHalf;
    k2b += pi2 * k * k * atWhole;
    k3a +=
      (-30 * z6 -
        90 * z6 * z2 +
        pi2 * (135 * z4 - 96 * z6) * m +
        pi2 * pi2 * (212 * z4 - 60 * z2) * m * m +
        pi2 * pi2 * pi2 * (5 - 30 * z2) * m * m * m) *
      atHalf;
    k3b += (3 * pi2 * k * k * z2 - pi2 * pi2 * k ** 4) * atWhole;
  }
  // Each sum runs over all whole numbers; the terms are symmetric, so half of them are added and doubled.
  const root = Math.sqrt(Math.PI / 2);
  const first = (root * 2 * k0) / z;
  const second = (root * 2 * k1) / (6 * z4);
  const third = root * ((2 * k2a) / (72 * z6 * z) - (2 * k2b) / (36 * z2 * z));
  const fourth = root * ((2 * k3a) / (6480 * z6 * z4) + (2 * k3b) / (216 * z6));
  return first + second / Math.sqrt(n) + third / n + fourth / n ** 1.5;
}
