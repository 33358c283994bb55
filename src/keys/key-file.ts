import { randomBytes } from 'node:crypto';
import { type BigIntStats, statSync } from 'node:fs';
import { type FileHandle, link, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MLOpsError } from '../errors.js';
import { flush } from '../util/flush.js';
import { makeFolder } from '../util/make-folder.js';
import { type KeyDocument, parseKeyDocument, printKeyDocument } from './key-document.js';
import type { KeySource } from './local-key-service.js';

export interface KeyFileOptions {
  /** Makes the keys of a file that is not there yet, or says why not; without it, a missing file is an error. */
  readonly create?: () => Promise<KeyDocument>;
  /** Told once when this process made the file. */
  readonly onCreated?: () => void;
  /** A file that others may read is refused; otherwise it is only told. */
  readonly isStrict: boolean;
  readonly onReadable?: (problem: string) => void;
  /** A change takes milliseconds: whoever holds the lock for longer than this is dead. 5000 unless told. */
  readonly patienceMs?: number;
}

/**
 * The key file at a path, read again whenever it has changed: a rotation by another process counts at once.
 *
 * Reads throw MLOpsError `KEY_UNAVAILABLE` when it is missing, damaged, or in strict mode open to others.
 */
export function fileKeys(path: string, options: KeyFileOptions): KeySource {
  let known: { readonly stamp: string; readonly document: KeyDocument } | undefined;
  let wasTold = false;

  const read = async (): Promise<KeyDocument> => {
    const found = statIfThere(path) ?? (await begin(path, options, known !== undefined));
    const stamp = `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
    if (known?.stamp === stamp) return known.document;
    const problem = permissionProblem(path, found);
    if (problem !== undefined && options.isStrict) throw new MLOpsError('KEY_UNAVAILABLE', problem);
    if (problem !== undefined && !wasTold) {
      wasTold = true;
      options.onReadable?.(problem);
    }
    known = { stamp, document: parseKeyDocument(await readText(path), path) };
    return known.document;
  };

  const update = async (change: (before: KeyDocument) => KeyDocument): Promise<KeyDocument> => {
    // A link in its place would be replaced, and whoever reads the file behind it would go on with the former keys.
    const file = await realpath(path).catch(() => path);
    return withLock(file, options.patienceMs ?? 5_000, async () => {
      const after = change(await read());
      await writeBeside(file, after, (written) => rename(written, file));
      return after;
    });
  };

  return { read, update };
}

/** Makes a key file. @throws MLOpsError `ALREADY_EXISTS` */
export async function createKeyFile(path: string, document: KeyDocument): Promise<void> {
  if (!(await placeNew(path, document))) {
    throw new MLOpsError('ALREADY_EXISTS', `${path} exists already; bondx-mlops keys rotate changes its keys`);
  }
}

/** @param wasThere whether this process has read keys from it: others would not open what those protect */
async function begin(path: string, { create, onCreated }: KeyFileOptions, wasThere: boolean): Promise<BigIntStats> {
  if (wasThere) {
    throw new MLOpsError('KEY_UNAVAILABLE', `the key file ${path} was there and is gone: restore it from its copy`);
  }
  if (create === undefined) {
    throw new MLOpsError(
      'KEY_UNAVAILABLE',
      `there is no key file at ${path}, and none is made by itself in production: restore it from its copy; only for a ` +
        'new store make one with bondx-mlops keys create (where nobody has a token yet: BONDX_ENV=staging before it)',
    );
  }
  try {
    if (await placeNew(path, await create())) onCreated?.();
  } catch (error) {
    const found = statIfThere(path);
    if (found === undefined) throw error;
    return found; // another process has made it meanwhile
  }
  const made = statIfThere(path);
  if (made !== undefined) return made;
  throw new MLOpsError(
    'KEY_UNAVAILABLE',
    `the key file ${path} is a link to a file that is not there: restore that one`,
  );
}

/** Of several processes that place a file at once, one succeeds: a link, unlike a rename, never replaces. */
async function placeNew(path: string, document: KeyDocument): Promise<boolean> {
  try {
    await makeFolder(dirname(path));
  } catch (error) {
    throw unusable(path, 'cannot be written', error);
  }
  return writeBeside(path, document, async (written) => {
    try {
      await link(written, path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Writes a file of mode 0600 beside the path, lets it be given its name, and removes what is left of it. */
async function writeBeside<T>(path: string, document: KeyDocument, place: (written: string) => Promise<T>): Promise<T> {
  const written = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(written, 'wx', 0o600);
    try {
      await fill(file, document);
      const result = await place(written);
      await syncFolder(dirname(path));
      return result;
    } finally {
      await rm(written, { force: true });
    }
  } catch (error) {
    throw unusable(path, 'cannot be written', error);
  }
}

async function fill(file: FileHandle, document: KeyDocument): Promise<void> {
  try {
    await file.writeFile(printKeyDocument(document));
    await flush(file);
  } finally {
    await file.close();
  }
}

async function withLock<T>(path: string, patienceMs: number, task: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  for (let waitedMs = 0; ; waitedMs += 20) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw unusable(path, 'cannot be written', error);
      if (waitedMs >= patienceMs) {
        throw new MLOpsError(
          'KEY_UNAVAILABLE',
          `${lock} says that another process is changing the keys; if none is, it was killed: remove the file`,
        );
      }
      await sleep(20);
    }
  }
  try {
    return await task();
  } finally {
    await rm(lock, { force: true });
  }
}

function permissionProblem(path: string, { mode }: BigIntStats): string | undefined {
  if (process.platform === 'win32') return undefined; // there are no such bits; access is by lists
  if ((mode & 0o077n) === 0n) return undefined;
  const bits = (mode & 0o777n).toString(8).padStart(4, '0');
  return `${path} has mode ${bits}: others than its owner can read or change the keys; chmod 600 it, and rotate them if anybody may have`;
}

/** Every signature asks: the answer takes microseconds, a turn of the thread pool ten times as long. */
function statIfThere(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw unusable(path, 'cannot be read', error);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unusable(path, 'cannot be read', error);
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await flush(folder);
  } finally {
    await folder.close();
  }
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code;

function unusable(path: string, what: 'cannot be read' | 'cannot be written', cause: unknown): MLOpsError {
  if (cause instanceof MLOpsError) return cause;
  const code = String(codeOf(cause));
  const copy = what === 'cannot be read' ? ', or name a copy of your own with BONDX_KEYS__PATH' : '';
  const advice = code === 'EACCES' ? `: this user may not; act as its owner${copy}` : '';
  return new MLOpsError('KEY_UNAVAILABLE', `the key file ${path} ${what} (${code})${advice}`, { cause });
}
