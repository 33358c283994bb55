import type { Policy } from '../../config/policy.js';
import { toIso } from '../../util/clock.js';
import { evidenceKinds } from '../evidence-kind.js';
import type { GateName, GateResult, GateStatus } from '../gate-result.js';
import type { GatedVersion } from '../gates.js';
import type { StoredVersion } from '../model-record.js';
import type { StoredFinding } from './finding.js';
import { type StoredInventoryEntry, reviewDue, validationFor } from './inventory-entry.js';
import { addMonths } from './review-dates.js';

/** What the inventory says of a model. */
export interface InventoryFacts {
  readonly entry: StoredInventoryEntry | undefined;
  /** Grave ones past their dates. */
  readonly overdue: readonly StoredFinding[];
}

type JudgedVersion = GatedVersion & Pick<StoredVersion, 'version'>;

/** Evidence of tests; drift is watched in production and compliance is assessed anywhere. */
const tests = evidenceKinds.filter((kind) => kind !== 'drift' && kind !== 'compliance');

/**
 * Gates of models that are in the inventory, and of all where `compliance.require_inventory` says so: validated in time and not
 * rejected, no grave finding past its date; for trading under MiFID II the yearly report and no test evidence out of production. Pure.
 */
export function inventoryGates(
  version: JudgedVersion,
  { entry, overdue }: InventoryFacts,
  { compliance, security }: Pick<Policy, 'compliance' | 'security'>,
  now: number,
): readonly GateResult[] {
  if (entry === undefined) {
    const message = 'the model is not in the inventory; describe it with inventory.describe(...)';
    return compliance.requireInventory ? [gate('validation', 'not_assessed', message)] : [];
  }
  const results = [validationGate(version, entry, compliance, now), findingsGate(overdue)];
  if (entry.measures.includes('trading') && security.regulatoryFrameworks.includes('MiFID II')) {
    results.push(annualReportGate(entry, now), testEnvironmentGate(version));
  }
  return results;
}

function validationGate(
  { version }: JudgedVersion,
  entry: StoredInventoryEntry,
  policy: Policy['compliance'],
  now: number,
): GateResult {
  const last = validationFor(entry, version);
  if (last === undefined) {
    return gate('validation', 'not_assessed', 'nobody has validated the model; see inventory.recordValidation(...)');
  }
  const said = `${last.by} validated ${last.version} on ${toIso(last.at)}`;
  if (last.outcome === 'rejected') return gate('validation', 'failed', `${said} and rejected it`);
  const due = toIso(reviewDue(entry, policy)!);
  return Date.parse(due) > now
    ? gate('validation', 'passed', `${said}; the next review is due on ${due}`)
    : gate('validation', 'failed', `${said}; the next review was due on ${due}`);
}

const findingsGate = (overdue: readonly StoredFinding[]): GateResult =>
  overdue.length === 0
    ? gate('findings', 'passed', 'no grave finding is past its date')
    : gate('findings', 'failed', `grave findings past their dates: ${overdue.map(({ title }) => title).join('; ')}`);

function annualReportGate({ annualReport }: StoredInventoryEntry, now: number): GateResult {
  if (annualReport === null) {
    return gate('annual_report', 'not_assessed', 'no yearly report was signed by all three; see inventory.reports');
  }
  const due = addMonths(annualReport.signedAt, 12);
  const said = `the yearly report was signed on ${toIso(annualReport.signedAt)}`;
  return due > now
    ? gate('annual_report', 'passed', said)
    : gate('annual_report', 'failed', `${said}, and the next was due on ${toIso(due)}`);
}

function testEnvironmentGate({ evidence }: GatedVersion): GateResult {
  const wrong = tests.filter((kind) => evidence[kind]?.environment === 'production');
  return wrong.length === 0
    ? gate('test_environment', 'passed', 'no test evidence was made in production')
    : gate('test_environment', 'failed', `made in production: ${wrong.join(', ')}; test in an environment apart`);
}

const gate = (name: GateName, status: GateStatus, message: string): GateResult => ({ gate: name, status, message });
