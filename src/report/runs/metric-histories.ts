import type { MetricPoint } from '../../tracking/metric.js';
import type { RunComparison } from '../../tracking/compare-runs.js';
import type { ExperimentTracker } from '../../tracking/experiment-tracker.js';

/** Metrics drawn at most, and points read of each. */
const most = { metrics: 12, points: 10_000 };

/** Points of the metrics that have more than one, for each run of a comparison. */
export async function metricHistories(
  tracker: ExperimentTracker,
  { runs, metrics }: RunComparison,
): Promise<Record<string, readonly (readonly MetricPoint[])[]>> {
  const drawn = metrics.filter(({ values }) => values.some((value) => (value?.count ?? 0) > 1)).slice(0, most.metrics);
  const histories = drawn.map(async ({ name, values }) => {
    const points = runs.map(({ runId }, i) =>
      values[i] == null ? Promise.resolve([]) : tracker.getMetricHistory(runId, name, { limit: most.points }),
    );
    return [name, await Promise.all(points)] as const;
  });
  return Object.fromEntries(await Promise.all(histories));
}
