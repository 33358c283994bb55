import type { RegulatoryFramework } from '../config/governance-policy.js';
import type { Change } from '../storage/storage.js';
import type { Measure } from '../registry/inventory/inventory-entry.js';
import type { Digest } from '../util/digest.js';
import type { JsonObject, JsonValue } from '../util/json.js';
import type { CheckStatus } from './checks/check.js';
import type { CheckName } from './checks/check-names.js';

export const complianceReportsCollection = 'compliance_reports';

/** What one check found. */
export interface CheckResult {
  readonly check: CheckName;
  /** Of those in the policy; none for the checks of `security.compliance_checks`. */
  readonly frameworks: readonly RegulatoryFramework[];
  readonly reference: string;
  readonly status: CheckStatus;
  readonly message: string;
  /** Numbers, digests and ids of records that the status was computed from. */
  readonly evidence: JsonObject;
  /** What the status does not say. */
  readonly caveats: readonly string[];
  /** Last moment at which what is met or attested counts as such, ISO 8601; absent where nothing it goes by grows old. */
  readonly goodUntil?: string;
}

/** One assessment of a version. Plain JSON; it says what was found, not that anything is lawful. */
export interface ComplianceReport {
  readonly reportId: string;
  readonly modelName: string;
  readonly version: string;
  /** Digest of the version's files. */
  readonly digest: Digest;
  /** ISO 8601, UTC. */
  readonly assessedAt: string;
  readonly assessedBy: string;
  /**
   * `passed`: every check that applies is met or attested. `failed`: one is not met. `inconclusive`: one is not assessed, or
   * none applies.
   */
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  readonly frameworks: readonly RegulatoryFramework[];
  /** What the inventory says the model is for; without an entry every check applies. */
  readonly measures: readonly Measure[];
  readonly counts: Readonly<Record<CheckStatus, number>>;
  /** The earliest of those of the results: from then on the gate asks for another assessment. */
  readonly goodUntil?: string;
  readonly results: readonly CheckResult[];
  /** Checks that do not apply to what the model is for. */
  readonly outOfScope: readonly CheckName[];
  readonly policyDigest: Digest;
  /** SHA-256 of the inputs' canonical JSON. */
  readonly inputsDigest: Digest;
}

/** What a report comes to. */
export function verdictOf(results: readonly Pick<CheckResult, 'status'>[]): ComplianceReport['verdict'] {
  if (results.some(({ status }) => status === 'not_met')) return 'failed';
  const isOpen = results.length === 0 || results.some(({ status }) => status === 'not_assessed');
  return isOpen ? 'inconclusive' : 'passed';
}

export function countStatuses(results: readonly Pick<CheckResult, 'status'>[]): ComplianceReport['counts'] {
  const counts = { met: 0, not_met: 0, not_assessed: 0, attested: 0 };
  for (const { status } of results) counts[status]++;
  return counts;
}

/** The earliest moment at which something that is met ceases to count; undefined where nothing does. */
export const goodUntilOf = (results: readonly Pick<CheckResult, 'goodUntil'>[]): string | undefined =>
  results.flatMap(({ goodUntil }) => goodUntil ?? []).sort()[0];

export const putComplianceReport = (report: ComplianceReport): Change => ({
  kind: 'put',
  collection: complianceReportsCollection,
  id: report.reportId,
  value: report as unknown as JsonValue,
  index: { modelName: report.modelName, version: report.version, verdict: report.verdict },
  expect: 'absent',
});
