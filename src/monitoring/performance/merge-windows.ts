import { checkList, refuse } from '../../util/check.js';
import type { PerformanceWindow } from './window.js';

/**
 * Sums of windows of one version, from other spans or other processes. Order does not matter, up to rounding.
 *
 * @throws MLOpsError `INVALID_INPUT` for windows of different versions, or none
 */
export function mergeWindows(windows: readonly PerformanceWindow[]): PerformanceWindow {
  const [first, ...others] = checkList(windows, 'windows', 'windows of one version');
  if (first === undefined) refuse('there are no windows to merge');
  return others.reduce(mergeTwo, first);
}

function mergeTwo(a: PerformanceWindow, b: PerformanceWindow): PerformanceWindow {
  if (a.modelName !== b.modelName || a.version !== b.version) {
    refuse(`windows of ${a.modelName} ${a.version} and ${b.modelName} ${b.version} cannot be merged`);
  }
  const counts = new Map<number, number>(a.latencies.buckets);
  for (const [bucket, count] of b.latencies.buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  return {
    ...a,
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    latencies: {
      count: a.latencies.count + b.latencies.count,
      sumMs: a.latencies.sumMs + b.latencies.sumMs,
      buckets: [...counts].sort(([one], [other]) => one - other),
    },
    quality: {
      count: a.quality.count + b.quality.count,
      absoluteError: a.quality.absoluteError + b.quality.absoluteError,
      squaredError: a.quality.squaredError + b.quality.squaredError,
      error: a.quality.error + b.quality.error,
    },
  };
}
