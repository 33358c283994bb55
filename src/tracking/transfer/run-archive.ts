import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openFilesystemArtifacts } from '../../adapters/filesystem/filesystem-artifacts.js';
import { openFilesystemStorage } from '../../adapters/filesystem/filesystem-storage.js';
import { databaseIn } from '../../adapters/filesystem/snapshot-storage.js';
import { MLOpsError } from '../../errors.js';
import type { Context } from '../../runtime/context.js';
import { checkParts } from '../../runtime/given-parts.js';
import { openKeys } from '../../runtime/open-keys.js';
import { sealedStores } from '../../runtime/sealed-stores.js';
import { givenStores } from '../../runtime/stores.js';
import { checkObject, checkOptions, refuse } from '../../util/check.js';
import { selectRuns } from './select-runs.js';
import type { RunStore, TransferResult, TransferRunsOptions } from './transfer-options.js';
import { transferRuns } from './transfer-runs.js';

/** Copies runs of a store into an archive or another store. */
export async function exportRuns(
  from: RunStore,
  options: TransferRunsOptions,
  context: Context,
): Promise<TransferResult> {
  checkTransfer(options, 'exportRuns');
  const runIds = await selectRuns(from.storage, options); // what is not there is refused before an archive is begun
  return withOtherStore(options, context, (to) => transferRuns(from, to, context, runIds, options));
}

/** Copies runs from an archive or another store into a store. */
export async function importRuns(
  to: RunStore,
  options: TransferRunsOptions,
  context: Context,
): Promise<TransferResult> {
  checkTransfer(options, 'importRuns');
  if (options.path !== undefined) await assertArchive(options.path);
  return withOtherStore(options, context, async (from) =>
    transferRuns(from, to, context, await selectRuns(from.storage, options), options),
  );
}

function checkTransfer(options: TransferRunsOptions, what: string): void {
  checkOptions(options, ['path', 'store', 'runIds', 'filter', 'signal', 'onProgress'], what);
  const { path, store, runIds, filter } = options;
  if ((path === undefined) === (store === undefined)) refuse(`${what} takes either path or store`);
  if (path !== undefined && (typeof path !== 'string' || path === '')) refuse('path must be the folder of an archive');
  if (store !== undefined) {
    const { storage, artifacts } = checkObject<Partial<RunStore>>(store, 'store');
    if (storage === undefined || artifacts === undefined) refuse('store takes both { storage, artifacts }');
    checkParts({ storage, artifacts });
  }
  if (runIds !== undefined && filter !== undefined) refuse('give either runIds or filter: they choose the same thing');
}

/** Opening a folder without an archive, or with an empty file in its place, would begin one there. */
async function assertArchive(path: string): Promise<void> {
  const none = (cause?: unknown): never => {
    throw new MLOpsError('NOT_FOUND', `there is no archive of runs in ${path}; exportRuns makes one`, { cause });
  };
  const { size } = await stat(databaseIn(path)).catch(none);
  if (size <= 1) none(); // SQLite takes a single byte for nothing
}

/** A store of somebody else's, its files encrypted as those of any store are. */
async function openedStore({ storage, artifacts }: RunStore, { config, clock }: Context): Promise<RunStore> {
  const keys = openKeys({ config, clock, storage: () => Promise.resolve(storage), service: undefined });
  return { storage, artifacts: await sealedStores(givenStores(storage, artifacts), config, keys).artifacts() };
}

/** Does something with the store given, or with the archive in a folder, which is closed after. */
async function withOtherStore<T>(
  { path, store }: TransferRunsOptions,
  context: Context,
  task: (store: RunStore) => Promise<T>,
): Promise<T> {
  if (store !== undefined) return task(await openedStore(store, context));
  const storage = await openFilesystemStorage(path!);
  try {
    const artifacts = await openFilesystemArtifacts(join(path!, 'artifacts'));
    try {
      return await task({ storage, artifacts });
    } finally {
      await artifacts.close();
    }
  } finally {
    await storage.close();
  }
}
