import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flush } from '../../util/flush.js';
import { isError } from '../../util/is-error.js';

/** Creates a directory and the missing ones above it, so that a loss of power cannot take them away again. */
export async function makeDirectory(path: string, isLast = false): Promise<void> {
  if (await isDirectory(path)) return;
  try {
    await mkdir(path);
  } catch (error) {
    if (await isDirectory(path)) return; // another process was quicker
    const isMissing = isError(error) && 'code' in error && error.code === 'ENOENT';
    if (isLast || !isMissing) throw error; // below /proc it is missing however often it is made
    await makeDirectory(dirname(path));
    return makeDirectory(path, true);
  }
  await syncDirectory(dirname(path));
}

/** Flushes the names in a directory to the medium: a new file is only safe once its name is. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return; // directories cannot be opened there; NTFS journals names by itself
  const directory = await open(path, 'r');
  try {
    await flush(directory);
  } finally {
    await directory.close();
  }
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
