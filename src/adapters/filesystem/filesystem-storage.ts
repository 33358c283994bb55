import { resolve } from 'node:path';
import { checkDurability } from '../../storage/checked-change.js';
import { invalid } from '../../storage/storage-name.js';
import type { Durability, Storage } from '../../storage/storage.js';
import { makeDirectory } from './durable-directory.js';
import { databaseIn } from './snapshot-storage.js';
import { toStorageError } from './storage-errors.js';
import { checkOptions } from '../../util/check.js';

export interface FilesystemStorageOptions {
  /** Of commits that do not say themselves; `power` unless told. */
  readonly durability?: Durability;
}

/**
 * Opens the storage in a directory, a SQLite database that several processes may share. The directory is created when
 * missing, and must be on a local disk. Where it is not writable, what it holds can still be read.
 *
 * @throws MLOpsError `STORAGE_READ_ONLY`, `STORAGE_FULL`, `STORAGE_UNAVAILABLE`; `STORAGE_FORMAT` when the database is
 *   another program's, or a newer version wrote it; `CORRUPT` when it is damaged; `MISSING_DEPENDENCY`
 */
export async function openFilesystemStorage(
  directory: string,
  options: FilesystemStorageOptions = {},
): Promise<Storage> {
  checkOptions(options, ['durability'], 'openFilesystemStorage');
  const durability = checkDurability(options.durability) ?? 'power';
  const path = await prepareDirectory(directory);
  // The SQL part takes a tenth of a second to load; whoever never opens a storage never pays for it.
  const { openSqliteDatabase } = await import('./open-sqlite-database.js');
  const { SqlStorage } = await import('../sql/sql-storage.js');
  const database = await openSqliteDatabase(databaseIn(path));
  const capabilities = { name: 'filesystem', persistent: true, multiProcess: true, directory: path };
  return new SqlStorage(database, { capabilities, durability });
}

async function prepareDirectory(directory: unknown): Promise<string> {
  if (typeof directory !== 'string' || directory === '') throw invalid('the directory of a storage must be a path');
  const path = resolve(directory);
  try {
    await makeDirectory(path);
  } catch (error) {
    throw toStorageError(error, path);
  }
  return path;
}
