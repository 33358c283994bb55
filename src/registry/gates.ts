import type { Policy } from '../config/policy.js';
import type { EvidenceKind } from './evidence-kind.js';
import type { GateName, GateResult, GateStatus } from './gate-result.js';
import type { StoredVersion } from './model-record.js';

/** Result of looking at the stored bytes of a version. */
export interface ArtifactScan {
  readonly problems: readonly string[];
}

/** What gates look at. */
export type GatedVersion = Pick<StoredVersion, 'performanceMetrics' | 'evidence'>;

/**
 * Every gate the `promotion` policy asks for, evaluated; gates that are off are left out. Pure, so that a decision can
 * be recomputed from what was stored.
 */
export function evaluateGates(
  version: GatedVersion,
  task: 'regression' | 'classification',
  scan: ArtifactScan,
  promotion: Policy['promotion'],
): readonly GateResult[] {
  const results = [accuracyGate(version, task, promotion.minAccuracy), driftGate(version, promotion.maxDrift)];
  if (promotion.requireSecurityScan) results.push(scanGate(scan));
  if (promotion.requireExplainability) results.push(evidenceGate(version, 'explainability'));
  if (promotion.requireFeatureImportance) results.push(evidenceGate(version, 'feature_importance'));
  if (promotion.requireBiasTesting) results.push(evidenceGate(version, 'bias_testing'));
  if (promotion.requireComplianceCheck) results.push(evidenceGate(version, 'compliance'));
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

function driftGate({ evidence }: GatedVersion, maximum: number): GateResult {
  if (maximum >= 1) return gate('max_drift', 'passed', 'promotion.max_drift is 1: any drift is allowed');
  const score = evidence.drift?.detail['overallDriftScore'];
  if (typeof score !== 'number') {
    return gate(
      'max_drift',
      'not_assessed',
      'no drift check of this version is recorded; run detectDrift for it first',
    );
  }
  return score <= maximum
    ? gate('max_drift', 'passed', `drift ${score} is at most ${maximum}`)
    : gate('max_drift', 'failed', `drift ${score} is above promotion.max_drift ${maximum}`);
}

function scanGate({ problems }: ArtifactScan): GateResult {
  return problems.length === 0
    ? gate('security_scan', 'passed', 'all files match their digests and are of an allowed format')
    : gate('security_scan', 'failed', problems.join('; '));
}

function evidenceGate({ evidence }: GatedVersion, kind: EvidenceKind): GateResult {
  const found = evidence[kind];
  if (found === undefined) {
    return gate(kind, 'not_assessed', `no ${kind} evidence is recorded; add it with recordEvidence(...)`);
  }
  if (!found.passed && found.detail['verdict'] === 'inconclusive') {
    const advice = 'bring more rows, or look yourself and record what you found with recordEvidence(...)';
    return gate(kind, 'not_assessed', `the ${kind} evidence of ${found.recordedAt} is inconclusive; ${advice}`);
  }
  return found.passed
    ? gate(kind, 'passed', `recorded by ${found.recordedBy} at ${found.recordedAt}`)
    : gate(kind, 'failed', `the evidence recorded by ${found.recordedBy} at ${found.recordedAt} says it failed`);
}

const gate = (name: GateName, status: GateStatus, message: string): GateResult => ({
  gate: name,
  status,
  message,
});
