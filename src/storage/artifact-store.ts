import type { Digest } from '../util/digest.js';

/** Content in the store. */
export interface ArtifactRef {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** What is known of the bytes before {@link ArtifactStore.put} has read them. */
export interface PutArtifactOptions {
  /**
   * What the content is: anything else is refused with `INVALID_INPUT`. A store that has it already, whole and sound, may
   * leave the content unread; it counts as put all the same.
   */
  readonly digest?: Digest;
  /** Refuse content of more bytes than this with `INVALID_INPUT`, leaving nothing behind. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface ArtifactStoreCapabilities {
  readonly name: string;
  readonly persistent: boolean;
  readonly multiProcess: boolean;
}

/** Content-addressed bytes: the same bytes are stored once, whoever puts them and however often. */
export interface ArtifactStore {
  readonly capabilities: ArtifactStoreCapabilities;

  /** Stores content of any size with memory bounded by a chunk. Durable when it returns. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>, options?: PutArtifactOptions): Promise<ArtifactRef>;

  /**
   * Streams content out and verifies it on the way: the iteration throws `CORRUPT` at its end when the bytes are not
   * those of the digest, and `NOT_FOUND` at its start when there are none. Consumers act only on a finished iteration.
   */
  get(digest: Digest): AsyncIterable<Uint8Array>;

  stat(digest: Digest): Promise<ArtifactRef | undefined>;

  /** Whether there was something to delete. */
  delete(digest: Digest): Promise<boolean>;

  /**
   * Optional: deletes content unless it was put at or after a moment, UTC milliseconds. A `put` of the same bytes that
   * returns, by whatever process, either keeps the content from being deleted or stores it anew.
   *
   * @returns whether it was deleted; with `dryRun`, whether it would be
   */
  deleteUnlessPutSince?(digest: Digest, since: number, options?: { readonly dryRun?: boolean }): Promise<boolean>;

  /** Everything stored, in no particular order. */
  list(): AsyncIterable<ArtifactRef>;

  close(): Promise<void>;
}
