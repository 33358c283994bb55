import { type ScopeSource, scopeOfRecord } from '../governance/access/scope.js';
import { predictionsCollection } from '../sealing/subject-key.js';
import {
  type CanaryDecision,
  type StoredDeployment,
  decisionsCollection,
  deploymentsCollection,
} from './deployment.js';
import type { LoggedPrediction } from './stored-prediction.js';

export const deploymentScope = (deploymentId: string): ScopeSource =>
  scopeOfRecord(deploymentsCollection, deploymentId, ({ modelName }: StoredDeployment) => ({ model: modelName }));

export const decisionScope =
  (decisionId: string): ScopeSource =>
  async (storage) => {
    const record = await storage.get(decisionsCollection, decisionId);
    if (record === undefined) return 'store';
    const source = deploymentScope((record.value as unknown as CanaryDecision).deploymentId);
    return typeof source === 'function' ? source(storage) : source;
  };

/** @param served models of this process: a prediction that is not stored yet is one of theirs */
export const predictionScope =
  (requestId: string, served: readonly string[]): ScopeSource =>
  async (storage) => {
    const record = await storage.get(predictionsCollection, requestId);
    if (record === undefined) return { models: served };
    return { model: (record.value as unknown as LoggedPrediction).modelName };
  };
