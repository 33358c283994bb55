import { latencyBucketStart } from '../../canary/evidence/latency-buckets.js';
import { deepFreeze } from '../../util/freeze.js';
import type { PerformanceWindow } from './window.js';

/** What a window says; null where nothing is known. */
export interface PerformanceSummary {
  readonly modelName: string;
  readonly version: string;
  readonly requests: number;
  /** Requests a second. */
  readonly throughput: number | null;
  /** Share of the requests that failed. */
  readonly errorRate: number | null;
  /** Milliseconds. Quantiles are upper ends of buckets 6.7% to 12.5% wide: at least the true ones, by at most so much. */
  readonly latency: {
    readonly mean: number | null;
    readonly p50: number | null;
    readonly p95: number | null;
    readonly p99: number | null;
  };
  /** Over requests whose actual value is known; of 0/1 outcomes, `mse` is the Brier score. */
  readonly quality: {
    readonly count: number;
    readonly mae: number | null;
    readonly mse: number | null;
    readonly rmse: number | null;
    /** Mean of prediction minus actual. */
    readonly bias: number | null;
  };
}

/** What a window means, in rates, means and quantiles. */
export function summarizeWindow(window: PerformanceWindow): PerformanceSummary {
  const { modelName, version, from, to, requests, errors, latencies, quality } = window;
  const seconds = (to - from) / 1000;
  const mse = mean(quality.squaredError, quality.count);
  return deepFreeze({
    modelName,
    version,
    requests,
    throughput: seconds > 0 ? requests / seconds : null,
    errorRate: mean(errors, requests),
    latency: {
      mean: mean(latencies.sumMs, latencies.count),
      p50: latencyQuantile(window, 0.5),
      p95: latencyQuantile(window, 0.95),
      p99: latencyQuantile(window, 0.99),
    },
    quality: {
      count: quality.count,
      mae: mean(quality.absoluteError, quality.count),
      mse,
      rmse: mse === null ? null : Math.sqrt(mse),
      bias: mean(quality.error, quality.count),
    },
  });
}

const mean = (sum: number, count: number): number | null => (count > 0 ? sum / count : null);

/** Upper end of the bucket that holds the value of rank ⌈p·n⌉. */
export function latencyQuantile({ latencies }: PerformanceWindow, p: number): number | null {
  const rank = Math.ceil(p * latencies.count);
  let seen = 0;
  for (const [bucket, count] of latencies.buckets) {
    seen += count;
    if (seen >= rank) return latencyBucketStart(bucket + 1);
  }
  return null;
}
