import { describe, expect, it } from 'vitest';
import { type ArtifactStore, ConflictError, MLOpsError, MemoryArtifactStore, type Storage } from '@bondx/mlops';
import { readStored } from '../../src/runtime/bundle.js';
import { findSealed } from '../../src/sealing/sealed-artifact.js';
import { failure } from '../helpers.js';
import { type Sealed, list, over, sealed, secret } from './sealed-fixture.js';

/** The store with some methods replaced; the rest is its own. */
const altered = <T extends object>(original: T, replaced: Partial<T>): T =>
  new Proxy(original, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in replaced ? replaced : target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

const conflict = (): ConflictError =>
  new ConflictError({ kind: 'record', collection: 'sealed_artifacts', id: 'x', expected: 1, actual: 2 });
/** Longer than what is looked up before it is written. */
const long = Buffer.alloc(1024 * 1024 + 1, 'spread');

/** A world whose storage counts reads, and does something else where it is told to. */
function watched(replaced: (world: Sealed, reads: () => number) => Partial<Storage>) {
  const world = sealed();
  let reads = 0;
  const given = replaced(world, () => reads);
  const storage = altered(world.storage, {
    ...given,
    get: async (collection, id) => {
      reads++;
      return (given.get ?? world.storage.get.bind(world.storage))(collection, id);
    },
  });
  return { world, storage, store: over({ ...world, storage }), reads: () => reads };
}

describe('content that is read while it is', () => {
  it('encrypted for the first time is found where it is now', async () => {
    const { world, store, reads } = watched((within, count) => ({
      get: async (collection, id) => {
        const found = await within.storage.get(collection, id);
        if (count() === 1) await within.store.put(secret); // replaces the plain content
        return found;
      },
    }));
    const { digest } = await world.inner.put(secret);
    expect(await readStored(store, digest)).toEqual(secret);
    expect(reads()).toBe(2);
  });

  it('put again in place of a damaged copy is found where it is now', async () => {
    const { world, store } = watched((within, count) => ({
      get: async (collection, id) => {
        const found = await within.storage.get(collection, id);
        if (count() === 1) {
          await within.inner.delete((await findSealed(within.storage, digest))!.value.sealed.digest);
          await within.store.put(secret);
        }
        return found;
      },
    }));
    const { digest } = await world.store.put(secret);
    expect(await readStored(store, digest)).toEqual(secret);
  });

  it('gone is looked for once more, and no more than that', async () => {
    const { world, store, reads } = watched(() => ({}));
    const { digest } = await world.store.put(secret);
    await world.inner.delete((await findSealed(world.storage, digest))!.value.sealed.digest);
    expect(await failure(readStored(store, digest))).toMatchObject({ code: 'NOT_FOUND' });
    expect(reads()).toBe(2);
    await world.store.delete(digest);
    expect(await failure(readStored(store, digest))).toMatchObject({ code: 'NOT_FOUND' });
    expect(reads()).toBe(4);
  });

  it('moved again and again is given up after four times', async () => {
    const { world, store, reads } = watched((within, count) => ({
      get: async (collection, id) => ({ ...(await within.storage.get(collection, id))!, version: count() }),
    }));
    const { digest } = await world.store.put(secret);
    await world.inner.delete((await findSealed(world.storage, digest))!.value.sealed.digest);
    expect(await failure(readStored(store, digest))).toMatchObject({ code: 'NOT_FOUND' });
    expect(reads()).toBe(4);
  });

  it.each([new MLOpsError('CORRUPT', 'damaged'), new MLOpsError('STORAGE_UNAVAILABLE', 'away'), new Error('a bug')])(
    'not readable for another reason is not looked for again: %s',
    async (error) => {
      const { world, storage, reads } = watched(() => ({}));
      const { digest } = await world.store.put(secret);
      const broken = altered(world.inner, {
        get: async function* () {
          throw error;
        },
      });
      expect(await failure(readStored(over({ ...world, inner: broken, storage }), digest))).toBe(error);
      expect(reads()).toBe(1);
    },
  );
});

describe('reading', () => {
  it('lets go of the bytes when it is given up', async () => {
    const world = sealed();
    let released = 0;
    const inner: ArtifactStore = altered(world.inner, {
      get: async function* (digest) {
        try {
          yield* world.inner.get(digest);
        } finally {
          released++;
        }
      },
    });
    const { digest } = await world.inner.put(secret);
    const { digest: hidden } = await world.store.put(long);
    for (const each of [digest, hidden]) {
      for await (const _first of over({ ...world, inner }).get(each)) break;
    }
    expect(released).toBe(2);
  });

  it('needs no more of content that is not encrypted than that it has a next', async () => {
    const world = sealed();
    const { digest } = await world.inner.put(secret);
    const bare = (): AsyncIterable<Uint8Array> => {
      const parts = [secret.subarray(0, 9), secret.subarray(9)];
      const next = async (): Promise<IteratorResult<Uint8Array>> => {
        const value = parts.shift();
        return value === undefined ? { done: true, value } : { done: false, value };
      };
      return { [Symbol.asyncIterator]: () => ({ next }) };
    };
    expect(await readStored(over({ ...world, inner: altered(world.inner, { get: bare }) }), digest)).toEqual(secret);
  });
});

describe('a race that is lost', () => {
  /** Fails the nth commit (from 1) with an error. */
  const failing = (nth: number, error: Error) =>
    watched((world) => {
      let commits = 0;
      return {
        commit: async (...given) => {
          if (++commits === nth) throw error;
          return world.storage.commit(...given);
        },
      };
    });

  it('is tried again: by what is put, is put again, and is deleted', async () => {
    for (const content of [secret, long]) {
      const first = failing(1, conflict());
      const { digest } = await first.store.put(content);
      expect((await readStored(first.store, digest)).equals(content)).toBe(true);
      const again = failing(1, conflict());
      await again.world.store.put(content);
      expect(await again.store.put(content)).toMatchObject({ digest });
      expect(await list(again.world.inner)).toHaveLength(1);
      const last = failing(1, conflict());
      await last.world.store.put(content);
      expect(await last.store.delete(digest)).toBe(true);
      expect([await list(last.world.inner), await list(last.store)]).toEqual([[], []]);
    }
  });

  it('is nothing else than that: other failures end the call', async () => {
    const error = new MLOpsError('STORAGE_FULL', 'no room');
    for (const content of [secret, long]) {
      expect(await failure(failing(1, error).store.put(content))).toBe(error);
      const { world, store } = failing(1, error);
      const { digest } = await world.store.put(content);
      expect(await failure(store.put(content))).toBe(error);
      expect((await readStored(world.store, digest)).equals(content)).toBe(true);
      const other = failing(1, error);
      await other.world.store.put(content);
      expect(await failure(other.store.delete(digest))).toBe(error);
      expect((await readStored(other.world.store, digest)).equals(content)).toBe(true);
    }
  });

  it('by content too long to be looked up first leaves the copy that is there', async () => {
    const { store, storage, inner } = sealed();
    const { digest } = await store.put(long);
    const before = (await findSealed(storage, digest))!.value;
    await store.put(long);
    const after = (await findSealed(storage, digest))!.value;
    expect(after).toEqual({ ...before, putAt: after.putAt });
    expect(await list(inner)).toEqual([before.sealed.digest]);
  });
});

describe('an encrypting store', () => {
  it('has its records flushed to the medium, but for the moment of content that is there already', async () => {
    const asked: unknown[] = [];
    const { store } = watched((world) => ({
      commit: async (changes, options) => {
        asked.push(options);
        return world.storage.commit(changes, options);
      },
    }));
    const { digest } = await store.put(secret);
    await store.put(secret);
    await store.delete(digest);
    expect(asked).toEqual([{ durability: 'power' }, { durability: 'process' }, { durability: 'power' }]);
  });

  it('can what the store inside it can, and closes it', async () => {
    const closed: string[] = [];
    const inner = altered(new MemoryArtifactStore(), { close: async () => void closed.push('inner') });
    const { store } = sealed(inner);
    expect(store.capabilities).toEqual(inner.capabilities);
    await store.close();
    expect(closed).toEqual(['inner']);
    expect(await failure(store.put(secret))).toMatchObject({ code: 'CLOSED' });
  });

  it('can tell since when it has something where it encrypts, or where the store inside can', () => {
    const plain = new MemoryArtifactStore();
    const without = Object.assign(new MemoryArtifactStore(), { deleteUnlessPutSince: undefined });
    const can = (inner: ArtifactStore, isSealing: boolean): boolean =>
      over({ ...sealed(inner) }, isSealing).deleteUnlessPutSince !== undefined;
    expect([can(plain, true), can(plain, false), can(without, true), can(without, false)]).toEqual([
      ...[true, true, true, false],
    ]);
  });

  it('deletes content from before as the store inside it does', async () => {
    const { inner, store } = sealed();
    const { digest } = await inner.put(secret);
    expect(await store.deleteUnlessPutSince!(digest, 0)).toBe(false);
    expect(await store.deleteUnlessPutSince!(digest, Date.now() + 1000, { dryRun: true })).toBe(true);
    expect(await list(store)).toEqual([digest]);
    expect(await store.deleteUnlessPutSince!(digest, Date.now() + 1000)).toBe(true);
    expect(await list(store)).toEqual([]);
  });

  it('stores as it is what it is not to encrypt', async () => {
    const world = sealed();
    const { digest } = await over(world, false).put(secret);
    expect(await readStored(world.inner, digest)).toEqual(secret);
    expect(await findSealed(world.storage, digest)).toBeUndefined();
  });

  it('has not what only its record is left of', async () => {
    const { inner, storage, store } = sealed();
    const { digest } = await store.put(secret);
    await inner.delete((await findSealed(storage, digest))!.value.sealed.digest);
    expect(await store.stat(digest)).toBeUndefined();
  });
});
