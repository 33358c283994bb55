import type { GateResult } from '../registry/gate-result.js';
import type { Change } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import type { JsonValue } from '../util/json.js';
import type { CanaryVerdict } from './evidence/canary-verdict.js';
import type { DecisionInputs, StepLog } from './evidence/decision-inputs.js';
import type { EvidenceSettings } from './evidence/evidence-settings.js';
import type { Advice } from './advice.js';
import type { PlannedStep } from './rollout-steps.js';
import type { DeploymentAction, DeploymentStatus } from './transitions.js';

export const deploymentsCollection = 'deployments';
export const decisionsCollection = 'canary_decisions';

/** What happened to a deployment, and what held from then on. */
export interface DeploymentEvent {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly action: 'begin' | DeploymentAction;
  readonly status: DeploymentStatus;
  /** Share of requests that the candidate answers while the status is `active`; 0 is shadow mode. */
  readonly trafficFraction: number;
  readonly by: string;
  readonly onBehalfOf?: string;
  readonly reason?: string;
}

export interface StoredDeployment {
  readonly deploymentId: string;
  readonly modelName: string;
  readonly candidateVersion: string;
  readonly productionVersion: string;
  readonly status: DeploymentStatus;
  /** Share of requests that goes to the candidate, in [0, 1); 0 is shadow mode. */
  readonly trafficFraction: number;
  /** In shadow mode, the share of requests that both versions score, in (0, 1]. */
  readonly shadowFraction: number;
  /** The steps of the rollout. */
  readonly plan: readonly PlannedStep[];
  /** Index of the planned step under way; null when the share was chosen by hand. */
  readonly planned: number | null;
  /** Every share that was in force, in order. */
  readonly steps: readonly StepLog[];
  /** Makes this deployment's assignment independent of all others. */
  readonly salt: string;
  /** Name of the function that assigns keys; see bucketing.ts. */
  readonly bucketing: string;
  readonly alpha: number;
  readonly task: 'regression' | 'classification';
  /** How long after a request its label may come, milliseconds; 0: with the outcome. */
  readonly labelWindowMs: number;
  /** What outcomes are held against; see `EvidenceSettings`. */
  readonly budgets: Pick<EvidenceSettings, 'latencyBudgetMs' | 'missBudget' | 'lossBound'>;
  /** Column whose value is a request's segment unless the request names one. */
  readonly segmentColumn: string | null;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly onBehalfOf: string | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly history: readonly DeploymentEvent[];
}

/** A canary deployment as a caller sees it. */
export interface CanaryDeployment {
  readonly deploymentId: string;
  readonly modelName: string;
  readonly candidateVersion: string;
  readonly productionVersion: string;
  readonly status: DeploymentStatus;
  /** Share of requests that goes to the candidate, in [0, 1); 0 is shadow mode. */
  readonly trafficFraction: number;
  /** The steps of the rollout, and which of them is under way (counted from 0; absent when a share was chosen by hand). */
  readonly plan: readonly PlannedStep[];
  readonly planned?: number;
  /** Everything that happened to it, oldest first. */
  readonly history: readonly DeploymentEvent[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly onBehalfOf?: string;
  readonly endedAt?: string;
  readonly endReason?: string;
}

/** A verdict on a canary with everything needed to compute it again. */
export interface CanaryDecision extends CanaryVerdict {
  readonly decisionId: string;
  readonly deploymentId: string;
  readonly modelName: string;
  readonly candidateVersion: string;
  readonly productionVersion: string;
  /** ISO 8601, UTC. */
  readonly decidedAt: string;
  /** What an automatic rollout makes of it. */
  readonly advice: Advice;
  readonly inputs: DecisionInputs;
  readonly policyDigest: string;
  /** Made by automatic mode: of many in a row that say the same, some are kept. */
  readonly isAutomatic?: boolean;
  /** Gates that refused the promotion it advised, when it was to be carried out: told of then, and not stored with it. */
  readonly failures?: readonly GateResult[];
}

export function viewDeployment(stored: StoredDeployment): CanaryDeployment {
  const { onBehalfOf, endedAt, endReason } = stored;
  return Object.freeze({
    deploymentId: stored.deploymentId,
    modelName: stored.modelName,
    candidateVersion: stored.candidateVersion,
    productionVersion: stored.productionVersion,
    status: stored.status,
    trafficFraction: stored.trafficFraction,
    plan: stored.plan,
    ...(stored.planned !== null && { planned: stored.planned }),
    history: stored.history,
    createdAt: toIso(stored.createdAt),
    createdBy: stored.createdBy,
    ...(onBehalfOf !== null && { onBehalfOf }),
    ...(endedAt !== null && { endedAt: toIso(endedAt) }),
    ...(endReason !== null && { endReason }),
  });
}

/**
 * The deployment in a record. Version 0.1.0 kept none of its steps and events: it went at one share from its beginning on.
 * Its requests cannot be assigned any more (see bucketing.ts), so that production answers them; it can be ended.
 */
export function storedDeployment(value: JsonValue): StoredDeployment {
  const stored = value as unknown as StoredDeployment;
  if ((stored.history as unknown) !== undefined) return stored;
  const { trafficFraction, createdAt, createdBy, onBehalfOf, endedAt, endReason, status } = stored;
  const begun: DeploymentEvent = {
    at: toIso(createdAt),
    action: 'begin',
    status: 'active',
    trafficFraction,
    by: createdBy,
    ...(onBehalfOf !== null && { onBehalfOf }),
  };
  const ended = endedAt !== null && {
    at: toIso(endedAt),
    action: status === 'promoted' ? ('promote' as const) : ('rollback' as const),
    status,
    trafficFraction,
    by: 'not recorded',
    reason: endReason ?? 'not recorded',
  };
  return {
    ...stored,
    shadowFraction: 1,
    plan: [{ traffic: trafficFraction, minMs: 0, minRequests: 0 }],
    planned: 0,
    steps: [{ step: 0, mode: 'split', share: trafficFraction, beganAt: createdAt }],
    labelWindowMs: 0,
    budgets: { latencyBudgetMs: null, missBudget: null, lossBound: null },
    segmentColumn: null,
    history: ended === false ? [begun] : [begun, ended],
  };
}

export const putDeployment = (deployment: StoredDeployment, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: deploymentsCollection,
  id: deployment.deploymentId,
  value: deployment as unknown as JsonValue,
  index: {
    modelName: deployment.modelName,
    status: deployment.status,
    createdAt: deployment.createdAt,
    candidateVersion: deployment.candidateVersion,
    productionVersion: deployment.productionVersion,
  },
  expect,
});

export const putDecision = (decision: CanaryDecision): Change => ({
  kind: 'put',
  collection: decisionsCollection,
  id: decision.decisionId,
  value: decision as unknown as JsonValue,
  index: { deploymentId: decision.deploymentId, verdict: decision.verdict, decidedAt: decision.decidedAt },
  expect: 'absent',
});
