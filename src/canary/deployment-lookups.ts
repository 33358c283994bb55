import { MLOpsError } from '../errors.js';
import type { Storage } from '../storage/storage.js';
import { type StoredDeployment, deploymentsCollection, storedDeployment } from './deployment.js';
import { hasEnded } from './transitions.js';

/** A deployment and the version of its record. */
export interface LoadedDeployment {
  readonly value: StoredDeployment;
  readonly version: number;
}

export async function findDeployment(storage: Storage, deploymentId: string): Promise<LoadedDeployment | undefined> {
  const record = await storage.get(deploymentsCollection, deploymentId);
  return record && { value: storedDeployment(record.value), version: record.version };
}

/** @throws MLOpsError `NOT_FOUND` */
export async function loadDeployment(storage: Storage, deploymentId: string): Promise<LoadedDeployment> {
  const found = await findDeployment(storage, deploymentId);
  if (found !== undefined) return found;
  throw new MLOpsError('NOT_FOUND', `there is no deployment ${deploymentId}; listDeployments() shows those there are`);
}

/** @throws MLOpsError `NOT_FOUND`; `ILLEGAL_STATE` when it has ended */
export async function loadOpen(storage: Storage, deploymentId: string): Promise<LoadedDeployment> {
  const found = await loadDeployment(storage, deploymentId);
  const { status, endReason } = found.value;
  if (hasEnded(status)) {
    throw new MLOpsError('ILLEGAL_STATE', `deployment ${deploymentId} has ended (${status}: ${endReason})`);
  }
  return found;
}
