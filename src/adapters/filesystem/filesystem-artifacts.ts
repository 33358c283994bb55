import { randomUUID } from 'node:crypto';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MLOpsError } from '../../errors.js';
import type { ArtifactRef, ArtifactStore, PutArtifactOptions } from '../../storage/artifact-store.js';
import { chunksOf, collectBounded } from '../../storage/artifact-stream.js';
import { type Digest, isDigest } from '../../util/digest.js';
import { storageError } from './storage-error.js';

/** A temporary file this old belongs to a process that died. */
const staleAfterMs = 24 * 60 * 60 * 1000;

/**
 * Opens a folder of content-addressed files, `sha256/ab/cdef…`, created if it is not there. Several processes may use it
 * at once. A file appears under its digest only when all its bytes are on the medium.
 */
export async function openFilesystemArtifacts(directory: string): Promise<ArtifactStore> {
  const temporary = join(directory, 'tmp');
  try {
    await mkdir(temporary, { recursive: true });
    await mkdir(join(directory, 'sha256'), { recursive: true });
    await removeStale(temporary);
  } catch (error) {
    throw storageError(error, directory);
  }
  return new FilesystemArtifactStore(directory, temporary);
}

class FilesystemArtifactStore implements ArtifactStore {
  readonly capabilities = { name: 'filesystem', persistent: true, multiProcess: true };
  #isClosed = false;

  constructor(
    private readonly directory: string,
    private readonly temporary: string,
  ) {}

  async put(content: Uint8Array | AsyncIterable<Uint8Array>, options: PutArtifactOptions = {}): Promise<ArtifactRef> {
    this.#assertOpen();
    const unfinished = join(this.temporary, randomUUID());
    try {
      const ref = await this.#writeUnfinished(unfinished, collectBounded(chunksOf(content), options));
      const path = this.#pathOf(ref.digest);
      await mkdir(dirname(path), { recursive: true });
      // Renaming over the same content is harmless, and repairs a file whose bytes were damaged.
      await rename(unfinished, path);
      await syncFolder(dirname(path));
      return ref;
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error instanceof MLOpsError || !isSystemError(error) ? error : storageError(error, this.directory);
    }
  }

  async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    this.#assertOpen();
    const hash = createHash('sha256');
    try {
      for await (const chunk of createReadStream(this.#pathOf(digest)) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') {
        throw new MLOpsError('NOT_FOUND', `there is no artifact ${digest} in ${this.directory}`, { cause: error });
      }
      throw isSystemError(error) ? storageError(error, this.directory) : error;
    }
    const found = hash.digest('hex');
    if (`sha256:${found}` !== digest) {
      throw new MLOpsError(
        'CORRUPT',
        `the bytes stored as ${digest} have the digest sha256:${found}; restore them from a backup or store them again`,
      );
    }
  }

  async stat(digest: Digest): Promise<ArtifactRef | undefined> {
    this.#assertOpen();
    try {
      return { digest, size: (await stat(this.#pathOf(digest))).size };
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return undefined;
      throw storageError(error, this.directory);
    }
  }

  async delete(digest: Digest): Promise<boolean> {
    this.#assertOpen();
    const path = this.#pathOf(digest);
    try {
      await rm(path);
      await syncFolder(dirname(path));
      return true;
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return false;
      throw storageError(error, this.directory);
    }
  }

  async *list(): AsyncGenerator<ArtifactRef> {
    this.#assertOpen();
    const root = join(this.directory, 'sha256');
    for (const folder of await readdir(root)) {
      for (const rest of await readdir(join(root, folder))) {
        const digest = `sha256:${folder}${rest}` as const;
        const found = isDigest(digest) ? await this.stat(digest) : undefined;
        if (found !== undefined) yield found;
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async #writeUnfinished(path: string, chunks: AsyncIterable<Uint8Array>): Promise<ArtifactRef> {
    const hash = createHash('sha256');
    let size = 0;
    const file = await open(path, 'wx');
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        await writeAll(file, chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { digest: `sha256:${hash.digest('hex')}`, size };
  }

  #pathOf(digest: Digest): string {
    if (!isDigest(digest)) {
      throw new MLOpsError(
        'INVALID_INPUT',
        `${JSON.stringify(digest)} is not a digest; expected sha256: and 64 hexadecimal digits`,
      );
    }
    const hex = digest.slice('sha256:'.length);
    return join(this.directory, 'sha256', hex.slice(0, 2), hex.slice(2));
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new MLOpsError('CLOSED', 'this artifact store was closed; open another');
  }
}

/** A write may take only a part of what it is given. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}

/** A renamed file is durable only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function removeStale(temporary: string): Promise<void> {
  const limit = Date.now() - staleAfterMs;
  for (const name of await readdir(temporary)) {
    const path = join(temporary, name);
    const found = await stat(path).catch(() => undefined); // somebody else may be tidying up too
    if (found !== undefined && found.mtimeMs < limit) await rm(path, { force: true });
  }
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;
