import type { MetricPoint } from '../../tracking/metric.js';
import type { RunComparison } from '../../tracking/compare-runs.js';
import type { ExperimentTracker } from '../../tracking/experiment-tracker.js';
import { count } from '../page/numbers.js';

/** Metrics drawn at most, and points read of each; of more, stretches of so many points from the first to the last. */
const most = { metrics: 12, points: 10_000, stretch: 100 };

export type MetricHistories = Readonly<Record<string, readonly (readonly MetricPoint[])[]>>;

/** Points of the metrics that have more than one, for each run of a comparison. */
export async function metricHistories(tracker: ExperimentTracker, comparison: RunComparison): Promise<MetricHistories> {
  const histories = withCurves(comparison)
    .slice(0, most.metrics)
    .map(async ({ name, values }) => {
      const points = comparison.runs.map(({ runId }, i) => readHistory(tracker, runId, name, values[i]?.count ?? 0));
      return [name, await Promise.all(points)] as const;
    });
  return Object.fromEntries(await Promise.all(histories));
}

const withCurves = ({ metrics }: RunComparison): RunComparison['metrics'] =>
  metrics.filter(({ values }) => values.some((value) => (value?.count ?? 0) > 1));

/** All points or, of too many to read, stretches at even distances: a curve that broke off early would mislead. */
async function readHistory(
  tracker: ExperimentTracker,
  runId: string,
  name: string,
  length: number,
): Promise<readonly MetricPoint[]> {
  if (length === 0) return [];
  if (length <= most.points) return tracker.getMetricHistory(runId, name, { limit: most.points });
  const stretches = most.points / most.stretch;
  const starts = Array.from({ length: stretches }, (_, i) =>
    Math.round((i * (length - most.stretch)) / (stretches - 1)),
  );
  const read = starts.map((from) => tracker.getMetricHistory(runId, name, { from, limit: most.stretch }));
  return (await Promise.all(read)).flat();
}

/** What curves leave out, in words; empty when they show everything. */
export function leftOut(comparison: RunComparison, histories: MetricHistories): readonly string[] {
  const curves = withCurves(comparison);
  const parts = curves.flatMap(({ name, values }) => {
    const drawn = histories[name]?.reduce((sum, points) => sum + points.length, 0);
    const there = values.reduce((sum, value) => sum + (value?.count ?? 0), 0);
    return drawn === undefined || drawn >= there
      ? []
      : [`${name}: ${count(drawn)} of ${count(there)} points are drawn`];
  });
  const others = curves.filter(({ name }) => histories[name] === undefined).length;
  return others === 0 ? parts : [...parts, `curves of ${count(others)} more metrics are not drawn`];
}
