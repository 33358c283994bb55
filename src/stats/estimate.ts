import { normalQuantile } from './distributions/normal.js';

/** A value that is asymptotically normal, and the variance of its error. Plain JSON. */
export interface Estimate {
  readonly value: number;
  readonly variance: number;
}

/** The ends of an estimate's two-sided normal interval. */
export function intervalOf({ value, variance }: Estimate, confidence: number): { lower: number; upper: number } {
  const margin = -normalQuantile((1 - confidence) / 2) * Math.sqrt(variance);
  return { lower: value - margin, upper: value + margin };
}

/**
 * The mean of values and its variance: s²/n, or over G clusters G/(G − 1)·Σ(Σ_c(x − x̄))²/n², which holds whatever the
 * dependence within them. Variance Infinity for a single value or cluster.
 *
 * @param clusters the cluster of each value
 */
export function meanEstimate(values: Float64Array, clusters?: Int32Array): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const deviations = values.map((value) => value - mean);
  const sums = clusters === undefined ? deviations : sumsBy(clusters, deviations);
  const groups = sums.length;
  const squares = sums.reduce((total, sum) => total + sum * sum, 0);
  return { value: mean, variance: groups < 2 ? Infinity : ((groups / (groups - 1)) * squares) / (n * n) };
}

function sumsBy(clusters: Int32Array, values: Float64Array): Float64Array {
  const sums = new Map<number, number>();
  values.forEach((value, i) => sums.set(clusters[i]!, (sums.get(clusters[i]!) ?? 0) + value));
  return Float64Array.from(sums.values());
}

/** The relative change a/b − 1 of two independent estimates, by the delta method. */
export function relativeChange(a: Estimate, b: Estimate): Estimate {
  const ratio = a.value / b.value;
  return {
    value: ratio - 1,
    variance: a.variance / b.value ** 2 + (ratio * ratio * b.variance) / b.value ** 2,
  };
}
