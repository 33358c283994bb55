import { randomUUID } from 'node:crypto';
import { link, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory, syncDirectory } from './durable-directory.js';
import { isError } from '../../util/is-error.js';

/**
 * Where files are while it is being decided whether they go.
 *
 * Deciding begins with taking the file out of everybody's way, under a name of its own, and only then looks when it was
 * put last: whoever puts the same content marks the file under its usual name before reading it, so the mark is either seen
 * here, or its file is not found and stored anew. Until it is decided, whoever asks for the content finds it here; so a
 * process that dies in between loses nothing either.
 */
export class CondemnedFiles {
  constructor(private readonly directory: string) {}

  /** A file of that name, if one is here. */
  async find(name: string): Promise<string | undefined> {
    const entry = (await namesIn(this.directory)).find((candidate) => candidate.startsWith(`${name}.`));
    return entry === undefined ? undefined : join(this.directory, entry);
  }

  /** The usual names of all that is here. */
  async names(): Promise<readonly string[]> {
    return (await namesIn(this.directory)).map((entry) => entry.slice(0, entry.indexOf('.')));
  }

  /** Removes a file unless it was put at or after a moment, and what an earlier decision left here. Tells whether it went. */
  async judge(path: string, name: string, since: number): Promise<boolean> {
    let isGone = false;
    if (await isOlder(path, since)) {
      await makeDirectory(this.directory);
      await ignoringAbsence(rename(path, join(this.directory, `${name}.${randomUUID()}`)));
    }
    for (let found = await this.find(name); found !== undefined; found = await this.find(name)) {
      if (await isOlder(found, since)) {
        await ignoringAbsence(unlink(found));
        isGone = true;
      } else {
        await this.#acquit(found, path);
      }
    }
    if (!isGone) return false;
    await syncDirectory(this.directory);
    return (await putTime(path)) === undefined;
  }

  /** Gives a file its name back, unless somebody stored the content anew. */
  async #acquit(condemned: string, path: string): Promise<void> {
    await link(condemned, path).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EEXIST')) throw error;
    });
    await syncDirectory(dirname(path));
    await ignoringAbsence(unlink(condemned));
  }
}

/** Marks a file as put just now; false when it is not there, or another user's, which only the owner may mark. */
export async function touch(path: string): Promise<boolean> {
  const now = new Date();
  try {
    return (await ignoringAbsence(utimes(path, now, now).then(() => true))) ?? false;
  } catch (error) {
    if (hasCode(error, 'EPERM')) return false;
    throw error;
  }
}

/** When a file was put last, UTC milliseconds; undefined when there is none. */
export async function putTime(path: string): Promise<number | undefined> {
  const found = await ignoringAbsence(stat(path));
  return found && Math.ceil(found.mtimeMs); // what `touch` set as .123 reads as .122999…
}

async function isOlder(path: string, since: number): Promise<boolean> {
  const putAt = await putTime(path);
  return putAt !== undefined && putAt < since;
}

const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await ignoringAbsence(readdir(directory))) ?? [];

async function ignoringAbsence<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean => isError(error) && 'code' in error && error.code === code;
