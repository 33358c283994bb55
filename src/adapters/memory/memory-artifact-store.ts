import { MLOpsError } from '../../errors.js';
import type { ArtifactRef, ArtifactStore, PutArtifactOptions } from '../../storage/artifact-store.js';
import { chunksOf, collectBounded } from '../../storage/artifact-stream.js';
import { type Digest, digestBytes } from '../../util/digest.js';

/** Artifacts in this process's memory. */
export class MemoryArtifactStore implements ArtifactStore {
  readonly capabilities = { name: 'memory', persistent: false, multiProcess: false };
  readonly #contents = new Map<Digest, Buffer>();
  #isClosed = false;

  async put(content: Uint8Array | AsyncIterable<Uint8Array>, options: PutArtifactOptions = {}): Promise<ArtifactRef> {
    this.#assertOpen();
    const chunks: Uint8Array[] = [];
    for await (const chunk of collectBounded(chunksOf(content), options)) chunks.push(Uint8Array.from(chunk));
    const bytes = Buffer.concat(chunks);
    const digest = digestBytes(bytes);
    this.#contents.set(digest, bytes);
    return { digest, size: bytes.length };
  }

  async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    this.#assertOpen();
    const bytes = this.#contents.get(digest);
    if (bytes === undefined) throw new MLOpsError('NOT_FOUND', `there is no artifact ${digest}`);
    yield Uint8Array.from(bytes);
  }

  async stat(digest: Digest): Promise<ArtifactRef | undefined> {
    this.#assertOpen();
    const size = this.#contents.get(digest)?.length;
    return size === undefined ? undefined : { digest, size };
  }

  async delete(digest: Digest): Promise<boolean> {
    this.#assertOpen();
    return this.#contents.delete(digest);
  }

  async *list(): AsyncGenerator<ArtifactRef> {
    this.#assertOpen();
    for (const [digest, { length }] of this.#contents) yield { digest, size: length };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new MLOpsError('CLOSED', 'this artifact store was closed; open another');
  }
}
