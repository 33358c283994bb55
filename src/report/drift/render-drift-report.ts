import type { DriftReport } from '../../drift/drift-report.js';
import { checkOptions } from '../../util/check.js';
import { document } from '../page/document.js';
import { html } from '../page/html.js';
import { moment } from '../page/numbers.js';
import { type DriftReportOptions, driftReportContent, headline } from './drift-report-content.js';

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
  const name = report.modelVersion === undefined ? report.modelName : `${report.modelName} ${report.modelVersion}`;
  return document({
    title: `Drift of ${name}: ${headline(report)}`,
    kicker: 'Drift report',
    heading: name,
    content: await driftReportContent(report, options),
    footer: html`<p>Report ${report.reportId} of ${moment(report.createdAt)}, made by @bondx/mlops.</p>`,
  });
}
