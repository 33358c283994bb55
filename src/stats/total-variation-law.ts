import { chiSquareSf } from './distributions/chi-square.js';
import { lnGamma } from './distributions/gamma.js';
import { normalSf } from './distributions/normal.js';
import { sizeOf } from './total-variation.js';

/**
 * How far a sample's total variation distance may lie above the population's: by at most T = ½Σ|Xᵢ|, Xᵢ the error of the
 * difference of the shares of category i. Plain JSON.
 */
export interface FluctuationLaw {
  /** T is taken as `scale` · χ with so many degrees of freedom, which has its mean and its variance. */
  readonly scale: number;
  readonly degreesOfFreedom: number;
  /** Largest standard deviation of the error of the share of any set of categories. */
  readonly deviation: number;
  readonly categories: number;
}

/** Categories with a smaller expected count in the smaller sample are put together. */
const fewest = 5;

/** Counts with all rare categories put together into one, the last. */
export function mergeRare(before: readonly number[], after: readonly number[]): readonly [number[], number[]] {
  const [n, m] = [sizeOf(before), sizeOf(after)];
  const factor = Math.min(n, m) / (n + m);
  const isRare = before.map((count, i) => (count + after[i]!) * factor < fewest);
  const merge = (counts: readonly number[]): number[] => {
    const kept = counts.filter((_, i) => !isRare[i]);
    return isRare.includes(true) ? [...kept, sizeOf(counts.filter((_, i) => isRare[i]))] : kept;
  };
  return [merge(before), merge(after)];
}

/**
 * The law of T for large samples, when X is normal with covariance (diag p − pp′)/n + (diag q − qq′)/m. Then
 * E T = ½√(2/π)Σσᵢ and Var T = ¼ΣΣ cov(|Xᵢ|, |Xⱼ|), where the covariance is at most (1 − 2/π)ρ²σᵢσⱼ: exact for i = j, and
 * for two categories. Shares are estimated with two more counts in each category, as Agresti & Coull (1998) do for an
 * interval of one share: an empty category is no proof of a share of zero.
 *
 * @param before counts of at least two categories, each expected to hold some (see {@link mergeRare})
 */
export function fluctuationLaw(before: readonly number[], after: readonly number[]): FluctuationLaw {
  const [n, m] = [sizeOf(before), sizeOf(after)];
  const [p, q] = [smoothedShares(before, n), smoothedShares(after, m)];
  const deviations = p.map((share, i) => Math.sqrt((share * (1 - share)) / n + (q[i]! * (1 - q[i]!)) / m));
  const mean = Math.sqrt(1 / (2 * Math.PI)) * sizeOf(deviations);
  // Σ over i ≠ j of (pᵢpⱼ/n + qᵢqⱼ/m)²/(σᵢσⱼ), by products of sums
  const over = (a: readonly number[], b: readonly number[]): number => {
    const terms = deviations.map((deviation, i) => (a[i]! * b[i]!) / deviation);
    return sizeOf(terms) ** 2 - terms.reduce((sum, term) => sum + term * term, 0);
  };
  const between = over(p, p) / (n * n) + (2 * over(p, q)) / (n * m) + over(q, q) / (m * m);
  const within = deviations.reduce((sum, deviation) => sum + deviation * deviation, 0);
  const variance = ((1 - 2 / Math.PI) / 4) * (within + Math.max(0, between));
  const degreesOfFreedom = degreesOf(variance / (mean * mean));
  return {
    scale: mean / chiMean(degreesOfFreedom),
    degreesOfFreedom,
    deviation: Math.sqrt(largestVariance(p) / n + largestVariance(q) / m),
    categories: before.length,
  };
}

/**
 * P(T > t). The χ law meets the bulk of T but has too thin a tail where few categories hold most rows; there T is the
 * error of one set of categories, whose two tails are added. In simulations with 2 to 50 categories, even and skewed,
 * 50 to 5,000 rows and distances at the threshold, the p-value fell below 5%, 1% and 0.1% at most that often.
 */
export function fluctuationSf(t: number, law: FluctuationLaw): number {
  const { scale, degreesOfFreedom, deviation, categories } = law;
  const bulk = chiSquareSf((t / scale) ** 2, degreesOfFreedom);
  return Math.min(1, bulk + (categories > 2 ? 2 * normalSf(t / deviation) : 0));
}

function smoothedShares(counts: readonly number[], size: number): number[] {
  const total = size + 2 * counts.length;
  return counts.map((count) => (count + 2) / total);
}

/** Largest p(A)(1 − p(A)) of a set of categories, or a bound of it. */
function largestVariance(shares: readonly number[]): number {
  const largest = shares.reduce((max, share) => Math.max(max, share), 0);
  return largest > 0.5 ? largest * (1 - largest) : 0.25;
}

/** E χ with so many degrees of freedom. */
const chiMean = (degrees: number): number => Math.SQRT2 * Math.exp(lnGamma((degrees + 1) / 2) - lnGamma(degrees / 2));

/** Degrees of freedom, 1 to 10⁶, at which the variance of χ is so many times its squared mean. */
function degreesOf(ratio: number): number {
  let low = 0;
  let high = Math.log(1e6);
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    const degrees = Math.exp(middle);
    if (degrees / chiMean(degrees) ** 2 - 1 > ratio) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}
