import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openFilesystemArtifacts } from '../../adapters/filesystem/filesystem-artifacts.js';
import { openFilesystemStorage } from '../../adapters/filesystem/filesystem-storage.js';
import { databaseIn } from '../../adapters/filesystem/snapshot-storage.js';
import { MLOpsError } from '../../errors.js';
import { refuse } from '../../util/check.js';
import type { RunStore, TransferOptions, TransferRunsOptions } from './transfer-options.js';

/**
 * Does something with the other store of a transfer: the one given, or the archive in a folder, which is closed after.
 *
 * @param mustExist refuses a folder without an archive instead of beginning one there
 * @throws MLOpsError `NOT_FOUND`, and what opening a storage throws
 */
export async function withOtherStore<T>(
  { path, store, ...options }: TransferRunsOptions,
  mustExist: boolean,
  task: (store: RunStore, options: TransferOptions) => Promise<T>,
): Promise<T> {
  if ((path === undefined) === (store === undefined)) refuse('give either path or store');
  if (store !== undefined) return task(store, options);
  if (typeof path !== 'string' || path === '') return refuse('path must be the folder of an archive');
  if (mustExist) {
    await stat(databaseIn(path)).catch((cause: unknown) => {
      throw new MLOpsError('NOT_FOUND', `there is no archive of runs in ${path}; exportRuns makes one`, { cause });
    });
  }
  const storage = await openFilesystemStorage(path);
  try {
    const artifacts = await openFilesystemArtifacts(join(path, 'artifacts'));
    try {
      return await task({ storage, artifacts }, options);
    } finally {
      await artifacts.close();
    }
  } finally {
    await storage.close();
  }
}
