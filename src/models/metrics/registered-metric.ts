import type { Estimate } from '../../stats/estimate.js';

/** The metric beside a metric that tells how well it is known. */
export const standardErrorOf = (metric: string): string => `${metric}_standard_error`;

/** The one that tells how many time stamps it was measured on, where rows of one go together. */
export const timeStampsOf = (metric: string): string => `${metric}_time_stamps`;

/** Whether a metric tells of another one. */
export const isAboutMetric = (name: string): boolean => /_(standard_error|time_stamps)$/.test(name);

/** A metric as a version was registered with it; taken for exact where it came without its standard error. */
export function registeredMetric(metrics: Readonly<Record<string, number>>, metric: string): Estimate | undefined {
  const value = metrics[metric];
  return value === undefined ? undefined : { value, variance: (metrics[standardErrorOf(metric)] ?? 0) ** 2 };
}
