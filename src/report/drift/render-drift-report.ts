import type { BaselineProfile } from '../../data/baseline-profile.js';
import type { ColumnDrift, DriftReport } from '../../drift/drift-report.js';
import { checkOptions } from '../../util/check.js';
import { byImportance, driftDistances } from '../charts/drift-distances.js';
import { distributionKeys } from '../charts/distribution.js';
import { document } from '../page/document.js';
import { figure, legend, smallFigure } from '../page/figure.js';
import { type Html, html } from '../page/html.js';
import { count, counted, moment, number } from '../page/numbers.js';
import { badge, bullets, digest, facts, proof, section, verdictBanner } from '../page/parts.js';
import { columnTable, performanceSection, rootCauseTable } from './drift-tables.js';
import { distributions } from './distributions.js';

export interface DriftReportOptions {
  /** Counts of what the check compared (`createProfile`): with both, each column's values are shown as well. */
  readonly baselineProfile?: BaselineProfile;
  readonly currentProfile?: BaselineProfile;
}

/**
 * A drift report as an HTML file of its own: the verdict first, then how far each column moved, with every number that
 * it rests on. It holds no rows, no script, and loads nothing. The same report gives the same bytes.
 *
 * @throws MLOpsError `MISSING_DEPENDENCY` without `vega` and `vega-lite`; `INVALID_INPUT` for a profile of other data
 * @example
 * await writeFile('drift.html', await renderDriftReport(await monitor.getReport(reportId)));
 */
export async function renderDriftReport(report: DriftReport, options: DriftReportOptions = {}): Promise<string> {
  checkOptions(options, ['baselineProfile', 'currentProfile'], 'renderDriftReport');
  const charts = distributions(report, options);
  const { columns, inputs } = report;
  const name = report.modelVersion === undefined ? report.modelName : `${report.modelName} ${report.modelVersion}`;
  const isMeasured = columns.some(({ distance }) => distance !== undefined);
  const content = html` ${verdictBanner(report.verdict, headline(report), reasons(report))}
  ${facts([
    ['Checked', moment(report.createdAt)],
    ['Columns', count(columns.length)],
    ['Baseline rows', count(inputs.baselineRows)],
    ['Current rows', count(inputs.currentRows)],
    ['Largest distance', number(report.overallDriftScore)],
    ['Retraining', report.requiresRetraining ? 'required' : 'not required'],
  ])}
  ${section('distances', 'Distances', isMeasured && (await figure(driftDistances(columns))))}
  ${section('columns', 'Columns', columnTable(byImportance(columns)))}
  ${section('values', 'Values', charts.length > 0 && [legend(distributionKeys)!, html`<div class="many">${await Promise.all(charts.map(smallFigure))}</div>`])}
  ${section('performance', 'Performance', report.performance && performanceSection(report.performance))}
  ${section('causes', 'What moved and matters', report.rootCauses !== undefined && report.rootCauses.length > 0 && rootCauseTable(report.rootCauses))}
  ${section('findings', 'Findings', findings(report))} ${section('evidence', 'How this was computed', evidence(report))}`;
  return document({
    title: `Drift of ${name}: ${headline(report)}`,
    kicker: 'Drift report',
    heading: name,
    content,
    footer: html`<p>Report ${report.reportId} of ${moment(report.createdAt)}, made by @bondx/mlops.</p>`,
  });
}

function headline({ verdict, requiresRetraining }: DriftReport): string {
  const words = {
    drifted: 'Drifted',
    stable: 'Stable',
    inconclusive: 'Cannot tell yet',
    not_assessed: 'Not assessed: there was nothing to compare',
  };
  return `${words[verdict]}${requiresRetraining ? ', retraining required' : ''}`;
}

function reasons({ columns, recommendations }: DriftReport): Html {
  const by = (verdict: ColumnDrift['verdict']): number => columns.filter((c) => c.verdict === verdict).length;
  const parts = (['drifted', 'stable', 'inconclusive', 'not_assessed'] as const).filter((verdict) => by(verdict) > 0);
  const [strongest] = byImportance(columns).filter(({ verdict }) => verdict === 'drifted');
  return html`<p>
      ${counted(columns.length, 'column')}:
      ${parts.map((verdict, i) => html`${i > 0 && ', '}${count(by(verdict))} ${badge(verdict)}`)}.
    </p>
    ${strongest && html`<p>Strongest: ${strongest.message}.</p>`} ${bullets(recommendations)}`;
}

function findings({ columns, findings: ofData }: DriftReport): Html | undefined {
  return bullets([
    ...columns.flatMap((column) =>
      column.findings.map(({ message }) => html`<strong>${column.column}</strong>: ${message}`),
    ),
    ...ofData.map(({ message }) => message),
  ]);
}

function evidence({ inputs, reportId, clusterColumn, columns }: DriftReport): Html {
  return html`<p>
      A column drifted when the lower confidence bound of its distance, or of its population stability index, is above
      the threshold; it is stable when the upper bounds of both are not. Bounds hold for all columns together: the
      expected share of false ones among those called drifted is at most α, and likewise among those called stable.
      p-values are shown beside that and decide nothing.
    </p>
    ${proof([
      ['Report', digest(reportId)],
      ['Baseline', digest(inputs.baselineDigest)],
      ['Current data', digest(inputs.currentDigest)],
      ['Policy', digest(inputs.policyDigest)],
      ['α (drift.ks_test_threshold)', number(inputs.alpha)],
      ['Error of each lower bound', number(inputs.driftError)],
      ['Error of each upper bound', number(inputs.stableError)],
      ['Threshold of the stability index', number(inputs.psiThreshold)],
      ['Tolerances', [...new Set(columns.map(({ tolerance }) => tolerance))].map(number).join(', ')],
      ['Rows taken as dependent by', clusterColumn],
    ])}`;
}
