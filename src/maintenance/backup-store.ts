import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, syncDirectory } from '../adapters/filesystem/durable-directory.js';
import { openFilesystemArtifacts } from '../adapters/filesystem/filesystem-artifacts.js';
import { openFilesystemStorage } from '../adapters/filesystem/filesystem-storage.js';
import { databaseIn, snapshotFilesystemStorage } from '../adapters/filesystem/snapshot-storage.js';
import { toStorageError } from '../adapters/filesystem/storage-errors.js';
import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { verifyAuditTrail } from '../governance/audit/verify-stored-log.js';
import { ControlPlane } from '../governance/control-plane.js';
import { type ContextOptions, createContext } from '../runtime/context.js';
import { openArtifacts } from '../runtime/stores.js';
import { sealingKeys } from './missing-keys.js';
import { measureContent } from '../storage/artifact-content.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import { type Clock, toIso } from '../util/clock.js';
import type { Digest } from '../util/digest.js';
import { flush } from '../util/flush.js';
import { type Backup, type BackupManifest, manifestName, poolFolder, recordsFolder } from './backup-manifest.js';
import { expireBackups, removeAbandoned, unfinishedPrefix } from './expire-backups.js';
import { findMissingFiles } from './named-files.js';
import {
  type StoreDirectories,
  type WorkOptions,
  assertNotAborted,
  assertStoreIn,
  isAborted,
  storeDirectories,
} from './store-directories.js';
import { checkObject } from '../util/check.js';

export interface BackupOptions extends WorkOptions, Pick<ContextOptions, 'clock' | 'ids' | 'principal' | 'keys'> {}

export interface BackupResult extends Backup {
  /** Folders of backups that were older than `backup.backup_retention_days` and are gone now. */
  readonly expired: readonly string[];
}

/** Promises what src/on-demand.ts says. */
export async function backupStore(config: MLOpsConfig, options: BackupOptions = {}): Promise<BackupResult> {
  const { signal: _signal, onProgress: _onProgress, ...who } = checkObject(options, 'what backupStore is given');
  const directories = storeDirectories(config);
  await assertStoreIn(directories.records);
  const context = createContext(config, who);
  const resource = { type: 'store', id: directories.records };
  try {
    return await new ControlPlane(context).change('storage.backup', { resource, scope: 'store' }, async () => {
      const result = await makeBackup(config, directories, context.clock, options).catch((error: unknown) => {
        if (isAborted(error)) assertNotAborted(options.signal);
        throw toStorageError(error, directories.backups);
      });
      const { path, databaseDigest, auditRecords, auditHead, artifacts, missing, expired } = result;
      const counts = { files: artifacts.length, missing: missing.length, expired: expired.length };
      return { changes: [], result, detail: { path, databaseDigest, auditRecords, auditHead, ...counts } };
    });
  } finally {
    await context.stores.release();
  }
}

async function makeBackup(
  config: MLOpsConfig,
  { records, backups }: StoreDirectories,
  clock: Clock,
  options: WorkOptions,
): Promise<BackupResult> {
  const { signal, onProgress = () => undefined } = options;
  const { backupModels, backupConfigs, backupRetentionDays } = config.policy.backup;
  await makeDirectory(backups);
  await removeAbandoned(backups);
  const unfinished = join(backups, `${unfinishedPrefix}${randomUUID()}`);
  const files = await openArtifacts(config);
  try {
    const createdAt = toIso(clock.now());
    await snapshotFilesystemStorage(records, join(unfinished, recordsFolder), {
      ...(signal !== undefined && { signal }),
      onProgress: (fraction) => onProgress(fraction / 2, 'records'),
    });
    const copy = (digests: ReadonlySet<string>): Promise<readonly string[]> =>
      copyArtifacts(files, digests, join(backups, poolFolder), options);
    const copyOfRecords = join(unfinished, recordsFolder);
    const { artifacts, audit, missing, keyIds } = await inspectRecords(copyOfRecords, files, backupModels && copy);
    if (backupConfigs) await writeDurably(join(unfinished, 'policy.yaml'), config.toYaml());
    const manifest: BackupManifest = {
      format: 1,
      createdAt,
      databaseDigest: await digestFile(databaseIn(join(unfinished, recordsFolder))),
      auditRecords: audit.records,
      auditHead: audit.head,
      artifacts,
      hasArtifacts: backupModels,
      missing,
      keyIds,
    };
    await writeDurably(join(unfinished, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    await syncDirectory(unfinished);
    const path = join(backups, `${createdAt.replace(/[-:.]/g, '')}-${randomUUID().slice(0, 8)}`);
    await rename(unfinished, path);
    await syncDirectory(backups);
    return { ...manifest, path, expired: await expireBackups(backups, backupRetentionDays, clock.now()) };
  } finally {
    await files.close();
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** @param copy copies the files of these digests that are there, and tells which; false to copy none */
async function inspectRecords(
  directory: string,
  files: ArtifactStore,
  copy: ((digests: ReadonlySet<string>) => Promise<readonly string[]>) | false,
) {
  const storage = await openFilesystemStorage(directory);
  try {
    const audit = await verifyAuditTrail(storage);
    if (audit.status !== 'ok') {
      throw new MLOpsError(
        'CORRUPT',
        `the audit trail does not verify (record ${audit.position}: ${audit.reason}); the older backups are kept`,
      );
    }
    const keyIds = await sealingKeys(storage);
    const named = await storage.namedDigests!();
    const artifacts = copy === false ? [...named].sort() : await copy(named);
    // Looked for last: what went meanwhile is not in this backup either.
    const copied = new Set(artifacts);
    const isThere = async (digest: Digest): Promise<boolean> =>
      copy === false ? (await files.stat(digest)) !== undefined : copied.has(digest);
    const missing = await findMissingFiles(storage, isThere);
    return { audit, artifacts, missing, keyIds };
  } finally {
    await storage.close();
  }
}

/** Copies the files that are there and whole: of the digests in the records, many are of other things than files. */
async function copyArtifacts(
  source: ArtifactStore,
  named: ReadonlySet<string>,
  to: string,
  { signal, onProgress = () => undefined }: WorkOptions,
): Promise<string[]> {
  const pool = await openFilesystemArtifacts(to);
  const copied: string[] = [];
  try {
    const found: Digest[] = [];
    // Asking for each digest would take an object store a request for each run.
    for await (const { digest } of source.list()) if (named.has(digest)) found.push(digest);
    for (const [i, digest] of found.sort().entries()) {
      assertNotAborted(signal);
      onProgress(0.5 + i / found.length / 2, 'files');
      if ((await source.stat(digest)) === undefined) continue; // it went meanwhile
      try {
        await pool.put(source.get(digest), { digest, ...(signal && { signal }) });
        copied.push(digest);
      } catch (error) {
        // One damaged file, which is lost as much as one that is gone, must not keep all others from being backed up.
        if (!(error instanceof MLOpsError && error.code === 'CORRUPT')) throw error;
      }
    }
  } finally {
    await pool.close();
  }
  return copied;
}

/** SHA-256 of a file. */
export async function digestFile(path: string): Promise<Digest> {
  return (await measureContent(createReadStream(path), {}, () => undefined)).digest;
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await flush(file);
  } finally {
    await file.close();
  }
}
