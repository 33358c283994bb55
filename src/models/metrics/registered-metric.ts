import type { Estimate } from '../../stats/estimate.js';

/** The metric beside a metric that tells how well it is known. */
export const standardErrorOf = (metric: string): string => `${metric}_standard_error`;

export const isStandardError = (metric: string): boolean => metric.endsWith(standardErrorOf(''));

/** A metric as a version was registered with it; taken for exact where it came without its standard error. */
export function registeredMetric(metrics: Readonly<Record<string, number>>, metric: string): Estimate | undefined {
  const value = metrics[metric];
  return value === undefined ? undefined : { value, variance: (metrics[standardErrorOf(metric)] ?? 0) ** 2 };
}
