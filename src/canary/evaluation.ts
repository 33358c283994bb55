import type { Plan } from '../governance/control-plane.js';
import type { Context } from '../runtime/context.js';
import type { Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import { deepFreeze } from '../util/freeze.js';
import { advise } from './advise.js';
import { type CanaryDecision, type StoredDeployment, deploymentsCollection, putDecision } from './deployment.js';
import { loadOpen } from './deployment-lookups.js';
import { decide } from './evidence/decide.js';
import type { DecisionInputs } from './evidence/decision-inputs.js';
import type { DeploymentStatistics } from './evidence/deployment-statistics.js';
import { noStatistics } from './evidence/merge-statistics.js';
import { requestsOfStep, settingsOf } from './live-statistics.js';
import { mergeReports, readReports } from './process-report.js';
import { readRouteState } from './route-state.js';

/** Below this many outcomes in the smaller arm the asymptotic intervals are not to be trusted. */
const minObservations = 1000;

/** Decides from everything every process has stored; the decision holds for the deployment as it was read. */
export async function planEvaluation(
  context: Context,
  storage: Storage,
  deploymentId: string,
  decisionId: string,
): Promise<Plan<CanaryDecision>> {
  const { value: deployment, version } = await loadOpen(storage, deploymentId);
  const { production } = await readRouteState(storage, deployment.modelName);
  const reports = await readReports(storage, deploymentId);
  const statistics = mergeReports(reports, noStatistics(deployment.task));
  const now = context.clock.now();
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
  });
  return {
    changes: [
      putDecision(decision),
      { kind: 'check', collection: deploymentsCollection, id: deploymentId, expect: version },
    ],
    result: decision,
    detail: { decisionId, verdict: decision.verdict, reason: decision.reason, action: decision.advice.action },
  };
}

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
