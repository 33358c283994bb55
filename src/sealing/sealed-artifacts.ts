import { randomBytes } from 'node:crypto';
import { ConflictError, MLOpsError } from '../errors.js';
import type { KeyRing } from '../keys/key-ring.js';
import { checkDigest, meterContent, readAhead, verifyContent } from '../storage/artifact-content.js';
import type { ArtifactRef, ArtifactStore, PutArtifactOptions } from '../storage/artifact-store.js';
import { OperationGate } from '../storage/operation-gate.js';
import type { Storage } from '../storage/storage.js';
import { systemClock } from '../util/clock.js';
import type { Digest } from '../util/digest.js';
import { dataKeyBytes, newHeader, objectIdOf, seal, unseal } from './envelope.js';
import {
  type LoadedSealed,
  type SealedArtifact,
  findSealed,
  putSealed,
  sealedArtifacts,
  sealedCollection,
  sealingContext,
} from './sealed-artifact.js';

/** Content up to here, in bytes, is looked up before it is encrypted and written. */
const mostReadAhead = 1024 * 1024;

export interface SealingOptions {
  /** Where the bytes are. */
  readonly inner: ArtifactStore;
  /** Where the records with the wrapped data keys are. */
  readonly storage: () => Promise<Storage>;
  readonly keys: () => Promise<KeyRing>;
  /** Whether what is put is encrypted; what is encrypted already is read in any case. */
  readonly isSealing: boolean;
}

/**
 * An artifact store that encrypts: content goes by the digest of its plain bytes as ever, and what the store inside it
 * keeps are encrypted bytes under digests of their own. Content from before is read as it is. Works on any store, as
 * neither bytes nor names inside it are anything special.
 */
export function sealArtifacts(options: SealingOptions): ArtifactStore {
  const store = new SealedArtifacts(options);
  if (options.inner.deleteUnlessPutSince === undefined && !options.isSealing) return store;
  return Object.assign(store, { deleteUnlessPutSince: store.deleteUnless.bind(store) });
}

class SealedArtifacts implements ArtifactStore {
  readonly #gate = new OperationGate('this artifact store');

  constructor(private readonly options: SealingOptions) {}

  get capabilities(): ArtifactStore['capabilities'] {
    return this.options.inner.capabilities;
  }

  put(content: Uint8Array | AsyncIterable<Uint8Array>, options: PutArtifactOptions = {}): Promise<ArtifactRef> {
    return this.#gate.run(() => this.#put(content, options));
  }

  async #put(content: Uint8Array | AsyncIterable<Uint8Array>, options: PutArtifactOptions): Promise<ArtifactRef> {
    const { inner, isSealing } = this.options;
    if (!isSealing) return inner.put(content, options);
    const ring = await this.options.keys();
    await ring.active('artifact_encryption'); // before anything is written
    let plain: ArtifactRef | undefined;
    const metered = await readAhead(
      meterContent(content, options, (measured) => (plain = measured)),
      mostReadAhead,
    );
    if (plain !== undefined && (await this.#isKept(plain.digest))) return plain;
    const header = newHeader();
    const dataKey = randomBytes(dataKeyBytes);
    const sealed = await inner.put(seal(metered, dataKey, header));
    const ref = plain!; // the content has ended, or put would have thrown
    const objectId = objectIdOf(header);
    const { keyId, wrapped } = await ring.wrap(
      'artifact_encryption',
      dataKey,
      sealingContext(ref.digest, ref.size, objectId),
    );
    const text = Buffer.from(wrapped).toString('base64');
    const value = {
      v: 1,
      plainSize: ref.size,
      sealed,
      objectId,
      keyId,
      wrapped: text,
      putAt: systemClock.now(),
    } as const;
    await this.#keep(ref.digest, value);
    return ref;
  }

  async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    this.#gate.assertOpen();
    const { chunks, first } = await this.#begin(checkDigest(digest));
    try {
      for (let next = first; next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  }

  stat(digest: Digest): Promise<ArtifactRef | undefined> {
    return this.#gate.run(() => this.#stat(digest));
  }

  async #stat(digest: Digest): Promise<ArtifactRef | undefined> {
    const { inner, storage } = this.options;
    const found = await findSealed(await storage(), checkDigest(digest));
    if (found === undefined) return inner.stat(digest);
    const { sealed, plainSize } = found.value;
    return (await inner.stat(sealed.digest)) === undefined ? undefined : { digest, size: plainSize };
  }

  delete(digest: Digest): Promise<boolean> {
    return this.#gate.run(async () => {
      const wasSealed = await this.#deleteSealed(checkDigest(digest), () => true);
      return (await this.options.inner.delete(digest)) || wasSealed;
    });
  }

  deleteUnless(digest: Digest, since: number, options: { readonly dryRun?: boolean } = {}): Promise<boolean> {
    return this.#gate.run(() => this.#deleteUnless(digest, since, options));
  }

  async #deleteUnless(digest: Digest, since: number, options: { readonly dryRun?: boolean }): Promise<boolean> {
    const { inner, storage } = this.options;
    const found = await findSealed(await storage(), checkDigest(digest));
    // Where the store inside cannot decide it, only what has a record here can go: that tells when it was put.
    if (found === undefined) return (await inner.deleteUnlessPutSince?.(digest, since, options)) ?? false;
    if (options.dryRun === true) return found.value.putAt < since;
    return this.#deleteSealed(digest, ({ putAt }) => putAt < since);
  }

  async *list(): AsyncGenerator<ArtifactRef> {
    this.#gate.assertOpen();
    const { inner, storage } = this.options;
    const inside = new Set<Digest>();
    for await (const { digest, value } of sealedArtifacts(await storage())) {
      inside.add(value.sealed.digest);
      inside.add(digest);
      yield { digest, size: value.plainSize };
    }
    // The rest is content from before, and what was left behind by a process that died between bytes and record.
    for await (const ref of inner.list()) if (!inside.has(ref.digest)) yield ref;
  }

  close(): Promise<void> {
    return this.#gate.close(() => this.options.inner.close());
  }

  /** Content up to its first chunk. When it is not where it was said to be, it may have got its record just now. */
  async #begin(digest: Digest) {
    const { inner } = this.options;
    const storage = await this.options.storage();
    for (let before: LoadedSealed | undefined, attempt = 0; ; attempt++) {
      const found = await findSealed(storage, digest);
      const content = found === undefined ? inner.get(digest) : await this.#open(digest, found.value);
      const chunks = content[Symbol.asyncIterator]();
      try {
        return { chunks, first: await chunks.next() };
      } catch (error) {
        const isGone = error instanceof MLOpsError && error.code === 'NOT_FOUND';
        if (!isGone || (attempt > 0 && found?.version === before?.version) || attempt === 3) throw error;
        before = found;
      }
    }
  }

  async #open(digest: Digest, { sealed, plainSize, objectId, keyId, wrapped }: SealedArtifact) {
    const ring = await this.options.keys();
    const dataKey = await ring.unwrap(
      'artifact_encryption',
      { keyId, wrapped: Buffer.from(wrapped, 'base64') },
      sealingContext(digest, plainSize, objectId),
    );
    return verifyContent(digest, unseal(this.options.inner.get(sealed.digest), dataKey, objectId, digest));
  }

  /**
   * Whether content is there already and sound; it counts as put now then. No flush of its own: when a loss of power takes
   * the moment away, it takes what was committed after it, and with it whatever refers to this put.
   */
  async #isKept(digest: Digest): Promise<boolean> {
    const storage = await this.options.storage();
    for (;;) {
      const found = await findSealed(storage, digest);
      if (found === undefined || !(await this.#isSound(found, digest))) return false;
      const kept = { ...found.value, putAt: systemClock.now() };
      try {
        await storage.commit([putSealed(digest, kept, found.version)], { durability: 'process' });
        return true;
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    }
  }

  /** Records where content is. What is there already and sound stays and counts as put now; else the new takes its place. */
  async #keep(digest: Digest, value: SealedArtifact): Promise<void> {
    const { inner } = this.options;
    const storage = await this.options.storage();
    for (;;) {
      const found = await findSealed(storage, digest);
      const stays = found !== undefined && (await this.#isSound(found, digest));
      const kept = stays ? { ...found.value, putAt: value.putAt } : value;
      try {
        await storage.commit([putSealed(digest, kept, found?.version ?? 'absent')], { durability: 'power' });
      } catch (error) {
        if (error instanceof ConflictError) continue;
        throw error;
      }
      if (stays) await inner.delete(value.sealed.digest);
      else await inner.delete(found?.value.sealed.digest ?? digest); // damaged, or not encrypted
      return;
    }
  }

  async #isSound({ value }: LoadedSealed, digest: Digest): Promise<boolean> {
    try {
      for await (const _chunk of await this.#open(digest, value));
      return true;
    } catch {
      return false;
    }
  }

  /** The record goes first: whoever puts the same content meanwhile either keeps it, or finds none and stores it anew. */
  async #deleteSealed(digest: Digest, isDue: (value: SealedArtifact) => boolean): Promise<boolean> {
    const storage = await this.options.storage();
    for (;;) {
      const found = await findSealed(storage, digest);
      if (found === undefined || !isDue(found.value)) return false;
      const gone = { kind: 'delete', collection: sealedCollection, id: digest, expect: found.version } as const;
      try {
        await storage.commit([gone], { durability: 'power' });
      } catch (error) {
        if (error instanceof ConflictError) continue;
        throw error;
      }
      await this.options.inner.delete(found.value.sealed.digest);
      return true;
    }
  }
}
