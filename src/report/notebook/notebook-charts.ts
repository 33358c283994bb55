import type { CanaryReportFacts } from '../canary/canary-content.js';
import { canaryCharts as chartsOf } from '../canary/canary-parts.js';
import { driftDistances } from '../charts/drift-distances.js';
import { metricCurves } from '../charts/metric-curves.js';
import { distributions } from '../drift/distributions.js';
import type { DriftReportOptions } from '../drift/drift-report-content.js';
import type { DriftReport } from '../../drift/drift-report.js';
import type { RunComparison } from '../../tracking/compare-runs.js';
import type { MetricPoint } from '../../tracking/metric.js';
import { callRuns } from '../runs/run-tables.js';
import { type NotebookChart, showChart } from './show-chart.js';

/**
 * The charts of a drift report for a notebook (Deno shows them as values of cells, tslab by `chart.show(tslab.display)`).
 *
 * @throws MLOpsError `INVALID_INPUT` for profiles of other data
 */
export const driftCharts = (report: DriftReport, options: DriftReportOptions = {}): readonly NotebookChart[] => [
  showChart(driftDistances(report.columns)),
  ...distributions(report, options).map((chart) => showChart(chart, 420)),
];

/** The charts of a canary for a notebook: the confidence sequence of each metric, then the evidence. */
export const canaryCharts = ({ decisions }: CanaryReportFacts): readonly NotebookChart[] =>
  chartsOf(decisions).map((chart) => showChart(chart));

/** A metric's curves over the runs of a comparison for a notebook. @param histories in the order of the runs */
export const metricChart = (
  comparison: RunComparison,
  metric: string,
  histories: readonly (readonly MetricPoint[])[],
): NotebookChart => {
  const names = callRuns(comparison);
  return showChart(
    metricCurves(
      metric,
      histories.map((points, i) => ({ run: names[i] ?? `run ${i + 1}`, points })),
    ),
  );
};
