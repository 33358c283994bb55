import type { MetricPoint } from '../../tracking/metric.js';
import type { RunComparison } from '../../tracking/compare-runs.js';
import { checkOptions } from '../../util/check.js';
import { metricCurves } from '../charts/metric-curves.js';
import { document } from '../page/document.js';
import { figure } from '../page/figure.js';
import { html } from '../page/html.js';
import { counted } from '../page/numbers.js';
import { bullets, digest, proof, section, verdictBanner } from '../page/parts.js';
import { leftOut } from './metric-histories.js';
import { callRuns, differences, metricTable, parameterTable, runTable } from './run-tables.js';

/** What {@link renderRunComparison} draws besides the tables. */
export interface RunComparisonOptions {
  /** Points of metrics (`getMetricHistory`) to draw as curves, for each run in the comparison's order. */
  readonly histories?: Readonly<Record<string, readonly (readonly MetricPoint[])[]>>;
}

/**
 * Runs side by side as an HTML file of its own: what differs first, then every metric, its curves and its digests.
 *
 * @throws MLOpsError `MISSING_DEPENDENCY` without `vega` and `vega-lite`, when there are histories
 */
export async function renderRunComparison(
  comparison: RunComparison,
  options: RunComparisonOptions = {},
): Promise<string> {
  checkOptions(options, ['histories'], 'renderRunComparison');
  const { runs, parameters, metrics } = comparison;
  const names = callRuns(comparison);
  const curves = Object.entries(options.histories ?? {}).map(([metric, histories]) =>
    metricCurves(
      metric,
      histories.map((points, i) => ({ run: names[i] ?? `run ${i + 1}`, points })),
    ),
  );
  const figures = await Promise.all(curves.map(figure));
  const different = parameters.filter(({ isDifferent }) => isDifferent);
  const content = html` ${verdictBanner('compared', `${counted(runs.length, 'run')}, ${counted(different.length, 'different parameter')}`, bullets(differences(comparison, names)))}
  ${section('runs', 'Runs', runTable(comparison, names))}
  ${section('metrics', 'Metrics', metrics.length > 0 && metricTable(comparison, names))}
  ${section('curves', 'Curves', figures.length > 0 && [bullets(leftOut(comparison, options.histories ?? {})), ...figures])}
  ${section('parameters', 'Parameters', parameters.length > 0 && parameterTable(comparison, names))}
  ${section(
    'evidence',
    'Digests',
    proof(
      metrics.flatMap(({ name, values }) =>
        values.flatMap((value, i) =>
          value === null ? [] : [[`${name}, ${names[i]!}`, digest(value.digest)] as const],
        ),
      ),
    ),
  )}`;
  return document({
    title: `Runs compared: ${names.join(', ')}`,
    kicker: 'Run comparison',
    heading: names.join(' · '),
    content,
    footer: html`<p>Runs ${runs.map(({ runId }) => runId).join(', ')}, compared by @bondx/mlops.</p>`,
  });
}
