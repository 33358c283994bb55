import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { MLOpsError } from '../../errors.js';
import type { Durability, Storage } from '../../storage/storage.js';
import { sleep } from '../../util/sleep.js';
import { migrate } from './sqlite-schema.js';
import { SqliteStorage } from './sqlite-storage.js';
import { isBusy, storageError } from './storage-error.js';

/** SQLite waits this long by itself, blocking the event loop; longer waits are asynchronous. */
const blockingWaitMs = 20;
const openAttempts = 500;

/**
 * Opens the embedded store: one SQLite database (`bondx-mlops.db`, in WAL mode) in a folder, which is created if it is
 * not there. Several processes may have it open at once.
 *
 * @param options.durability of commits that do not say; `power` unless told
 * @throws MLOpsError `STORAGE_READ_ONLY`, `STORAGE_FULL`, `STORAGE_FORMAT`, `STORAGE_UNAVAILABLE`, `CORRUPT`: the message
 *   says what to do
 */
export async function openFilesystemStorage(
  directory: string,
  options: { readonly durability?: Durability } = {},
): Promise<Storage> {
  const path = join(directory, 'bondx-mlops.db');
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw storageError(error, directory);
  }
  const database = await openDatabase(path);
  return new SqliteStorage(database, path, options.durability ?? 'power');
}

async function openDatabase(path: string): Promise<Database> {
  const { default: SqliteDatabase } = await import('better-sqlite3').catch((cause: unknown) => {
    throw new MLOpsError(
      'MISSING_DEPENDENCY',
      'the filesystem store needs better-sqlite3: npm install better-sqlite3',
      { cause },
    );
  });
  for (let attempt = 1; ; attempt++) {
    let database: Database | undefined;
    try {
      database = new SqliteDatabase(path, { timeout: blockingWaitMs });
      database.pragma('journal_mode = wal');
      migrate(database, path);
      return database;
    } catch (error) {
      database?.close();
      if (!isBusy(error) || attempt === openAttempts) throw storageError(error, path);
      await sleep(Math.min(attempt, 20));
    }
  }
}
