import { chmod, copyFile, link, mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeDirectory, syncDirectory } from '../adapters/filesystem/durable-directory.js';
import { openFilesystemArtifacts } from '../adapters/filesystem/filesystem-artifacts.js';
import { openFilesystemStorage } from '../adapters/filesystem/filesystem-storage.js';
import { databaseIn } from '../adapters/filesystem/snapshot-storage.js';
import { toStorageError } from '../adapters/filesystem/storage-errors.js';
import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { verifyAuditTrail } from '../governance/audit/verify-stored-log.js';
import { ControlPlane } from '../governance/control-plane.js';
import { type ContextOptions, createContext } from '../runtime/context.js';
import { missingKeys } from './missing-keys.js';
import { policyKeys } from '../runtime/open-keys.js';
import { openArtifacts } from '../runtime/stores.js';
import { restoringIn } from '../runtime/unfinished-restore.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { type Digest, isDigest } from '../util/digest.js';
import { type Backup, listBackups, poolFolder, readBackup, recordsFolder } from './backup-manifest.js';
import { digestFile } from './backup-store.js';
import { type MissingFile, findMissingFiles } from './named-files.js';
import {
  type StoreDirectories,
  type WorkOptions,
  assertNotAborted,
  isAborted,
  storeDirectories,
} from './store-directories.js';
import { checkObject, checkText } from '../util/check.js';

export interface RestoreOptions extends WorkOptions, Pick<ContextOptions, 'clock' | 'ids' | 'principal' | 'keys'> {
  /** Folder of the backup; the newest under `backup.backup_path` unless told. */
  readonly from?: string;
}

/** What was restored from which backup. */
export interface RestoreResult {
  readonly from: string;
  /** ISO 8601, UTC: everything up to here is back. */
  readonly createdAt: string;
  readonly auditRecords: number;
  readonly artifacts: number;
  /** Files that records name and that are not there now: the store had lost them before, or the backup leaves them out or has them damaged. */
  readonly missing: readonly MissingFile[];
  readonly durationMs: number;
  /** Keys that files are encrypted with and that are not in place: until they are, those files cannot be read. */
  readonly missingKeys: readonly string[];
  /** Whether that is within `backup.recovery_time_objective_hours`; absent when disaster recovery is off. */
  readonly meetsRecoveryTimeObjective?: boolean;
}

/** Promises what src/on-demand.ts says. */
export async function restoreStore(config: MLOpsConfig, options: RestoreOptions = {}): Promise<RestoreResult> {
  const began = performance.now();
  const { from, signal: _signal, onProgress: _onProgress, ...who } = checkObject(options, 'what restoreStore is given');
  const directories = storeDirectories(config);
  await authorize(config, who);
  await assertEmpty(directories);
  const backup = await chooseBackup(from, directories.backups);
  const begun = restoringIn(directories.records);
  const fail = (error: unknown): never => {
    throw toStorageError(error, directories.records);
  };
  await makeDirectory(begun).catch(fail);
  const arriving = await mkdtemp(join(begun, 'a')).catch(fail); // its own: somebody else may be restoring, too
  let arrived: Arrived;
  try {
    arrived = await arrive(config, backup, arriving, directories, options);
  } catch (error) {
    await rm(arriving, { recursive: true, force: true });
    if (isAborted(error)) assertNotAborted(options.signal);
    await assertVacant(directories); // another restore was faster, and took this one's folder away
    return fail(error);
  }
  await rm(begun, { recursive: true, force: true });
  await syncDirectory(directories.records);
  const durationMs = performance.now() - began;
  const { disasterRecoveryEnabled, recoveryTimeObjectiveHours } = config.policy.backup;
  return {
    from: backup.path,
    createdAt: backup.createdAt,
    auditRecords: backup.auditRecords,
    ...arrived,
    durationMs,
    missingKeys: await missingKeys(config, backup.keyIds ?? [], options.keys),
    ...(disasterRecoveryEnabled && {
      meetsRecoveryTimeObjective: durationMs <= recoveryTimeObjectiveHours * 3_600_000,
    }),
  };
}

type Arrived = Pick<RestoreResult, 'artifacts' | 'missing'>;

/** Everything up to the name of the database. */
async function arrive(
  config: MLOpsConfig,
  backup: Backup,
  arriving: string,
  directories: StoreDirectories,
  { from: _from, signal, onProgress = () => undefined, ...who }: RestoreOptions,
): Promise<Arrived> {
  onProgress(0, 'records');
  const database = databaseIn(join(backup.path, recordsFolder));
  const found = await stat(database).catch(() => undefined);
  if (found?.isFile() !== true) throw damaged(backup, 'it has no database');
  await copyFile(database, databaseIn(arriving));
  await chmod(databaseIn(arriving), found.mode | 0o600); // the backup may be one that nobody may write to
  if ((await digestFile(databaseIn(arriving))) !== backup.databaseDigest)
    throw damaged(backup, 'its database was altered');
  const files = await openArtifacts(config);
  let arrived: Arrived;
  try {
    const storage = await openFilesystemStorage(arriving);
    try {
      await verifyRecords(storage, backup);
      const artifacts = await restoreFiles(backup, files, signal, onProgress);
      // What its manifest says is not enough: it may leave files out, on purpose or because somebody changed it.
      const missing = await findMissingFiles(storage, async (digest) => (await files.stat(digest)) !== undefined);
      arrived = { artifacts, missing };
      await record(config, { ...who, storage, artifacts: files }, directories, backup, arrived);
    } finally {
      await storage.close();
    }
  } finally {
    await files.close();
  }
  await assertVacant(directories);
  await link(databaseIn(arriving), databaseIn(directories.records)); // unlike a renaming, replaces nothing
  return arrived;
}

async function chooseBackup(from: string | undefined, directory: string): Promise<Backup> {
  // The files lie beside the backup itself, not beside a link to it.
  if (from !== undefined) checkText(from, 'from');
  if (from !== undefined) return readBackup(await realpath(from).catch(() => resolve(from)));
  const newest = (await listBackups(directory)).at(-1);
  if (newest === undefined) throw new MLOpsError('NOT_FOUND', `there is no backup in ${directory}`);
  return newest;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const occupied = (path: string): MLOpsError =>
  new MLOpsError(
    'ALREADY_EXISTS',
    `${path} is there already; a backup is restored into an empty place only: move the store away first`,
  );

/** A log without its database counts: SQLite would read it into whatever database comes to that place. */
async function assertVacant({ records }: StoreDirectories): Promise<void> {
  const database = databaseIn(records);
  for (const path of [database, `${database}-wal`, `${database}-journal`]) {
    if (await isThere(path)) throw occupied(path);
  }
}

async function assertEmpty(directories: StoreDirectories): Promise<void> {
  await assertVacant(directories);
  const { records, files } = directories;
  if (await isThere(restoringIn(records))) return; // one was interrupted, and is gone on with
  if (files === undefined) return; // a bucket outlives the machine whose records are restored
  if ((await readdir(join(files, 'sha256')).catch(() => [])).length > 0) throw occupied(files);
}

async function restoreFiles(
  backup: Backup,
  target: ArtifactStore,
  signal: AbortSignal | undefined,
  onProgress: (fraction: number, label: string) => void,
): Promise<number> {
  if (!backup.hasArtifacts) return 0;
  const pool = await openFilesystemArtifacts(join(backup.path, '..', poolFolder));
  let restored = 0;
  try {
    for (const [i, digest] of backup.artifacts.entries()) {
      assertNotAborted(signal);
      onProgress(0.2 + (0.8 * i) / backup.artifacts.length, 'files');
      if (!isDigest(digest)) throw damaged(backup, 'its manifest names no digest');
      if (await restoreFile(digest, pool, target, signal)) restored++;
    }
  } finally {
    await pool.close();
  }
  return restored;
}

/** Whether it could be: all backups have a file in common, so that a damaged one must not keep everything else from being restored. */
async function restoreFile(
  digest: Digest,
  pool: ArtifactStore,
  target: ArtifactStore,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if ((await pool.stat(digest)) === undefined) return false;
  try {
    await target.put(pool.get(digest), { digest, ...(signal && { signal }) }); // verified as it is read
    return true;
  } catch (error) {
    if (error instanceof MLOpsError && error.code === 'CORRUPT') return false;
    throw error;
  }
}

/** The trail must verify, and end with the very record that the manifest names. */
async function verifyRecords(storage: Storage, backup: Backup): Promise<void> {
  const { status, head, records, reason } = await verifyAuditTrail(storage);
  if (status !== 'ok') throw damaged(backup, `its audit trail does not verify: ${reason}`);
  if (head !== backup.auditHead || records !== backup.auditRecords) {
    throw damaged(backup, 'its audit trail ends elsewhere than the manifest says');
  }
}

/** Before anything is written: the store that could record a refusal is not there yet. */
async function authorize(config: MLOpsConfig, who: ContextOptions): Promise<void> {
  const context = createContext(config, who);
  await context.stores.release(); // never opened
  await new ControlPlane(context).authorizeWithoutStore('storage.restore');
}

/** Writes the record into the store before it gets its name, so that no restored store is without one. */
async function record(
  config: MLOpsConfig,
  options: ContextOptions,
  directories: StoreDirectories,
  { path, createdAt, databaseDigest, auditRecords, auditHead }: Backup,
  { artifacts, missing }: Arrived,
): Promise<void> {
  const counts = { files: artifacts, missing: missing.length };
  const detail = { from: path, createdAt, databaseDigest, auditRecords, auditHead, ...counts };
  const resource = { type: 'store', id: directories.records };
  const plan = () => Promise.resolve({ changes: [], result: undefined, detail });
  const keys = options.keys ?? policyKeys(config); // not beside the store in the place where it arrives
  await new ControlPlane(createContext(config, { ...options, keys })).change(
    'storage.restore',
    { resource, scope: 'store' },
    plan,
  );
}

const damaged = ({ path }: Backup, problem: string): MLOpsError =>
  new MLOpsError('CORRUPT', `${path} is damaged: ${problem}; use another backup`);
