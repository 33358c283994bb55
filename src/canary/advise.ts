import type { Advice } from './advice.js';
import type { CanaryVerdict } from './evidence/canary-verdict.js';
import type { StoredDeployment } from './deployment.js';
import { currentStep } from './rollout.js';
import { adviseStep } from './rollout-steps.js';

/** Harm ends a rollout at once; proof promotes only from the last step, since no later step was tried. */
export function advise(
  deployment: StoredDeployment,
  { verdict, cause, reason }: Pick<CanaryVerdict, 'verdict' | 'cause' | 'reason'>,
  requests: number,
  now: number,
): Advice {
  const step = currentStep(deployment);
  if (step === undefined) return { action: 'wait', reason: `the deployment is ${deployment.status}` };
  if (verdict === 'rollback') return { action: 'rollback', reason };
  // Requests or labels are being lost: what is not sound does not count as evidence for a next step.
  if (cause === 'sample_ratio' || cause === 'label_join') return { action: 'wait', reason };
  const { plan, planned } = deployment;
  const advice = adviseStep({
    steps: plan,
    current: planned ?? undefined,
    elapsedMs: now - step.beganAt,
    requests,
  });
  if (advice.action === 'advance') return { action: 'advance', reason: advice.reason, step: advice.to };
  const isLast = planned === null || planned === plan.length - 1;
  return verdict === 'promote' && isLast ? { action: 'promote', reason } : { action: 'wait', reason: advice.reason };
}
