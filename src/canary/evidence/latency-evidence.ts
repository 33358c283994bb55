import { type BucketCount, quantileInterval } from '../../stats/sequential/quantile-sequence.js';
import type { LatencyEvidence, LatencyInterval } from './canary-verdict.js';
import type { ArmStatistics } from './deployment-statistics.js';
import { latencyBucketStart } from './latency-buckets.js';
import type { DecisionInputs } from './decision-inputs.js';
import type { SortedStrata } from './ripe-strata.js';

/** Median and p99 of both arms' latencies, from all requests that one of them answered, and the candidate's shadow answers. */
export function describeLatency(
  { alpha, minObservations }: DecisionInputs,
  { split, shadow }: SortedStrata,
): LatencyEvidence[] {
  const canary = bucketsOf([...split.map((one) => one.canary.latency), ...shadow.map(({ pairs }) => pairs.latency)]);
  const production = bucketsOf(split.map((one) => one.production.latency));
  const options = { alpha, tunedFor: minObservations };
  const interval = (buckets: readonly BucketCount[], quantile: number): LatencyInterval | null => {
    const requests = buckets.reduce((sum, { count }) => sum + count, 0);
    if (requests === 0) return null;
    const { lower, upper } = quantileInterval(buckets, quantile, options);
    return { requests, lower, upper: upper < Infinity ? upper : null };
  };
  return ([0.5, 0.99] as const).map((quantile) => ({
    quantile,
    canary: interval(canary, quantile),
    production: interval(production, quantile),
  }));
}

/** Counts of several strata together, in the order of the buckets. */
function bucketsOf(latencies: readonly ArmStatistics['latency'][]): BucketCount[] {
  const counts = new Map<number, number>();
  for (const [bucket, count] of latencies.flat()) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([bucket, count]) => ({ start: latencyBucketStart(bucket), end: latencyBucketStart(bucket + 1), count }));
}
