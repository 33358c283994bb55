import { toIso } from '../util/clock.js';
import type { DeploymentEvent, StoredDeployment } from './deployment.js';
import type { StepLog } from './evidence/decision-inputs.js';
import { type DeploymentAction, hasEnded, isServing, nextStatus } from './transitions.js';

/** When, by whom and why. */
export interface Said {
  /** UTC milliseconds. */
  readonly at: number;
  readonly by: string;
  readonly onBehalfOf?: string | undefined;
  readonly reason?: string | undefined;
}

/** Another share for the candidate; `planned` is the index of the planned step it belongs to. */
export interface ShareChange {
  readonly trafficFraction: number;
  readonly planned: number | null;
}

/** What a deployment begins with. */
export type NewDeployment = Omit<
  StoredDeployment,
  'status' | 'trafficFraction' | 'planned' | 'steps' | 'createdAt' | 'endedAt' | 'endReason' | 'history'
>;

/** A deployment in its first planned step. */
export function beginDeployment(deployment: NewDeployment, said: Said): StoredDeployment {
  const trafficFraction = deployment.plan[0]!.traffic;
  const status = trafficFraction === 0 ? 'shadow' : 'active';
  const begun: StoredDeployment = {
    ...deployment,
    status,
    trafficFraction,
    planned: 0,
    steps: [],
    createdAt: said.at,
    endedAt: null,
    endReason: null,
    history: [],
  };
  return { ...begun, steps: [stepOf(begun, 0, said.at)], history: [eventOf(begun, 'begin', said)] };
}

/**
 * The deployment after an action.
 *
 * @throws MLOpsError `ILLEGAL_STATE` when the table of transitions does not have it
 */
export function act(
  deployment: StoredDeployment,
  action: DeploymentAction,
  said: Said,
  share: ShareChange = deployment,
): StoredDeployment {
  const status = nextStatus(deployment.deploymentId, deployment.status, action, share.trafficFraction);
  const { trafficFraction, planned } = share;
  const after: StoredDeployment = {
    ...deployment,
    status,
    trafficFraction,
    planned,
    ...(hasEnded(status) && { endedAt: said.at, endReason: said.reason ?? null }),
  };
  const last = after.steps.at(-1);
  return {
    ...after,
    // A pause ends a step: the time and the evidence a step needs are counted from when requests flow again.
    steps: isServing(status) ? [...after.steps, stepOf(after, (last?.step ?? -1) + 1, said.at)] : after.steps,
    history: [...after.history, eventOf(after, action, said)],
  };
}

/** The step in force, while requests are routed or scored. */
export const currentStep = ({ status, steps }: StoredDeployment): StepLog | undefined =>
  isServing(status) ? steps.at(-1) : undefined;

function stepOf({ status, trafficFraction, shadowFraction }: StoredDeployment, step: number, beganAt: number): StepLog {
  return status === 'shadow'
    ? { step, mode: 'shadow', share: shadowFraction, beganAt }
    : { step, mode: 'split', share: trafficFraction, beganAt };
}

function eventOf(
  { status, trafficFraction }: StoredDeployment,
  action: DeploymentEvent['action'],
  { at, by, onBehalfOf, reason }: Said,
): DeploymentEvent {
  return {
    at: toIso(at),
    action,
    status,
    trafficFraction,
    by,
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    ...(reason !== undefined && { reason }),
  };
}
