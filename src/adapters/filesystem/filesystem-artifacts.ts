import { randomUUID } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MLOpsError } from '../../errors.js';
import type { ArtifactRef, ArtifactStore, PutArtifactOptions } from '../../storage/artifact-store.js';
import { artifactNotFound, checkDigest, measureContent, verifyContent } from '../../storage/artifact-content.js';
import { OperationGate } from '../../storage/operation-gate.js';
import { invalid } from '../../storage/storage-name.js';
import { type Digest, isDigest } from '../../util/digest.js';
import { flush } from '../../util/flush.js';
import { CondemnedFiles, putTime, touch } from './condemned-files.js';
import { makeDirectory, syncDirectory } from './durable-directory.js';
import { toStorageError } from './storage-errors.js';
import { isError } from '../../util/is-error.js';

const chunkBytes = 256 * 1024;

/** A file of so many bytes is read at once: that takes less time than one turn of the thread pool. */
const smallBytes = 64 * 1024;

/** An unfinished file that nobody wrote to for this long, in milliseconds, is left over from a process that died. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Opens the artifact store in a directory, one file an artifact, named `sha256/ab/cdef…` after its digest. The directory
 * is created when missing; several processes may share it.
 *
 * @throws MLOpsError `STORAGE_READ_ONLY`, `STORAGE_FULL`, `STORAGE_UNAVAILABLE`
 */
export async function openFilesystemArtifacts(directory: string): Promise<ArtifactStore> {
  if (typeof (directory as unknown) !== 'string' || directory === '') {
    throw invalid('the directory of an artifact store must be a path');
  }
  const path = resolve(directory);
  try {
    await makeDirectory(path);
  } catch (error) {
    throw toStorageError(error, path);
  }
  await removeAbandoned(unfinishedDirectory(path));
  return new FilesystemArtifacts(path);
}

const unfinishedDirectory = (directory: string): string => join(directory, 'unfinished');

class FilesystemArtifacts implements ArtifactStore {
  readonly capabilities = { name: 'filesystem', persistent: true, multiProcess: true };
  readonly #gate = new OperationGate('this artifact store');
  readonly #condemned: CondemnedFiles;
  #isBroken = false;

  constructor(private readonly directory: string) {
    this.#condemned = new CondemnedFiles(join(directory, 'condemned'));
  }

  put(content: Uint8Array | AsyncIterable<Uint8Array>, options: PutArtifactOptions = {}): Promise<ArtifactRef> {
    return this.#run(async () => {
      this.#assertSound();
      const known = options.digest === undefined ? undefined : await this.#kept(checkDigest(options.digest));
      if (known !== undefined) return known;
      const unfinished = unfinishedDirectory(this.directory);
      await makeDirectory(unfinished);
      const path = join(unfinished, randomUUID());
      const file = await open(path, 'wx');
      try {
        const ref = await measureContent(content, options, (chunk) => writeAll(file, chunk));
        await this.#keep(ref, path, file);
        return ref;
      } finally {
        await file.close();
        await rm(path, { force: true });
      }
    });
  }

  async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    this.#gate.assertOpen();
    yield* verifyContent(checkDigest(digest), this.#read(digest));
  }

  stat(digest: Digest): Promise<ArtifactRef | undefined> {
    return this.#run(async () => {
      const path = await this.#locate(checkDigest(digest));
      const size = path === undefined ? undefined : await sizeOf(path);
      return size === undefined ? undefined : { digest, size };
    });
  }

  delete(digest: Digest): Promise<boolean> {
    return this.#run(async () => {
      const path = this.#path(checkDigest(digest));
      try {
        await unlink(path);
      } catch (error) {
        if (isAbsent(error)) return false;
        throw error;
      }
      await syncDirectory(dirname(path));
      return true;
    });
  }

  deleteUnlessPutSince(digest: Digest, since: number, { dryRun = false } = {}): Promise<boolean> {
    return this.#run(async () => {
      const path = this.#path(checkDigest(digest));
      if (!dryRun) return this.#condemned.judge(path, hexOf(digest), since);
      const found = await this.#locate(digest);
      return found !== undefined && ((await putTime(found)) ?? Infinity) < since;
    });
  }

  async *list(): AsyncGenerator<ArtifactRef> {
    this.#gate.assertOpen();
    const root = join(this.directory, 'sha256');
    for (const start of await namesIn(root)) {
      for (const rest of await namesIn(join(root, start))) {
        const digest = `sha256:${start}${rest}`;
        if (!isDigest(digest)) continue;
        const size = await sizeOf(this.#path(digest));
        if (size !== undefined) yield { digest, size };
      }
    }
    for (const hex of new Set(await this.#condemned.names())) {
      const digest = `sha256:${hex}`;
      if (!isDigest(digest) || (await sizeOf(this.#path(digest))) !== undefined) continue;
      const found = await this.stat(digest);
      if (found !== undefined) yield found;
    }
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  /** Gives a finished file its name, unless the content is there already, whole and sound. */
  async #keep({ digest }: ArtifactRef, written: string, file: FileHandle): Promise<void> {
    if ((await this.#kept(digest)) !== undefined) return;
    const path = this.#path(digest);
    await makeDirectory(dirname(path));
    await flush(file);
    await rename(written, path);
    await syncDirectory(dirname(path));
  }

  /** What is there already, whole and sound; it counts as put now. */
  async #kept(digest: Digest): Promise<ArtifactRef | undefined> {
    const path = this.#path(digest);
    // Touched before it is looked at: see CondemnedFiles.
    if (!(await touch(path)) || !(await isSound(path, digest))) return undefined;
    const size = await sizeOf(path);
    if (size === undefined) return undefined;
    await syncDirectory(dirname(path)); // also when another process just gave it its name
    return { digest, size };
  }

  /** After a failed flush the kernel may have dropped what it was to write, and the next flush would report success. */
  #assertSound(): void {
    if (!this.#isBroken) return;
    throw new MLOpsError(
      'STORAGE_UNAVAILABLE',
      `${this.directory}: an earlier write failed in the device; check the disk, close this artifact store and open it again`,
    );
  }

  #path(digest: Digest): string {
    const hex = hexOf(digest);
    return join(this.directory, 'sha256', hex.slice(0, 2), hex.slice(2));
  }

  /** Where the content is now. Looks under its name again last, as a decision may have given it back meanwhile. */
  async #locate(digest: Digest): Promise<string | undefined> {
    const path = this.#path(digest);
    if ((await sizeOf(path)) !== undefined) return path;
    return (await this.#condemned.find(hexOf(digest))) ?? ((await sizeOf(path)) === undefined ? undefined : path);
  }

  async *#read(digest: Digest): AsyncGenerator<Uint8Array> {
    let file = openIfThere(this.#path(digest));
    for (let attempt = 0; file === undefined && attempt < 3; attempt++) {
      const path = await this.#locate(digest);
      if (path === undefined) break;
      file = openIfThere(path);
    }
    if (file === undefined) throw artifactNotFound(digest);
    yield* readFile(file, this.directory);
  }

  async #run<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await this.#gate.run(operation);
    } catch (error) {
      this.#isBroken ||= isError(error) && 'code' in error && error.code === 'EIO';
      throw toStorageError(error, this.directory);
    }
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength;) {
    written += (await file.write(bytes, written)).bytesWritten;
  }
}

const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);

/** @returns the file's descriptor, for {@link readFile} */
function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw toStorageError(error, path);
  }
}

/** The content of an open file, which is closed at the end. */
async function* readFile(file: number, path: string): AsyncGenerator<Uint8Array> {
  try {
    const { size } = fstatSync(file);
    if (size <= smallBytes) yield* readSmall(file, size);
    else yield* createReadStream(path, { fd: file, highWaterMark: chunkBytes }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw toStorageError(error, path);
  }
}

function readSmall(file: number, size: number): readonly Uint8Array[] {
  try {
    const buffer = Buffer.allocUnsafe(size);
    let end = 0;
    for (let read = -1; read !== 0 && end < buffer.byteLength; end += read) {
      read = readSync(file, buffer, end, buffer.byteLength - end, null);
    }
    return end === 0 ? [] : [buffer.subarray(0, end)]; // shorter where it was cut meanwhile, which its digest will show
  } finally {
    closeSync(file);
  }
}

async function isSound(path: string, digest: Digest): Promise<boolean> {
  try {
    for await (const _chunk of verifyContent(digest, readFile(openSync(path, 'r'), path)));
    return true;
  } catch {
    return false;
  }
}

/** Bytes of a file, undefined when there is none. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw toStorageError(error, directory);
  }
}

const isAbsent = (error: unknown): boolean =>
  isError(error) && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/** Other processes may be at it too, or writing may not be permitted: what cannot be removed stays. */
async function removeAbandoned(directory: string): Promise<void> {
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > abandonedAfterMs) {
      await unlink(path).catch(() => undefined);
    }
  }
}
