import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MLOpsError } from '../errors.js';
import type { Digest } from '../util/digest.js';
import type { MissingFile } from './named-files.js';

/** What a backup holds, written last: a folder without it is no backup. */
export interface BackupManifest {
  readonly format: 1;
  /** ISO 8601, UTC: the moment that was copied. */
  readonly createdAt: string;
  /** SHA-256 of the copied database. */
  readonly databaseDigest: Digest;
  /** Records of the audit trail, and the hash of the last of them. */
  readonly auditRecords: number;
  readonly auditHead: string;
  /** Files that anything in the database refers to; copied unless `backup.backup_models` is off. */
  readonly artifacts: readonly string[];
  readonly hasArtifacts: boolean;
  /** Files that records name and that were not in the store any more; nobody can bring them back from here. */
  readonly missing: readonly MissingFile[];
  /** Keys that its files are encrypted with and that it does not hold; absent in backups of older versions. */
  readonly keyIds?: readonly string[];
}

export interface Backup extends BackupManifest {
  /** The folder, absolute. */
  readonly path: string;
}

export const manifestName = 'manifest.json';
export const recordsFolder = 'records';

/** The files of all backups in a folder, each once. */
export const poolFolder = 'files';

/** The backups in a folder, oldest first; folders of backups that were not finished are left out. */
export async function listBackups(directory: string): Promise<readonly Backup[]> {
  const names = await readdir(directory).catch(() => []);
  const backups: Backup[] = [];
  for (const name of names.sort()) {
    if (!/^\d{8}T/.test(name)) continue;
    const backup = await readBackup(join(directory, name)).catch(() => undefined);
    if (backup !== undefined) backups.push(backup);
  }
  return backups;
}

/** @throws MLOpsError `NOT_FOUND` when the folder holds no backup, `CORRUPT` when its manifest cannot be read */
export async function readBackup(path: string): Promise<Backup> {
  const text = await readFile(join(path, manifestName), 'utf8').catch((cause: unknown) => {
    throw new MLOpsError('NOT_FOUND', `${path} holds no finished backup; bondx-mlops backup makes one`, { cause });
  });
  try {
    const manifest = JSON.parse(text) as BackupManifest;
    const { format, artifacts, keyIds = [], createdAt } = manifest;
    const isOne = (format as number) === 1 && [artifacts, keyIds].every((list) => Array.isArray(list));
    if (!isOne || Number.isNaN(Date.parse(createdAt))) throw new Error('another format');
    return { ...manifest, path };
  } catch (cause) {
    throw new MLOpsError('CORRUPT', `${join(path, manifestName)} is damaged; use another backup`, { cause });
  }
}
