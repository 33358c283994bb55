import type { BaselineProfile } from '../../data/baseline-profile.js';
import type { ColumnDrift, DriftReport } from '../../drift/drift-report.js';
import { byImportance, driftDistances } from '../charts/drift-distances.js';
import { distributionKeys } from '../charts/distribution.js';
import { figure, legend, smallFigure } from '../page/figure.js';
import { type Html, html } from '../page/html.js';
import { count, counted, moment, number } from '../page/numbers.js';
import { badge, bullets, digest, facts, proof, section, verdictBanner } from '../page/parts.js';
import { columnTable, performanceSection, rootCauseTable, testTable } from './drift-tables.js';
import { distributions } from './distributions.js';

/** What {@link renderDriftReport} shows besides the report itself. */
export interface DriftReportOptions {
  /** Counts of what the check compared (`createProfile`): with both, each column's values are shown as well. */
  readonly baselineProfile?: BaselineProfile;
  readonly currentProfile?: BaselineProfile;
}

/** Everything below the heading of a drift report: verdict, charts, tables, evidence. */
export async function driftReportContent(report: DriftReport, options: DriftReportOptions = {}): Promise<Html> {
  const charts = distributions(report, options);
  const { columns, inputs } = report;
  const isMeasured = columns.some(({ distance }) => distance !== undefined);
  return html` ${verdictBanner(report.verdict, headline(report), reasons(report))}
  ${facts([
    ['Checked', moment(report.createdAt)],
    ['Columns', count(columns.length)],
    ['Baseline rows', count(inputs.baselineRows)],
    ['Current rows', count(inputs.currentRows)],
    ['Largest distance', isMeasured ? number(report.overallDriftScore) : undefined],
    ['Retraining', retraining(report)],
  ])}
  ${section('distances', 'Distances', isMeasured && (await figure(driftDistances(columns))))}
  ${section('columns', 'Columns', columnTable(byImportance(columns)))} ${section('tests', 'Tests', testTable(report))}
  ${section('values', 'Values', charts.length > 0 && [legend(distributionKeys)!, html`<div class="many">${await Promise.all(charts.map(smallFigure))}</div>`])}
  ${section('performance', 'Performance', report.performance && performanceSection(report.performance))}
  ${section('causes', 'What moved and matters', report.rootCauses !== undefined && report.rootCauses.length > 0 && rootCauseTable(report.rootCauses))}
  ${section('findings', 'Findings', findings(report))} ${section('evidence', 'How this was computed', evidence(report))}`;
}

/** The verdict in a few words. */
export function headline({ verdict, requiresRetraining }: DriftReport): string {
  const words = {
    drifted: 'Drifted',
    stable: 'Stable',
    inconclusive: 'Cannot tell yet',
    not_assessed: 'Not assessed: there was nothing to compare',
  };
  return `${words[verdict]}${requiresRetraining ? ', retraining required' : ''}`;
}

/** What could not be told is no "not required". */
function retraining({ verdict, requiresRetraining }: DriftReport): string {
  if (requiresRetraining) return 'required';
  return verdict === 'inconclusive' || verdict === 'not_assessed' ? 'cannot tell' : 'not required';
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
