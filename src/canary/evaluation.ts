import type { Plan } from '../governance/control-plane.js';
import type { Context } from '../runtime/context.js';
import type { Change, Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import { deepFreeze } from '../util/freeze.js';
import { advise } from './advise.js';
import {
  type CanaryDecision,
  type StoredDeployment,
  decisionsCollection,
  deploymentsCollection,
  putDecision,
} from './deployment.js';
import { loadOpen } from './deployment-lookups.js';
import { decide } from './evidence/decide.js';
import type { DecisionInputs } from './evidence/decision-inputs.js';
import type { DeploymentStatistics } from './evidence/deployment-statistics.js';
import { requestsOfStep, settingsOf } from './live-statistics.js';
import { gatherOutcomes } from './gathered-outcomes.js';
import { readRouteState } from './route-state.js';

/** Below this many outcomes in the smaller arm the asymptotic intervals are not to be trusted. */
const minObservations = 1000;

/**
 * Decides from everything every process has stored; the decision holds for the deployment as it was read.
 *
 * @param isAutomatic on a schedule: of many such decisions that say the same, some are kept
 */
export async function planEvaluation(
  context: Context,
  storage: Storage,
  deploymentId: string,
  decisionId: string,
  isAutomatic: boolean,
): Promise<Plan<CanaryDecision>> {
  const { value: deployment, version } = await loadOpen(storage, deploymentId);
  const { production } = await readRouteState(storage, deployment.modelName);
  const now = context.clock.now();
  const { statistics, changes } = await gatherOutcomes(storage, deployment, now);
  const inputs = inputsOf(context, deployment, statistics, now);
  const verdict = decide(inputs);
  const requests = requestsOfStep(statistics, deployment.steps.at(-1)!.step);
  const decision: CanaryDecision = deepFreeze({
    decisionId,
    deploymentId,
    modelName: deployment.modelName,
    candidateVersion: deployment.candidateVersion,
    productionVersion: deployment.productionVersion,
    decidedAt: toIso(now),
    ...verdict,
    advice: advise(deployment, production, verdict, requests, now, context.config.policy.canary.maxCanaryPercentage),
    inputs,
    policyDigest: context.config.digest,
    ...(isAutomatic && { isAutomatic }),
  });
  return {
    changes: [
      putDecision(decision),
      ...changes,
      ...(await dropSuperseded(storage, deployment, decision)),
      { kind: 'check', collection: deploymentsCollection, id: deploymentId, expect: version },
    ],
    result: decision,
    detail: { decisionId, verdict: decision.verdict, reason: decision.reason, action: decision.advice.action },
  };
}

/** Decisions that say the same are kept an hour apart, and closer in a canary that is young: a twentieth of its age. */
const farthestApartMs = 3_600_000;
const apartOfAge = 1 / 20;

/**
 * Automatic mode decides every few seconds for weeks, and a decision is some 20 kB. So where the last two decisions say what
 * this one says, the last goes, as long as what is kept is not too far apart. The first that says something stays.
 */
async function dropSuperseded(
  storage: Storage,
  { deploymentId, createdAt }: StoredDeployment,
  decision: CanaryDecision,
): Promise<readonly Change[]> {
  if (decision.isAutomatic !== true || decision.advice.action !== 'wait') return [];
  const { records } = await storage.query(decisionsCollection, {
    where: { field: 'deploymentId', op: 'eq', value: deploymentId },
    orderBy: [{ field: 'decidedAt', direction: 'desc' }],
    limit: 2,
  });
  const [last, kept] = records.map(({ value }) => value as unknown as CanaryDecision);
  if (last?.isAutomatic !== true || !saySame(last, decision) || kept === undefined || !saySame(kept, decision))
    return [];
  const { now } = decision.inputs;
  const apartMs = now - kept.inputs.now;
  if (apartMs > Math.min(farthestApartMs, apartOfAge * (now - createdAt))) return [];
  return [{ kind: 'delete', collection: decisionsCollection, id: last.decisionId, expect: records[0]!.version }];
}

const saySame = (one: CanaryDecision, other: CanaryDecision): boolean =>
  one.verdict === other.verdict &&
  one.cause === other.cause &&
  one.advice.action === other.advice.action &&
  one.inputs.steps.length === other.inputs.steps.length &&
  one.policyDigest === other.policyDigest;

function inputsOf(
  context: Context,
  deployment: StoredDeployment,
  statistics: DeploymentStatistics,
  now: number,
): DecisionInputs {
  const { evaluationMetrics, promotionThreshold, rollbackThreshold, evaluationWindowHours, ...policy } =
    context.config.policy.canary;
  const { maxPredictions, maxValue, maxErrors } = policy;
  const { alpha, labelWindowMs, steps, status, history } = deployment;
  const halt = status === 'halted' ? history.find(({ action }) => action === 'halt') : undefined;
  return {
    version: 1,
    rules: 2,
    metrics: evaluationMetrics,
    promotionThreshold,
    rollbackThreshold,
    alpha,
    minObservations,
    now,
    evaluationWindowMs: evaluationWindowHours * 3_600_000,
    labelWindowMs,
    settings: settingsOf(deployment),
    limits: { maxPredictions, maxValue, maxErrors },
    steps,
    halt: halt === undefined ? null : { by: halt.by, reason: halt.reason ?? 'no reason given' },
    statistics,
  };
}
