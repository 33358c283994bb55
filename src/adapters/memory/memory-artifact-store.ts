import type { ArtifactRef, ArtifactStore, PutArtifactOptions } from '../../storage/artifact-store.js';
import { artifactNotFound, checkDigest, measureContent, verifyContent } from '../../storage/artifact-content.js';
import { OperationGate } from '../../storage/operation-gate.js';
import type { Digest } from '../../util/digest.js';

const chunkBytes = 256 * 1024;

/** Keeps artifacts in this process, until it ends. */
export class MemoryArtifactStore implements ArtifactStore {
  readonly capabilities = { name: 'memory', persistent: false, multiProcess: false };

  readonly #contents = new Map<Digest, Uint8Array>();
  readonly #putAt = new Map<Digest, number>();
  readonly #gate = new OperationGate('this artifact store');

  put(content: Uint8Array | AsyncIterable<Uint8Array>, options: PutArtifactOptions = {}): Promise<ArtifactRef> {
    return this.#gate.run(async () => {
      const chunks: Uint8Array[] = [];
      const ref = await measureContent(content, options, (chunk) => void chunks.push(new Uint8Array(chunk)));
      if (!this.#contents.has(ref.digest)) this.#contents.set(ref.digest, Buffer.concat(chunks));
      this.#putAt.set(ref.digest, Date.now());
      return ref;
    });
  }

  async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    this.#gate.assertOpen();
    yield* verifyContent(digest, this.#chunks(checkDigest(digest)));
  }

  stat(digest: Digest): Promise<ArtifactRef | undefined> {
    return this.#gate.run(() => {
      const content = this.#contents.get(checkDigest(digest));
      return content && { digest, size: content.byteLength };
    });
  }

  delete(digest: Digest): Promise<boolean> {
    return this.#gate.run(() => this.#contents.delete(checkDigest(digest)));
  }

  deleteUnlessPutSince(digest: Digest, since: number, { dryRun = false } = {}): Promise<boolean> {
    return this.#gate.run(() => {
      if (!this.#contents.has(checkDigest(digest)) || this.#putAt.get(digest)! >= since) return false;
      return dryRun || this.#contents.delete(digest);
    });
  }

  async *list(): AsyncGenerator<ArtifactRef> {
    this.#gate.assertOpen();
    for (const [digest, content] of [...this.#contents]) yield { digest, size: content.byteLength };
  }

  close(): Promise<void> {
    return this.#gate.close(() => this.#contents.clear());
  }

  async *#chunks(digest: Digest): AsyncGenerator<Uint8Array> {
    const content = this.#contents.get(digest);
    if (content === undefined) throw artifactNotFound(digest);
    for (let at = 0; at < content.byteLength; at += chunkBytes) {
      yield new Uint8Array(content.subarray(at, at + chunkBytes)); // a copy, the caller may alter it
    }
  }
}
