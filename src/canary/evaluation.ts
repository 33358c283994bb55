import type { Plan } from '../governance/control-plane.js';
import type { Context } from '../runtime/context.js';
import type { Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import { deepFreeze } from '../util/freeze.js';
import { advise } from './advise.js';
import { type DecisionInputs, decide } from './decision.js';
import { type CanaryDecision, type StoredDeployment, deploymentsCollection, putDecision } from './deployment.js';
import { loadOpen } from './deployment-lookups.js';
import { type StepStatistics, pool, requestsOfStep } from './live-statistics.js';
import { mergeReports, readReports } from './process-report.js';

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
  const statistics = mergeReports(await readReports(storage, deploymentId));
  const now = context.clock.now();
  const inputs = inputsOf(context, deployment, statistics);
  const verdict = decide(inputs);
  const decision: CanaryDecision = deepFreeze({
    decisionId,
    deploymentId,
    modelName: deployment.modelName,
    candidateVersion: deployment.candidateVersion,
    productionVersion: deployment.productionVersion,
    decidedAt: toIso(now),
    ...verdict,
    advice: advise(deployment, verdict, requestsOfStep(statistics, deployment.steps.at(-1)?.step ?? 0), now),
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

function inputsOf(context: Context, deployment: StoredDeployment, statistics: StepStatistics): DecisionInputs {
  const { evaluationMetrics, promotionThreshold, rollbackThreshold } = context.config.policy.canary;
  return {
    task: deployment.task,
    metrics: evaluationMetrics,
    promotionThreshold,
    rollbackThreshold,
    alpha: deployment.alpha,
    trafficFraction: deployment.trafficFraction,
    minObservations,
    ...pool(statistics),
  };
}
