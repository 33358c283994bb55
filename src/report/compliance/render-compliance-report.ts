import { checkDate } from '../../compliance/inventory/stored-items.js';
import { checkOptions, refuse } from '../../util/check.js';
import { document } from '../page/document.js';
import { html } from '../page/html.js';
import { moment } from '../page/numbers.js';
import { type ComplianceReportFacts, complianceContent, headline } from './compliance-content.js';

/**
 * A compliance assessment as an HTML file of its own: the verdict first, then each check with its status, its evidence and
 * the paragraph that asks for it, the model's entry in the inventory, findings and overlays with their deadlines. The same
 * facts give the same bytes; it has no charts and needs no other package.
 *
 * @example
 * const inventory = new ModelInventory(registry);
 * const page = renderComplianceReport({
 *   report: await assessCompliance(registry, { modelName: 'pd', version: '1.0.0' }),
 *   entry: await inventory.get('pd'),
 *   findings: await inventory.findings.list({ modelName: 'pd' }),
 *   overlays: await inventory.overlays.list({ modelName: 'pd' }),
 * });
 * @throws MLOpsError `INVALID_INPUT` for an entry, a finding or an overlay of another model, and for an `asOf` that is no date
 */
export function renderComplianceReport(facts: ComplianceReportFacts): string {
  checkOptions(facts, ['report', 'entry', 'findings', 'overlays', 'asOf'], 'renderComplianceReport');
  const { report, entry, findings, overlays, asOf = report.assessedAt } = facts;
  for (const { modelName } of [...(entry === undefined ? [] : [entry]), ...findings, ...overlays]) {
    if (modelName !== report.modelName)
      refuse(`the report is about ${report.modelName}, and something given with it about ${modelName}`);
  }
  const name = `${report.modelName} ${report.version}`;
  return document({
    title: `Compliance of ${name}: ${headline(report)}`,
    kicker: 'Compliance report',
    heading: name,
    content: complianceContent(facts, checkDate(asOf, 'asOf')),
    footer: html`<p>Report ${report.reportId} of ${moment(report.assessedAt)}, made by @bondx/mlops.</p>`,
  });
}
