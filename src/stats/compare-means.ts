import { normalQuantile } from './distributions/normal.js';
import type { Estimate } from './wilson.js';

/** Mean and sample variance of independent values. */
export interface MeanSummary {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/** The mean with its normal interval; for many values. */
export function meanInterval({ mean, variance, count }: MeanSummary, confidence: number): Estimate {
  const half = quantileOf(confidence) * Math.sqrt(variance / count);
  return { value: mean, lower: mean - half, upper: mean + half };
}

/** Difference of two means with its normal interval, variances not assumed equal (Welch 1938); for many values. */
export function meanDifference(a: MeanSummary, b: MeanSummary, confidence: number): Estimate {
  const half = quantileOf(confidence) * Math.sqrt(a.variance / a.count + b.variance / b.count);
  const value = a.mean - b.mean;
  return { value, lower: value - half, upper: value + half };
}

/**
 * Ratio of two positive means with the interval of its logarithm by the delta method; for many values. Two means of 0 are
 * equal: their ratio is 1.
 */
export function meanRatio(a: MeanSummary, b: MeanSummary, confidence: number): Estimate {
  if (a.mean === 0 && b.mean === 0) return { value: 1, lower: 1, upper: 1 };
  const ratio = a.mean / b.mean;
  if (a.mean === 0 || b.mean === 0) return { value: ratio, lower: 0, upper: Infinity };
  const half =
    quantileOf(confidence) * Math.sqrt(a.variance / (a.count * a.mean ** 2) + b.variance / (b.count * b.mean ** 2));
  return { value: ratio, lower: ratio * Math.exp(-half), upper: ratio * Math.exp(half) };
}

const quantileOf = (confidence: number): number => normalQuantile((1 + confidence) / 2);
