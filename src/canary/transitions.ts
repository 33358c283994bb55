import { MLOpsError } from '../errors.js';

/**
 * - `shadow`: both versions score, production answers.
 * - `active`: the candidate answers its share.
 * - `paused`: production answers everything until somebody resumes.
 * - `halted`: production answers everything for good; only a rollback remains.
 * - `promoted`, `rolled_back`: ended.
 */
export type DeploymentStatus = 'shadow' | 'active' | 'paused' | 'halted' | 'promoted' | 'rolled_back';

/** What can be done to a deployment. `adjust` gives it another share of the traffic. */
export type DeploymentAction = 'adjust' | 'pause' | 'resume' | 'promote' | 'rollback' | 'halt';

/** `serve` stands for `active`, or `shadow` where the share is zero. */
const table: Readonly<
  Record<DeploymentStatus, Readonly<Partial<Record<DeploymentAction, DeploymentStatus | 'serve'>>>>
> = {
  shadow: { adjust: 'serve', pause: 'paused', promote: 'promoted', rollback: 'rolled_back', halt: 'halted' },
  active: { adjust: 'serve', pause: 'paused', promote: 'promoted', rollback: 'rolled_back', halt: 'halted' },
  paused: { adjust: 'paused', resume: 'serve', promote: 'promoted', rollback: 'rolled_back', halt: 'halted' },
  halted: { rollback: 'rolled_back' },
  promoted: {},
  rolled_back: {},
};

export const deploymentStatuses = Object.keys(table);

/** Whether requests may be routed or scored for a deployment in this status. */
export const isServing = (status: DeploymentStatus): boolean => status === 'shadow' || status === 'active';

/** Whether nothing can happen to it any more. */
export const hasEnded = (status: DeploymentStatus): boolean => Object.keys(table[status]).length === 0;

/**
 * The status after an action.
 *
 * @param trafficFraction the share of the traffic after the action; 0 is shadow mode
 * @throws MLOpsError `ILLEGAL_STATE` that says what is possible instead
 */
export function nextStatus(
  deploymentId: string,
  status: DeploymentStatus,
  action: DeploymentAction,
  trafficFraction: number,
): DeploymentStatus {
  const next = table[status][action];
  if (next === undefined) {
    const possible = Object.keys(table[status]).join(', ');
    const hint = possible === '' ? 'it has ended' : `possible are ${possible}`;
    throw new MLOpsError('ILLEGAL_STATE', `deployment ${deploymentId} is ${status} and cannot ${action}; ${hint}`);
  }
  return next === 'serve' ? (trafficFraction === 0 ? 'shadow' : 'active') : next;
}
