import { stat } from 'node:fs/promises';
import { databaseIn } from '../adapters/filesystem/snapshot-storage.js';
import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { checkConfig } from '../runtime/context.js';

/** Where a filesystem store keeps what, absolute. */
export interface StoreDirectories {
  readonly records: string;
  /** Undefined where an object store keeps them. */
  readonly files: string | undefined;
  readonly backups: string;
}

/** @throws MLOpsError `UNSUPPORTED` for stores that are not files: those are backed up with tools of their own */
export function storeDirectories(config: MLOpsConfig): StoreDirectories {
  checkConfig(config);
  const { storage, dataStoragePath, tracking, backup } = config.policy;
  if (storage.kind !== 'filesystem') {
    throw new MLOpsError(
      'UNSUPPORTED',
      `backups are made of storage.kind: filesystem, and restored into it; this policy has ${storage.kind}` +
        (storage.kind === 'memory'
          ? ', which ends with its process'
          : ': use the tools of that database, or copy the store into a folder, or back, by bondx-mlops storage migrate'),
    );
  }
  return {
    records: config.resolvePath(storage.path ?? dataStoragePath),
    files:
      storage.artifactsUrl === null
        ? config.resolvePath(storage.artifactsPath ?? tracking.artifactStoragePath)
        : undefined,
    backups: config.resolvePath(backup.backupPath),
  };
}

/** Opening a store that is not there would make an empty one. @throws MLOpsError `NOT_FOUND` */
export async function assertStoreIn(directory: string): Promise<void> {
  const path = databaseIn(directory);
  await stat(path).catch((cause: unknown) => {
    throw new MLOpsError('NOT_FOUND', `${path}: there is no store to copy`, { cause });
  });
}

/** What long work tells, and what stops it. */
export interface WorkOptions {
  readonly signal?: AbortSignal;
  /** Told the share that is done, 0 to 1, and what is being done. */
  readonly onProgress?: (fraction: number, label: string) => void;
}

/** Whether a part of the work was: its own message says what that was, and not what to do. */
export const isAborted = (error: unknown): boolean => error instanceof MLOpsError && error.code === 'ABORTED';

export function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new MLOpsError('ABORTED', 'interrupted before it was complete; run it again', { cause: signal.reason });
}
