import { MemoryArtifactStore } from '../../src/adapters/memory/memory-artifact-store.js';
import type { ArtifactRef, ArtifactStore, PutArtifactOptions } from '../../src/storage/artifact-store.js';
import type { Digest } from '../../src/util/digest.js';

class IgnoresMaxBytes extends MemoryArtifactStore {
  override put(content: Uint8Array | AsyncIterable<Uint8Array>, { maxBytes: _, ...rest }: PutArtifactOptions = {}) {
    return super.put(content, rest);
  }
}

class GivesNothingForUnknown extends MemoryArtifactStore {
  override async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    if ((await this.stat(digest)) !== undefined) yield* super.get(digest);
  }
}

class LosesChunk extends MemoryArtifactStore {
  override async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    let isFirst = true;
    for await (const chunk of super.get(digest)) {
      if (!isFirst) yield chunk;
      isFirst = false;
    }
  }
}

class NeverDeletes extends MemoryArtifactStore {
  override async delete() {
    return true;
  }
}

class ListsNothing extends MemoryArtifactStore {
  override async *list(): AsyncGenerator<ArtifactRef> {
    // nothing
  }
}

/** With the first case that notices. */
export const spoiledArtifactStores: readonly (readonly [Spoiled: new () => ArtifactStore, caughtBy: string])[] = [
  [IgnoresMaxBytes, 'content above maxBytes is refused and leaves nothing behind; at the limit it is fine'],
  [GivesNothingForUnknown, 'what is not there: stat is undefined, get fails with NOT_FOUND, delete is false'],
  [LosesChunk, 'bytes come back as they were, under their SHA-256'],
  [NeverDeletes, 'what is not there: stat is undefined, get fails with NOT_FOUND, delete is false'],
  [ListsNothing, 'the same bytes are stored once, however they come in'],
];
