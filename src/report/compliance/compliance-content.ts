import type { CheckResult, ComplianceReport } from '../../compliance/compliance-report.js';
import type { Overlay } from '../../compliance/inventory/overlays.js';
import type { ModelFinding } from '../../registry/inventory/finding.js';
import type { InventoryEntry } from '../../registry/inventory/inventory-entry.js';
import { type Html, type HtmlPart, html } from '../page/html.js';
import { counted, moment } from '../page/numbers.js';
import { badge, bullets, digest, facts, proof, section, table, verdictBanner } from '../page/parts.js';
import { findingTable, inventoryView, isLate, overlayTable } from './deadline-tables.js';
import { evidenceView } from './evidence-view.js';

/** What a compliance report is made from. */
export interface ComplianceReportFacts {
  /** As `assessCompliance` and `listComplianceReports` give it. */
  readonly report: ComplianceReport;
  /** As `inventory.get` gives it; absent for a model that is not in the inventory. */
  readonly entry?: InventoryEntry;
  /** The model's, as `inventory.findings.list` gives them. */
  readonly findings: readonly ModelFinding[];
  /** The model's, as `inventory.overlays.list` gives them. */
  readonly overlays: readonly Overlay[];
  /** When deadlines are judged, ISO 8601; the moment of the assessment unless told. */
  readonly asOf?: string;
}

/** Reasons that the banner has room for. */
const mostReasons = 8;

/** Everything below the heading of a compliance report. @param at when deadlines are judged, UTC milliseconds */
export function complianceContent({ report, entry, findings, overlays }: ComplianceReportFacts, at: number): Html {
  const { results, counts } = report;
  return html` ${verdictBanner(report.verdict, headline(report), bullets(reasons(report, findings, at)))}
  ${facts([
    ['Met', String(counts.met)],
    ['Not met', String(counts.not_met)],
    ['Not assessed', String(counts.not_assessed)],
    ['Attested', String(counts.attested)],
    ['Frameworks', report.frameworks.length === 0 ? 'none' : report.frameworks.join(', ')],
    ['Assessed', moment(report.assessedAt)],
    ['By', report.assessedBy],
    ['Counts until', report.goodUntil && moment(report.goodUntil)],
    ['Deadlines as of', moment(new Date(at).toISOString())],
  ])}
  ${section('checks', 'Checks', results.length === 0 ? html`<p>The policy asks for no check.</p>` : checkTable(results))}
  ${section(
    'inventory',
    'Model inventory',
    entry === undefined
      ? html`<p>${badge('not_assessed')}: the model is not in the inventory; every check applies to it.</p>`
      : inventoryView(entry, at),
  )}
  ${section('findings', 'Findings', findings.length === 0 ? html`<p>None is recorded.</p>` : findingTable(findings, at))}
  ${section('overlays', 'Overlays', overlays.length === 0 ? html`<p>None is recorded.</p>` : overlayTable(overlays, at))}
  ${section('check-evidence', 'Evidence of each check', results.map(checkDetail))}
  ${section('out-of-scope', 'Checks that do not apply', report.outOfScope.length > 0 && html`<p>By what the inventory says the model is for (${report.measures.join(', ')}): ${report.outOfScope.join(', ')}.</p>`)}
  ${section('limits', 'What this does not say', html`<p>A status says what was computed or vouched for, not that anything is lawful: that is for people to judge, with the evidence at hand. A person’s word stands in for what could not be computed, never for what is not met.</p>`)}
  ${section(
    'proof',
    'How this was computed',
    proof([
      ['Report', digest(report.reportId)],
      ['Files of the version', digest(report.digest)],
      ['Policy', digest(report.policyDigest)],
      ['Inputs', digest(report.inputsDigest)],
    ]),
  )}`;
}

/** What a report came to, in a line. */
export function headline({ verdict, results, counts }: ComplianceReport): string {
  if (verdict === 'failed') return `Failed: ${counted(counts.not_met, 'check is', 'checks are')} not met`;
  if (verdict === 'inconclusive')
    return `Inconclusive: ${counted(counts.not_assessed, 'check', 'checks')} could not be assessed`;
  if (results.length === 0) return 'Passed: the policy asks for no check';
  return counts.attested === 0
    ? `Passed: ${results.length === 1 ? 'the check is' : `all ${counted(results.length, 'check')} are`} met`
    : `Passed: ${counted(counts.met, 'check')} met, ${counts.attested} attested by people`;
}

/** What is not met, then what is late, then what is not assessed. */
function reasons({ results }: ComplianceReport, findings: readonly ModelFinding[], at: number): readonly string[] {
  const named = (wanted: CheckResult['status']): readonly string[] =>
    results.filter(({ status }) => status === wanted).map(({ check, message }) => `${check}: ${message}`);
  const late = findings
    .filter((finding) => isLate(finding, at))
    .map(({ title, severity, dueAt }) => `finding past its date: ${title} (${severity}, due ${dueAt.slice(0, 10)})`);
  const all = [...named('not_met'), ...late, ...named('not_assessed')];
  return all.length <= mostReasons
    ? all
    : [...all.slice(0, mostReasons - 1), `and ${counted(all.length - mostReasons + 1, 'more', 'more')}, below`];
}

const checkTable = (results: readonly CheckResult[]): Html =>
  table(
    'Each check, and what was found',
    [{ title: 'Check' }, { title: 'Status' }, { title: 'Found' }, { title: 'Asked for by' }],
    results.map((result) => [breakable(result.check), badge(result.status), result.message, basisOf(result)]),
  );

/** A check's name, which a narrow screen may break after its dots and underscores. */
const breakable = (name: string): Html =>
  html`${name.split(/(?<=[._])/).map((part, i) => html`${i > 0 && html`<wbr />`}${part}`)}`;

const basisOf = ({ frameworks, reference }: CheckResult): HtmlPart =>
  frameworks.length === 0 ? reference : `${frameworks.join(', ')}: ${reference}`;

const checkDetail = (result: CheckResult): Html =>
  html`<article class="check">
    <h3>${result.check} ${badge(result.status)}</h3>
    <p>${result.message}</p>
    <p class="c-muted">
      ${basisOf(result)}${result.goodUntil !== undefined && html`; counts until ${moment(result.goodUntil)}`}
    </p>
    ${evidenceView(result.check, result.evidence)}
    ${result.caveats.length > 0 && html`<p>What it does not say: ${result.caveats.join('; ')}.</p>`}
  </article> `;
