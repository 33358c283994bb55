import type { EvidenceAgePolicy } from '../config/governance-policy.js';
import type { Policy } from '../config/policy.js';
import { evidenceTerm } from './evidence-age.js';
import type { EvidenceKind } from './evidence-kind.js';
import type { GateName, GateResult, GateStatus } from './gate-result.js';
import type { Evidence, StoredVersion } from './model-record.js';

/** Result of looking at the stored bytes of a version. */
export interface ArtifactScan {
  readonly problems: readonly string[];
}

/** What gates look at. */
export type GatedVersion = Pick<StoredVersion, 'performanceMetrics' | 'evidence'>;

/**
 * Every gate the `promotion` policy asks for, evaluated; gates that are off are left out. Pure, so that a decision can
 * be recomputed from what was stored.
 *
 * @param now the moment at which the age of evidence is judged, UTC milliseconds
 */
export function evaluateGates(
  version: GatedVersion,
  task: 'regression' | 'classification',
  scan: ArtifactScan,
  { promotion, compliance, security }: Pick<Policy, 'promotion' | 'compliance' | 'security'>,
  now: number,
): readonly GateResult[] {
  const ages = { policy: compliance.maxEvidenceAgeDays, now };
  const results = [accuracyGate(version, task, promotion.minAccuracy), driftGate(version, promotion.maxDrift, ages)];
  if (promotion.requireSecurityScan) results.push(scanGate(scan));
  if (promotion.requireExplainability) results.push(evidenceGate(version, 'explainability', ages));
  if (promotion.requireFeatureImportance) results.push(evidenceGate(version, 'feature_importance', ages));
  if (promotion.requireBiasTesting) results.push(evidenceGate(version, 'bias_testing', ages));
  if (promotion.requireComplianceCheck) results.push(complianceGate(version, security, ages));
  return results;
}

/** `min_accuracy` bounds accuracy for classifiers and R² for regressions: in both 1 is perfect. */
function accuracyGate(version: GatedVersion, task: 'regression' | 'classification', minimum: number): GateResult {
  const metric = task === 'regression' ? 'r2_score' : 'accuracy';
  const value = version.performanceMetrics[metric];
  if (value === undefined) {
    return gate(
      'min_accuracy',
      'not_assessed',
      `no ${metric} was registered; evaluate the version and register it with its metrics`,
    );
  }
  return value >= minimum
    ? gate('min_accuracy', 'passed', `${metric} ${value} is at least ${minimum}`)
    : gate('min_accuracy', 'failed', `${metric} ${value} is below promotion.min_accuracy ${minimum}`);
}

/** When evidence is judged, and by what. */
interface Ages {
  readonly policy: EvidenceAgePolicy;
  readonly now: number;
}

function driftGate({ evidence }: GatedVersion, maximum: number, ages: Ages): GateResult {
  if (maximum >= 1) return gate('max_drift', 'passed', 'promotion.max_drift is 1: any drift is allowed');
  const { drift } = evidence;
  const score = drift?.detail['overallDriftScore'];
  if (drift === undefined || typeof score !== 'number') {
    return gate(
      'max_drift',
      'not_assessed',
      'no drift check of this version is recorded; run detectDrift for it first',
    );
  }
  if (score > maximum) return gate('max_drift', 'failed', `drift ${score} is above promotion.max_drift ${maximum}`);
  const old = tooOld('drift', drift, ages);
  return old === undefined
    ? gate('max_drift', 'passed', `drift ${score} is at most ${maximum}`)
    : gate('max_drift', 'not_assessed', `${old}; run detectDrift for it again`);
}

function scanGate({ problems }: ArtifactScan): GateResult {
  return problems.length === 0
    ? gate('security_scan', 'passed', 'all files match their digests and are of an allowed format')
    : gate('security_scan', 'failed', problems.join('; '));
}

/** An assessment counts for what it looked at: one under another policy may have left out what this one asks for. */
function complianceGate(
  version: GatedVersion,
  { regulatoryFrameworks, complianceChecks }: Policy['security'],
  ages: Ages,
): GateResult {
  const result = evidenceGate(version, 'compliance', ages);
  if (result.status === 'not_assessed' && regulatoryFrameworks.length + complianceChecks.length === 0) {
    const advice =
      'name some under security.regulatory_frameworks or compliance_checks, or set promotion.require_compliance_check: false';
    return gate('compliance', 'not_assessed', `the policy names nothing to assess; ${advice}`);
  }
  const { frameworks, complianceChecks: made } = version.evidence.compliance?.detail ?? {};
  if (result.status !== 'passed' || !Array.isArray(frameworks) || !Array.isArray(made)) return result;
  const missing = [
    ...regulatoryFrameworks.filter((name) => !frameworks.includes(name)),
    ...complianceChecks.filter((name) => !made.includes(name)),
  ];
  if (missing.length === 0) return result;
  const message = `${result.message}, under a policy without ${missing.join(', ')}; assess it again with assessCompliance(...)`;
  return gate('compliance', 'not_assessed', message);
}

function evidenceGate({ evidence }: GatedVersion, kind: EvidenceKind, ages: Ages): GateResult {
  const found = evidence[kind];
  if (found === undefined) {
    const advice = kind === 'compliance' ? 'assess it with assessCompliance(...)' : 'add it with recordEvidence(...)';
    return gate(kind, 'not_assessed', `no ${kind} evidence is recorded; ${advice}`);
  }
  if (!found.passed && found.detail['verdict'] === 'inconclusive') {
    const advice =
      kind === 'compliance'
        ? 'give assessCompliance(...) what its checks lack, or attest to them'
        : 'bring more rows, or look yourself and record what you found with recordEvidence(...)';
    return gate(kind, 'not_assessed', `the ${kind} evidence of ${found.recordedAt} is inconclusive; ${advice}`);
  }
  const said = `recorded by ${found.recordedBy} at ${found.recordedAt}`;
  if (!found.passed) return gate(kind, 'failed', `the evidence ${said} says it failed`);
  const old = tooOld(kind, found, ages);
  if (old === undefined) return gate(kind, 'passed', said);
  const advice =
    kind === 'compliance'
      ? 'assess it again with assessCompliance(...)'
      : 'look again and record what you find with recordEvidence(...)';
  return gate(kind, 'not_assessed', `${old}; ${advice}`);
}

/**
 * Why passing evidence does not count any more; what failed stays failed however old it is. Names no age that grows from day to
 * day: approvals hold for the words of a gate.
 */
function tooOld(
  kind: EvidenceKind,
  { recordedBy, recordedAt, detail }: Evidence,
  { policy, now }: Ages,
): string | undefined {
  const { lastAt, days, key } = evidenceTerm(kind, Date.parse(recordedAt), policy);
  const said = `the ${kind} evidence recorded by ${recordedBy} at ${recordedAt}`;
  if (now > lastAt) return `${said} is more than ${days} days old (${key})`;
  // An assessment counts no longer than what it goes by.
  const { goodUntil } = detail;
  return kind === 'compliance' && typeof goodUntil === 'string' && now > Date.parse(goodUntil)
    ? `${said} goes by other evidence, which counted until ${goodUntil}`
    : undefined;
}

const gate = (name: GateName, status: GateStatus, message: string): GateResult => ({
  gate: name,
  status,
  message,
});
