import { randomUUID } from 'node:crypto';
import { link, lstat, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MLOpsError } from '../errors.js';
import { checkText, refuse } from './check.js';
import { makeFolder } from './make-folder.js';
import { isError } from './is-error.js';

/** What the system says of files, and what to do about it. */
const advice: Readonly<Record<string, readonly [code: MLOpsError['code'], text: string]>> = {
  EISDIR: ['STORAGE_UNAVAILABLE', 'is a folder; name a file'],
  ENOTEMPTY: ['STORAGE_UNAVAILABLE', 'is a folder; name a file'],
  ENAMETOOLONG: ['STORAGE_UNAVAILABLE', 'is too long a name for a file; choose a shorter one'],
  ERR_INVALID_ARG_VALUE: ['INVALID_INPUT', 'is no name that a file can have'],
  ENOENT: ['NOT_FOUND', 'is not there, or a folder that it names is not'],
  ENOTDIR: ['STORAGE_UNAVAILABLE', 'names a file as if it were a folder; choose another place'],
  EEXIST: ['STORAGE_UNAVAILABLE', 'names a file as if it were a folder; choose another place'],
  EACCES: ['STORAGE_READ_ONLY', 'may not be opened by this user; change its permissions, or choose another place'],
  EPERM: ['STORAGE_READ_ONLY', 'may not be opened by this user; change its permissions, or choose another place'],
  EROFS: ['STORAGE_READ_ONLY', 'is on a file system that is read-only; choose another place'],
  ERR_ACCESS_DENIED: ['STORAGE_READ_ONLY', 'is not among what node --permission allows; see --allow-fs-write'],
  ENOSPC: ['STORAGE_FULL', 'does not fit: there is no space left; free some and retry'],
  EDQUOT: ['STORAGE_FULL', 'does not fit: there is no space left; free some and retry'],
};

/**
 * Puts a file in its place once all of it is written. Only a file is replaced: what is renamed onto a device takes its place.
 *
 * @param write writes it to the path that it is given
 */
export async function replaceFile(path: string, write: (partial: string) => Promise<unknown>): Promise<void> {
  await onFile(path, async () => {
    const place = await realpath(path).catch(() => path); // a link stays one
    const found = await stat(place).catch(() => undefined);
    if (found?.isFile() === false) {
      const what = found.isDirectory() ? 'a folder' : 'a device or a pipe';
      throw new MLOpsError('STORAGE_UNAVAILABLE', `${path} is ${what}; name a file`);
    }
    await makeFolder(dirname(place));
    const partial = join(dirname(place), `.${randomUUID()}.partial`); // another one may be under way
    try {
      await write(partial);
      await rename(partial, place);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  });
}

/** Writes a file that must not be there yet: all of it, or none. @throws MLOpsError `ALREADY_EXISTS` */
export function writeNewFile(path: string, content: string | Uint8Array | AsyncIterable<string>): Promise<void> {
  return createFile(path, (partial) => writeFile(partial, content, { flag: 'wx' }));
}

/**
 * Puts a file in a place where none is yet, once all of it is written: a part would stand in the way of the next try, and be
 * taken for the whole.
 *
 * @param write writes it to the path that it is given
 * @throws MLOpsError `ALREADY_EXISTS`
 */
export async function createFile<T>(path: string, write: (partial: string) => Promise<T>): Promise<T> {
  return onFile(path, async () => {
    const taken = (cause?: unknown): MLOpsError =>
      new MLOpsError('ALREADY_EXISTS', `${path} is there already; name another file`, { cause });
    if ((await lstat(path).catch(() => undefined)) !== undefined) throw taken();
    const partial = join(dirname(path), `.${randomUUID()}.partial`);
    try {
      const written = await write(partial);
      await link(partial, path).catch(async (cause: unknown) => {
        if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw taken(cause);
        await rename(partial, path); // as on a stick, which has no links: the name was free when this began
      });
      return written;
    } finally {
      await rm(partial, { force: true });
    }
  });
}

/** Does something with a file that the caller named. Errors of the system become ones that say what to do. */
export async function onFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  if (checkText(path, 'path of a file') === '') refuse('path of a file must not be empty');
  try {
    return await work();
  } catch (cause) {
    const known = isError(cause) && 'code' in cause ? advice[String(cause.code)] : undefined;
    if (known === undefined || cause instanceof MLOpsError) throw cause;
    throw new MLOpsError(known[0], `${path} ${known[1]} (${(cause as Error).message})`, { cause });
  }
}
