import { open, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MLOpsError } from '../../errors.js';
import { flush } from '../../util/flush.js';
import { makeDirectory, syncDirectory } from './durable-directory.js';
import { toStorageError } from './storage-errors.js';

/** Pages copied at a time; between two steps other work has its turn. */
const pagesPerStep = 256;

export interface SnapshotOptions {
  readonly signal?: AbortSignal;
  /** Told the share that is copied, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Where {@link openFilesystemStorage} keeps the database of a directory. */
export const databaseIn = (directory: string): string => join(resolve(directory), 'bondx-mlops.db');

/**
 * Copies the storage in a directory, as it is at one moment, into another one, while processes go on writing to it: the
 * copy is made within one read transaction, which in WAL mode hinders nobody. The copy is flushed to the medium.
 *
 * @throws MLOpsError `NOT_FOUND` when there is no storage, `ABORTED`, and what opening a storage throws
 */
export async function snapshotFilesystemStorage(
  directory: string,
  destination: string,
  options: SnapshotOptions = {},
): Promise<void> {
  const { signal, onProgress = () => undefined } = options;
  const { default: Driver } = await import('better-sqlite3');
  const path = databaseIn(directory);
  await stat(path).catch((cause: unknown) => {
    throw new MLOpsError('NOT_FOUND', `${path}: there is no storage to copy`, { cause });
  });
  try {
    await makeDirectory(resolve(destination));
    const source = new Driver(path, { readonly: true, fileMustExist: true });
    try {
      source.exec('begin');
      source.prepare('select count(*) from sqlite_master').get(); // the moment that is copied
      await source.backup(databaseIn(destination), {
        progress({ totalPages, remainingPages }) {
          if (signal?.aborted === true) throw new MLOpsError('ABORTED', 'the backup was aborted');
          if (totalPages > 0) onProgress(1 - remainingPages / totalPages);
          return pagesPerStep;
        },
      });
    } finally {
      source.close();
    }
    await syncFile(databaseIn(destination));
    await syncDirectory(resolve(destination));
  } catch (error) {
    throw toStorageError(error, path);
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await flush(file);
  } finally {
    await file.close();
  }
}
