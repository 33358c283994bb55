import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ComplianceReport,
  type InventoryEntry,
  type ModelFinding,
  type Overlay,
  assessCompliance,
  listComplianceReports,
} from '@bondx/mlops';
import { renderComplianceReport } from '@bondx/mlops/report';
import { described, goodInputs, pdWorld } from '../compliance/pd-world.js';

const noScript = /<script|<link|<img|\son\w+=|\b(?:src|href)=/i;
const hostile = '</title></style><script>alert(1)</script>"\'';

let first: ComplianceReport;
let report: ComplianceReport;
let stored: readonly ComplianceReport[];
let entry: InventoryEntry;
let findings: readonly ModelFinding[];
let overlays: readonly Overlay[];
let now: string;

beforeAll(async () => {
  const { registry, inventoryOf, clock } = await pdWorld({
    security: { regulatoryFrameworks: ['Basel III', 'IFRS 9'], complianceChecks: ['explainability'] },
  });
  const inventory = inventoryOf('rita');
  first = await assessCompliance(registry, { modelName: 'pd', version: '1.0.0' });
  await inventory.describe(described);
  await inventory.recordValidation({ modelName: 'pd', version: '1.0.0', outcome: 'approved', comment: hostile });
  const day = 86_400_000;
  const raised = { modelName: 'pd', severity: 'high', title: `no backtest ${hostile}` } as const;
  await inventory.findings.raise({ ...raised, dueAt: new Date(clock.now() + 5 * day) });
  const put = { modelName: 'pd', amount: 1_250_000, currency: 'EUR', direction: 'increase', reason: 'floods' } as const;
  const { overlayId } = await inventory.overlays.record({ ...put, expiresAt: new Date(clock.now() + 9 * day) });
  await inventoryOf('omar').overlays.approve({ overlayId });
  await inventory.overlays.record({ ...put, reason: 'a proposal', expiresAt: new Date(clock.now() + 9 * day) });
  const attested = { modelName: 'pd', check: 'policy.explainability', statement: hostile } as const;
  await inventory.attestations.record({ ...attested, expiresAt: new Date(clock.now() + 30 * day) });
  report = await assessCompliance(registry, { modelName: 'pd', version: '1.0.0', inputs: goodInputs });
  stored = await listComplianceReports(registry, { modelName: 'pd', version: '1.0.0' });
  entry = await inventory.get('pd');
  findings = await inventory.findings.list({ modelName: 'pd' });
  overlays = await inventory.overlays.list({ modelName: 'pd' });
  now = new Date(clock.now() + 6 * day).toISOString();
});

const text = (page: string): string =>
  page
    .replaceAll('<wbr />', '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('a compliance report', () => {
  it('is kept with the others of the version, oldest first', () => {
    expect(stored.map(({ reportId }) => reportId)).toEqual([first.reportId, report.reportId]);
    expect(stored[1]).toEqual(report);
  });

  it('says first what it came to and why', () => {
    const page = renderComplianceReport({ report, entry, findings, overlays });
    const top = text(page.slice(page.indexOf('<body'), page.indexOf('<h2')));
    const missing = report.results.filter(({ status }) => status === 'not_met' || status === 'not_assessed');
    expect(missing.length).toBeGreaterThan(0);
    expect(top).toContain({ failed: 'Failed', inconclusive: 'Inconclusive', passed: 'Passed' }[report.verdict]);
    expect(top).toContain(missing[0]!.check);
    for (const [title, count] of [
      ['Met', report.counts.met],
      ['Attested', report.counts.attested],
    ] as const)
      expect(top).toContain(`${title} ${count} `);
    expect(report.counts.attested).toBe(1);
  });

  it('shows each check with status, reference and what it was computed from', () => {
    const page = text(renderComplianceReport({ report, entry, findings, overlays }));
    for (const { check, reference, status, message } of report.results) {
      expect(page, check).toContain(check);
      expect(page, check).toContain(reference);
      expect(page, check).toContain(status.replaceAll('_', ' '));
      if (status !== 'attested') expect(page, check).toContain(message.replaceAll("'", '&#39;'));
    }
    expect(page).toContain('basel.calibration: grades');
    expect(page).toMatch(/A 0\.01 4,000 38/);
    expect(page).toContain(report.inputsDigest);
    expect(page).toMatch(/Checks that do not apply .*\(pd\): .*ifrs9\.lgd, ifrs9\.ead/);
  });

  it('judges dates as of the assessment, or of when it is told', () => {
    const then = text(renderComplianceReport({ report, entry, findings, overlays }));
    const later = text(renderComplianceReport({ report, entry, findings, overlays, asOf: now }));
    expect(then).not.toContain('past its date');
    expect(later).toContain('finding past its date');
    expect(later).toMatch(/no backtest .* ▲ overdue high/);
    expect(then).toMatch(/floods ■ in force \+1,250,000 EUR/);
    expect(then).toMatch(/a proposal ◆ not approved/);
    const expired = new Date(Date.parse(now) + 10 * 86_400_000).toISOString();
    expect(text(renderComplianceReport({ report, findings, overlays, asOf: expired }))).toMatch(/floods ▲ expired/);
  });

  it('says what is missing when there is nothing', () => {
    const page = text(renderComplianceReport({ report: first, findings: [], overlays: [] }));
    expect(page).toContain('the model is not in the inventory');
    expect(page.match(/None is recorded/g)).toHaveLength(2);
  });

  it('is the same bytes for the same facts, and holds no markup of theirs', () => {
    const facts = { report, entry, findings, overlays, asOf: now };
    const page = renderComplianceReport(facts);
    expect(renderComplianceReport(structuredClone(facts))).toBe(page);
    expect(page).not.toMatch(noScript);
    expect(page).toContain('&lt;script&gt;');
  });

  it('stays small with evidence that is long', () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ decisionId: `decision ${i}`, nested: { deep: [i] } }));
    const results = report.results.map((result) => ({ ...result, evidence: { many, flat: many.map((_, i) => i) } }));
    const page = renderComplianceReport({ report: { ...report, results }, findings, overlays });
    expect(page.length).toBeLessThan(1_000_000);
    expect(page).toContain('and 4,960 more');
  });

  it('refuses facts of another model, and what is no date', () => {
    const other = [{ ...findings[0]!, modelName: 'lgd' }];
    const render = (facts: object): string => renderComplianceReport({ report, findings, overlays, ...facts });
    expect(() => render({ findings: other })).toThrow('about pd, and something given with it about lgd');
    expect(() => render({ asOf: 'soon' })).toThrow('asOf must be a date');
    expect(() => render({ finding: [] })).toThrow('finding');
  });
});
