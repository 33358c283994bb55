import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseIn } from '../adapters/filesystem/snapshot-storage.js';
import { MLOpsError } from '../errors.js';

/** Where a backup arrives that is put back; gone once the store is there. */
export const restoringIn = (directory: string): string => join(directory, 'restoring');

/**
 * Opening would make an empty store in the place of the one that is on its way, and take that place from it.
 *
 * @throws MLOpsError `ILLEGAL_STATE` when a backup is being put there, or was not put there to the end
 */
export async function assertNoUnfinishedRestore(directory: string): Promise<void> {
  const restoring = restoringIn(directory);
  if (!(await isThere(restoring)) || (await isThere(databaseIn(directory)))) return;
  throw new MLOpsError(
    'ILLEGAL_STATE',
    `a backup is being restored into ${directory}, or was not to the end; run bondx-mlops restore again, ` +
      `or remove ${restoring} to begin with an empty store`,
  );
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
