import type { Change } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import type { JsonValue } from '../util/json.js';
import type { CanaryVerdict, DecisionInputs } from './decision.js';

export const deploymentsCollection = 'deployments';
export const decisionsCollection = 'canary_decisions';

export type DeploymentStatus = 'active' | 'promoted' | 'rolled_back';

export interface StoredDeployment {
  readonly deploymentId: string;
  readonly modelName: string;
  readonly candidateVersion: string;
  readonly productionVersion: string;
  readonly status: DeploymentStatus;
  /** Share of requests that goes to the candidate, in (0, 1). */
  readonly trafficFraction: number;
  /** Makes this deployment's assignment independent of all others. */
  readonly salt: string;
  /** Name of the function that assigns keys; see bucketing.ts. */
  readonly bucketing: string;
  readonly alpha: number;
  readonly task: DecisionInputs['task'];
  readonly createdAt: number;
  readonly createdBy: string;
  readonly onBehalfOf: string | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
}

/** A canary deployment as a caller sees it. */
export interface CanaryDeployment {
  readonly deploymentId: string;
  readonly modelName: string;
  readonly candidateVersion: string;
  readonly productionVersion: string;
  readonly status: DeploymentStatus;
  /** Share of requests that goes to the candidate, in (0, 1). */
  readonly trafficFraction: number;
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
  readonly inputs: DecisionInputs;
  readonly policyDigest: string;
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
    createdAt: toIso(stored.createdAt),
    createdBy: stored.createdBy,
    ...(onBehalfOf !== null && { onBehalfOf }),
    ...(endedAt !== null && { endedAt: toIso(endedAt) }),
    ...(endReason !== null && { endReason }),
  });
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

/** The stream of outcome statistics that processes add to. */
export const outcomesStream = (deploymentId: string): string => `canary/${deploymentId}/outcomes`;
