import { MLOpsError } from '../errors.js';
import type { Advice } from './advice.js';
import type { CanaryVerdict } from './evidence/canary-verdict.js';
import type { CanaryDecision, StoredDeployment } from './deployment.js';
import { currentStep } from './rollout.js';
import { adviseStep } from './rollout-steps.js';
import { isServing } from './transitions.js';

/**
 * Harm ends a rollout at once; proof promotes only once the last step has lasted and seen enough, since the largest share is to
 * be tried as well.
 *
 * @param production the version in production now
 * @param maxTraffic the policy may allow less now than when the rollout was planned
 */
export function advise(
  deployment: StoredDeployment,
  production: string | undefined,
  { verdict, cause, reason }: Pick<CanaryVerdict, 'verdict' | 'cause' | 'reason'>,
  requests: number,
  now: number,
  maxTraffic: number,
): Advice {
  const step = currentStep(deployment);
  if (step === undefined) return { action: 'wait', reason: `the deployment is ${deployment.status}` };
  if (verdict === 'rollback') return { action: 'rollback', reason };
  if (production !== deployment.productionVersion) {
    return { action: 'wait', reason: sayReplaced(deployment, production) };
  }
  // Requests or labels are being lost: what is not sound does not count as evidence for a next step.
  if (cause === 'sample_ratio' || cause === 'label_join') return { action: 'wait', reason };
  const { plan, planned } = deployment;
  const advice = adviseStep({
    steps: plan,
    current: planned ?? undefined,
    elapsedMs: now - step.beganAt,
    requests,
  });
  if (advice.action === 'advance') {
    const { traffic } = plan[advice.to]!;
    const reason = `the next step, ${traffic} of the traffic, is above canary.max_canary_percentage (${maxTraffic})`;
    if (traffic > maxTraffic) return { action: 'wait', reason };
    return { action: 'advance', reason: advice.reason, step: advice.to };
  }
  const mayPromote = verdict === 'promote' && advice.action === 'complete';
  return mayPromote ? { action: 'promote', reason } : { action: 'wait', reason: advice.reason };
}

/** Somebody moved another version into production: routing has paused the canary since then. */
export const sayReplaced = (
  { candidateVersion, productionVersion }: Pick<StoredDeployment, 'candidateVersion' | 'productionVersion'>,
  production = 'none',
): string =>
  `${production} is in production now, and ${candidateVersion} was compared with ${productionVersion}; roll the canary back and begin another`;

/**
 * A promotion or a step is carried out on what was decided about: not when somebody has paused the canary or changed its
 * share meanwhile, or another process has begun the step.
 *
 * @throws MLOpsError `ILLEGAL_STATE`
 */
export function checkUnchanged(deployment: StoredDeployment, { decisionId, inputs }: CanaryDecision): void {
  const { deploymentId, status, steps } = deployment;
  if (isServing(status) && steps.length === inputs.steps.length) return;
  throw new MLOpsError(
    'ILLEGAL_STATE',
    `deployment ${deploymentId} was changed after decision ${decisionId}, which is not carried out; evaluate it anew`,
  );
}
