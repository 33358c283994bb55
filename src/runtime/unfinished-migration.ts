import { MLOpsError } from '../errors.js';
import type { Storage } from '../storage/storage.js';

/** Where a store remembers what was copied into it; belongs to the place, and is not copied on. */
export const migrationCollection = 'storage.migrations';
export const migrationId = 'current';

/** @throws MLOpsError `ILLEGAL_STATE` when a copy into the store was begun and not finished: what it holds is a part */
export async function assertNoUnfinishedMigration(storage: Storage): Promise<void> {
  const record = await storage.get(migrationCollection, migrationId);
  const { status, from } = (record?.value ?? {}) as { status?: string; from?: string };
  if (status !== 'copying') return;
  throw new MLOpsError(
    'ILLEGAL_STATE',
    `a migration of ${from} into this store was not finished; run bondx-mlops storage migrate again, or choose another store`,
  );
}
