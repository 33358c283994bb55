import type { StoredDeployment } from '../../canary/deployment.js';
import type { Policy } from '../../config/policy.js';
import type { DriftReport } from '../../drift/drift-report.js';
import { sayChange } from '../../governance/policy/safeguards.js';
import type { StoredPolicy } from '../../governance/policy/stored-policy.js';
import type { PerformanceReport } from '../../retraining/performance/performance-report.js';
import type { StoredRefusal } from '../../retraining/refusals.js';
import type { StoredRetraining } from '../../retraining/retraining-record.js';
import type { HealthReport } from '../health/health-report.js';
import { toIso } from '../../util/clock.js';
import type { AlertSeverity } from './alert.js';
import type { Finding } from './finding.js';

type Monitoring = Policy['monitoring'];

/** Drifted is bad, and critical from `critical_drift_threshold`; stable is good. */
export function driftFinding(report: DriftReport, monitoring: Monitoring): Finding | undefined {
  const { verdict, modelName, reportId, driftedFeatures } = report;
  if (!monitoring.alertOnDrift || (verdict !== 'drifted' && verdict !== 'stable')) return undefined;
  const drifted = report.columns.filter((column) => column.verdict === 'drifted');
  const largest = Math.max(0, ...drifted.map(({ distance }) => distance?.value ?? 0));
  const isCritical = verdict === 'drifted' && largest >= monitoring.criticalDriftThreshold;
  return {
    key: `drift/${modelName}`,
    source: 'drift',
    state: verdict === 'drifted' ? 'bad' : 'good',
    severity: isCritical ? 'critical' : 'warning',
    modelName,
    title: verdict === 'drifted' ? `${modelName}: the data drifted` : `${modelName}: the data is stable`,
    message: drifted.map(({ message }) => message).join('; ') || 'no column drifted',
    evidence: { reportId, verdict, driftedFeatures, largestDistance: largest },
    evidenceId: reportId,
    evidenceAt: Date.parse(report.createdAt),
  };
}

const performanceStates = {
  dropped: ['bad', ': performance dropped'],
  held: ['good', ': performance holds'],
  inconclusive: ['unclear', ' is in production now'],
  not_assessed: ['unclear', ' is in production now'],
} as const;

/** A drop that is proved is bad; performance that is proved to hold is good. What was said of a version ends with it. */
export function performanceFinding(report: PerformanceReport, monitoring: Monitoring): Finding | undefined {
  const { verdict, modelName, modelVersion, reportId, reason } = report;
  if (!monitoring.alertOnPerformanceDrop) return undefined;
  const [state, said] = performanceStates[verdict];
  return {
    key: `performance/${modelName}`,
    source: 'performance',
    state,
    severity: 'critical',
    modelName,
    title: `${modelName} ${modelVersion}${said}`,
    message: reason,
    evidence: { reportId, verdict, modelVersion },
    evidenceId: reportId,
    evidenceAt: Date.parse(report.createdAt),
  };
}

/** A model's latest canary: rolled back or halted is bad, promoted is good; one that is under way is neither. */
export function canaryFinding(deployment: StoredDeployment, monitoring: Monitoring): Finding | undefined {
  const { deploymentId, modelName, candidateVersion, status, history, endReason } = deployment;
  if (!monitoring.alertOnCanaryEnd) return undefined;
  if (status !== 'rolled_back' && status !== 'halted' && status !== 'promoted') return undefined;
  const said = { rolled_back: 'was rolled back', halted: 'was halted', promoted: 'was promoted' }[status];
  return {
    key: `canary/${modelName}`,
    source: 'canary',
    state: status === 'promoted' ? 'good' : 'bad',
    severity: status === 'halted' ? 'critical' : 'warning',
    modelName,
    title: `${modelName}: the canary of ${candidateVersion} ${said}`,
    message: endReason ?? history.at(-1)?.reason ?? 'no reason was given',
    evidence: { deploymentId, candidateVersion, status },
    evidenceId: `${deploymentId}/${status}`,
    evidenceAt: deployment.createdAt,
  };
}

/** A model's latest retraining: failed is bad, an end with a result is good. */
export function retrainingFinding(retraining: StoredRetraining, monitoring: Monitoring): Finding | undefined {
  const { retrainingId, status, error, plan } = retraining;
  if (!monitoring.alertOnRetrainingFailure) return undefined;
  if (status !== 'failed' && status !== 'registered' && status !== 'rejected') return undefined;
  return {
    key: `retraining/${plan.modelName}`,
    source: 'retraining',
    state: status === 'failed' ? 'bad' : 'good',
    severity: 'warning',
    modelName: plan.modelName,
    title: `${plan.modelName}: the retraining ${status === 'failed' ? 'failed' : `ended (${status})`}`,
    message: error ?? `retraining ${retrainingId} ended: ${status}`,
    evidence: { retrainingId, status },
    evidenceId: `${retrainingId}/${status}`,
    evidenceAt: retraining.startedAt,
  };
}

/** A retraining that something asked for and that could not begin, since the model's latest one began. */
export function refusalFinding(refusal: StoredRefusal, monitoring: Monitoring): Finding | undefined {
  const { refusalId, modelName, trigger, error, since, at } = refusal;
  if (!monitoring.alertOnRetrainingFailure) return undefined;
  return {
    key: `retraining/${modelName}`,
    source: 'retraining',
    state: 'bad',
    severity: 'warning',
    modelName,
    title: `${modelName}: a retraining could not begin`,
    message: error,
    evidence: { trigger, since: toIso(since) },
    evidenceId: `${refusalId}/refused`,
    evidenceAt: at,
  };
}

/** Degraded is a warning, unhealthy is critical, healthy is good. */
export function healthFinding(report: HealthReport, checkId: string, monitoring: Monitoring): Finding | undefined {
  if (!monitoring.alertOnHealthIssues) return undefined;
  const troubled = report.checks.filter(({ status }) => status === 'degraded' || status === 'unhealthy');
  const severity: AlertSeverity = report.status === 'unhealthy' ? 'critical' : 'warning';
  return {
    key: 'health',
    source: 'health',
    state: report.status === 'healthy' ? 'good' : 'bad',
    severity,
    modelName: null,
    title: `health: ${report.status}`,
    message: troubled.map(({ name, reason }) => `${name}: ${reason}`).join('; ') || 'every check passed',
    evidence: { status: report.status, checks: troubled.map(({ name, status }) => ({ name, status })) },
    evidenceId: checkId,
  };
}

/** A policy that was made weaker is critical, whatever it says itself of alerts; one that is as strict as before is good. */
export function policyFinding({ safeguards, recordId, weakened }: StoredPolicy): Finding | undefined {
  if (recordId === null) return undefined;
  const { environment } = safeguards;
  const changes = weakened?.changes ?? [];
  return {
    key: `policy/${environment}`,
    source: 'policy',
    state: weakened === null ? 'good' : 'bad',
    severity: 'critical',
    modelName: null,
    title: `the policy for ${environment} ${weakened === null ? 'is as strict as before' : 'was made weaker'}`,
    message: changes.map(sayChange).join('; ') || 'what was weakened was taken back',
    evidence: { recordId: weakened?.recordId ?? recordId, keys: [...new Set(changes.map(({ key }) => key))] },
    evidenceId: weakened?.recordId ?? recordId,
  };
}
