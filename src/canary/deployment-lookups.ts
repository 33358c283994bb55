import { MLOpsError } from '../errors.js';
import type { Storage } from '../storage/storage.js';
import { type ArmStatistics, mergeStatistics, noStatistics } from './arm-statistics.js';
import { type StoredDeployment, deploymentsCollection, outcomesStream } from './deployment.js';
import type { OutcomeDelta } from './outcomes.js';

/** A deployment and the version of its record. */
export interface LoadedDeployment {
  readonly value: StoredDeployment;
  readonly version: number;
}

/** @throws MLOpsError `NOT_FOUND` */
export async function loadDeployment(storage: Storage, deploymentId: string): Promise<LoadedDeployment> {
  const record = await storage.get(deploymentsCollection, deploymentId);
  if (record === undefined)
    throw new MLOpsError(
      'NOT_FOUND',
      `there is no deployment ${deploymentId}; listDeployments() shows those there are`,
    );
  return { value: record.value as unknown as StoredDeployment, version: record.version };
}

/** @throws MLOpsError `NOT_FOUND`; `ILLEGAL_STATE` when it has ended */
export async function loadActive(storage: Storage, deploymentId: string): Promise<LoadedDeployment> {
  const found = await loadDeployment(storage, deploymentId);
  const { status, endReason } = found.value;
  if (status !== 'active')
    throw new MLOpsError('ILLEGAL_STATE', `deployment ${deploymentId} has ended (${status}: ${endReason})`);
  return found;
}

/** Everything every process has stored about a deployment's outcomes. */
export async function readOutcomes(storage: Storage, deploymentId: string): Promise<OutcomeDelta> {
  const { entries } = await storage.read(outcomesStream(deploymentId));
  let canary: ArmStatistics = noStatistics;
  let production: ArmStatistics = noStatistics;
  for (const { value } of entries) {
    const delta = value as unknown as OutcomeDelta;
    canary = mergeStatistics(canary, delta.canary);
    production = mergeStatistics(production, delta.production);
  }
  return { canary, production };
}
