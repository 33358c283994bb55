import { evidenceTerm, sayAge } from '../../registry/evidence-age.js';
import { isOverdue } from '../../registry/inventory/finding.js';
import type { ChallengeResult } from '../../retraining/retrain-result.js';
import { toIso } from '../../util/clock.js';
import { aged, until } from './aged.js';
import { type ComplianceCheck, type Finding, judged, met, notAssessed, notMet } from './check.js';
import type { ComplianceFacts } from './facts.js';
import { reviewCadence } from './review.js';

/** Model risk management: SR 26-2 and SS1/23. */
export const modelRiskChecks: readonly ComplianceCheck[] = [
  check('model_risk.inventory', 'inventory and tiering; SS1/23 principle 1', inventory),
  check('model_risk.orphans', 'inventory; SS1/23 principle 1.2', orphans),
  check('model_risk.review_cadence', 'validation; SS1/23 principle 4', reviewCadence),
  check('model_risk.effective_challenge', 'effective challenge; SS1/23 principle 4', effectiveChallenge),
  check('model_risk.ongoing_monitoring', 'ongoing monitoring; SS1/23 principle 4.4', ongoingMonitoring),
  check('model_risk.findings', 'governance; SS1/23 principle 2', findings),
];

function check(name: ComplianceCheck['check'], reference: string, assess: ComplianceCheck['assess']): ComplianceCheck {
  return { check: name, frameworks: ['SR 26-2', 'SS1/23'], reference, assess };
}

function inventory({ entry }: ComplianceFacts): Finding {
  if (entry === undefined) return notMet('the model is not in the inventory; describe it with inventory.describe(...)');
  const { tier, owner, purpose, measures, describedAt, describedBy } = entry;
  const said = { tier, owner, purpose, measures, describedAt: toIso(describedAt), describedBy };
  return met(`tier ${tier}, owned by ${owner}`, said);
}

function orphans({ orphans: found }: ComplianceFacts): Finding {
  return judged(found.length === 0, `${found.length} models in production are not in the inventory`, {
    orphans: found,
  });
}

/** Decisions that a report names, the latest. */
const mostNamed = 20;

/** Something else was held against the model: its champion, or production in a canary. */
function effectiveChallenge(facts: ComplianceFacts): Finding {
  const { retraining, decisions, version } = facts;
  const step = retraining?.steps.find(({ name }) => name === 'compare');
  // Where nothing was in production yet, the step only has the challenger's own metrics.
  const hadChampion = (step?.output as Partial<ChallengeResult> | undefined)?.championVersion !== undefined;
  const compared = hadChampion ? step : undefined;
  const decided = decisions.filter(({ verdict }) => verdict !== 'hold');
  if (compared === undefined && decided.length === 0) {
    return notAssessed('no comparison with a challenger is recorded: neither a retraining nor a decided canary');
  }
  const found = met('it was compared with another version', {
    championVersion: version.origin?.championVersion,
    retrainingId: retraining?.retrainingId,
    comparison: compared?.output,
    decided: decided.length,
    decisions: decided.slice(-mostNamed).map(({ decisionId, verdict, productionVersion }) => ({
      decisionId,
      verdict,
      productionVersion,
    })),
  });
  const madeAt = decided.reduce(
    (latest, { decidedAt }) => Math.max(latest, Date.parse(decidedAt)),
    compared?.endedAt ?? -Infinity,
  );
  return aged(found, { kind: 'challenge', what: 'the last comparison', madeAt }, facts);
}

/** Watching must go on: that nobody did for longer than the policy allows is not met, where other old evidence is not assessed. */
function ongoingMonitoring({ version, policy, now }: ComplianceFacts): Finding {
  const { drift } = version.evidence;
  if (drift === undefined) return notAssessed('no drift check of the version is recorded');
  const { recordedAt, passed } = drift;
  const isInconclusive = passed && drift.detail['verdict'] === 'inconclusive';
  const { lastAt, days, key } = evidenceTerm('drift', Date.parse(recordedAt), policy.compliance.maxEvidenceAgeDays);
  const evidence = { recordedAt, passed, ...drift.detail, withinDays: days };
  if (now > lastAt) {
    const age = sayAge(Date.parse(recordedAt), now);
    return notMet(
      `the last drift check, of ${recordedAt}, is ${age} old; one is due every ${days} days (${key})`,
      evidence,
    );
  }
  if (isInconclusive) return notAssessed('the last drift check was inconclusive: bring more rows', evidence);
  return until(judged(passed, passed ? 'watched, and not drifted' : 'it drifted', evidence), lastAt);
}

function findings({ findings: all, now }: ComplianceFacts): Finding {
  const open = all.filter(({ status }) => status === 'open');
  const overdue = open.filter((finding) => isOverdue(finding, now));
  const said = open.map(({ findingId, severity, title, dueAt }) => ({
    findingId,
    severity,
    title,
    dueAt: toIso(dueAt),
  }));
  const message = `${open.length} findings are open, ${overdue.length} of them past their dates`;
  return judged(overdue.length === 0, message, { open: said, overdue: overdue.map(({ findingId }) => findingId) });
}
