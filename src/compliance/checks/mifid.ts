import { addMonths } from '../../registry/inventory/review-dates.js';
import type { GateResult } from '../../registry/gate-result.js';
import { ModelStage } from '../../registry/stage.js';
import { evidenceKinds } from '../../registry/evidence-kind.js';
import { toIso } from '../../util/clock.js';
import { until } from './aged.js';
import { type ComplianceCheck, type Finding, judged, notAssessed } from './check.js';
import type { ComplianceFacts, DecisionFacts } from './facts.js';

const records = 'Reg. 2017/565 Art. 72, MiFIR Art. 25';

/** MiFID II: algorithmic trading (RTS 6) and record keeping (Regulation 2017/565). */
export const mifidChecks: readonly ComplianceCheck[] = [
  check('mifid.change_record', 'RTS 6 Art. 5', changeRecord),
  check('mifid.test_environment', 'RTS 6 Art. 7', testEnvironment),
  check('mifid.controlled_deployment', 'RTS 6 Art. 8', controlledDeployment),
  check('mifid.annual_report', 'RTS 6 Art. 9', annualReport),
  check('mifid.kill_functionality', 'RTS 6 Art. 12', killFunctionality),
  { check: 'mifid.record_keeping', frameworks: ['MiFID II'], reference: records, assess: recordKeeping },
];

function check(name: ComplianceCheck['check'], reference: string, assess: ComplianceCheck['assess']): ComplianceCheck {
  return { check: name, frameworks: ['MiFID II'], reference, measures: ['trading'], assess };
}

/** Every entry into production says what, who, when, and that the gates were looked at; a quorum where the policy asks. */
function changeRecord({ history, version, approvals, policy }: ComplianceFacts): Finding {
  const entries = history.filter(
    (event) => event.version === version.version && event.to === ModelStage.PRODUCTION && event.from !== undefined,
  );
  if (entries.length === 0) return notAssessed('the version has not entered production');
  const isRecorded = entries.every(
    ({ by, reason, gates }) => by !== '' && (gates !== undefined || reason !== undefined),
  );
  const executed = approvals.filter(({ closed }) => closed?.as === 'executed').map(({ requestId }) => requestId);
  // Of every entry that went past gates: a rollback has none, and needs nobody's approval.
  const isApproved =
    policy.promotion.requiredApprovals === 0 ||
    entries.every(({ gates = [] }) => gates.length === 0 || gates.some(isApproval));
  const evidence = {
    entries: entries.map(({ at, by, reason }) => ({ at, by, reason })),
    digest: version.digest,
    executed,
  };
  const message = isApproved
    ? `${entries.length} changes of production are recorded with who and when, and why or past which gates`
    : 'it entered production without the approvals that the policy asks for';
  return judged(isRecorded && isApproved, message, evidence);
}

const isApproval = ({ gate, status }: GateResult): boolean => gate === 'approval' && status === 'passed';

function testEnvironment({ version }: ComplianceFacts): Finding {
  const made = evidenceKinds.flatMap((kind) => {
    const found = version.evidence[kind];
    return found === undefined || kind === 'drift' || kind === 'compliance'
      ? []
      : [{ kind, environment: found.environment ?? 'unknown', recordedAt: found.recordedAt }];
  });
  if (made.length === 0) return notAssessed('no test evidence is recorded');
  if (made.some(({ environment }) => environment === 'unknown')) {
    return notAssessed('older evidence does not say where it was made', { made });
  }
  const isMet = made.every(({ environment }) => environment !== 'production');
  return judged(isMet, isMet ? 'no test was made in production' : 'tests were made in production', { made });
}

/** A canary with limits set before. */
function controlledDeployment({ deployments, decisions, policy }: ComplianceFacts): Finding {
  if (deployments.length === 0) return notAssessed('the version was never a canary');
  // Each set of limits once, with the first decision made under it: there may be thousands.
  const sets = new Map<string, DecisionFacts>();
  for (const one of decisions) {
    const { maxPredictions: predictions, maxValue: value, maxErrors: errors } = one.limits;
    const key = JSON.stringify([predictions, value, errors]);
    if (!sets.has(key)) sets.set(key, one);
  }
  const limits = [...sets.values()].map(({ decisionId, limits: set }) => ({ decisionId, ...set }));
  const { maxPredictions, maxValue, maxErrors } = policy.canary;
  const hasLimits = (set: {
    maxPredictions: number | null;
    maxValue: number | null;
    maxErrors: number | null;
  }): boolean => set.maxPredictions !== null && set.maxValue !== null && set.maxErrors !== null;
  const now = { maxPredictions, maxValue, maxErrors };
  const isMet = limits.length > 0 ? limits.every(hasLimits) : hasLimits(now);
  const evidence = {
    deployments: deployments.map(({ deploymentId, status, steps }) => ({
      deploymentId,
      status,
      shares: steps.map(({ share }) => share),
    })),
    limits: limits.length > 0 ? limits : [now],
  };
  if (isMet && limits.length === 0) {
    // Those of the policy now may be younger than the canary.
    return notAssessed('nothing was decided on its canaries, so that no limits of theirs are recorded', evidence);
  }
  const message = isMet
    ? 'canaries had limits of number, value and errors'
    : 'a limit is missing: set canary.max_predictions, max_value and max_errors before a canary begins';
  return judged(isMet, message, evidence);
}

function annualReport({ reports, now }: ComplianceFacts): Finding {
  const last = reports.findLast(({ status }) => status === 'signed');
  if (last === undefined) return notAssessed('no yearly report was signed by all three functions');
  const signedAt = last.signatures.at(-1)!.at;
  const due = addMonths(Date.parse(signedAt), 12);
  const { reportId, year, digest, signatures } = last;
  const message = `the report of ${year} was signed by three; the next is due on ${toIso(due)}`;
  return until(judged(due > now, message, { reportId, digest, signatures, nextDueAt: toIso(due) }), due - 1);
}

function killFunctionality({ drills, policy, now }: ComplianceFacts): Finding {
  const last = drills.at(-1);
  if (last === undefined) return notAssessed('no halt was drilled; see inventory.drills.run(...)');
  const limit = policy.compliance.maxHaltMs;
  const due = addMonths(Date.parse(last.at), 12);
  const isRecent = due > now;
  const isMet = last.isHalted && last.latencyMs <= limit && isRecent;
  const message = `halting took ${last.latencyMs} ms on ${last.at}; at most ${limit} ms, once a year`;
  const caveats = ['measured in one process; others follow within a second'];
  return until(judged(isMet, message, { ...last, limit }, caveats), due - 1);
}

/** With MiFID II among the frameworks records stay for five years, whatever the policy says. */
function recordKeeping({ audit, policy }: ComplianceFacts): Finding {
  const days = Math.max(policy.security.auditLogRetentionDays, 1_827);
  const message = `the audit trail is ${audit.status} over ${audit.records} records, which stay for ${days} days at least`;
  return judged(audit.status === 'ok', message, { ...audit, days }, [
    'whoever can write the store and holds every anchor can rewrite history',
  ]);
}
