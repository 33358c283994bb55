import assert from 'node:assert/strict';
import type { Storage, WatchListener } from '../../storage/storage.js';
import { type StorageCase, put, rejectsWith } from './storage-case.js';

/** Gathers what a listener is told. */
class Heard {
  readonly calls: string[][] = [];
  #waiting: (() => void) | undefined;

  readonly listener: WatchListener = (collections) => {
    this.calls.push([...collections]);
    this.#waiting?.();
  };

  /** Resolves once a call that came after this moment named the collection. */
  async about(collection: string): Promise<void> {
    this.calls.length = 0;
    while (!this.calls.flat().includes(collection)) await new Promise<void>((resolve) => (this.#waiting = resolve));
  }
}

const watch = (storage: Storage, ...args: Parameters<NonNullable<Storage['watch']>>): Promise<void> => {
  assert.ok(storage.watch !== undefined, 'the harness promises watch, and the storage has none');
  return storage.watch(...args);
};

/** Every callback that is ready to run has run. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};

export const watchCases: readonly StorageCase[] = [
  {
    name: 'a watcher hears of every put and delete in its collections, and of no others by name',
    needs: 'watch',
    async run(storage) {
      const heard = new Heard();
      await watch(storage, ['a', 'b'], heard.listener);
      for (const collection of ['a', 'b', 'a']) {
        const told = heard.about(collection);
        await put(storage, collection, 'x', 1);
        await told;
      }
      const told = heard.about('b');
      await storage.commit([
        { kind: 'put', collection: 'c', id: 'x', value: 1, expect: 'absent' },
        { kind: 'delete', collection: 'b', id: 'x', expect: 'any' },
      ]);
      await told;
      for (const call of heard.calls) assert.ok(call.every((name) => name === 'a' || name === 'b'));
    },
  },
  {
    name: 'a watcher that reads when it is called ends up with the latest of many commits',
    needs: 'watch',
    async run(storage) {
      let seen: unknown;
      let done: () => void = () => undefined;
      const finished = new Promise<void>((resolve) => (done = resolve));
      await watch(storage, ['a'], () => {
        void storage.get('a', 'x').then((record) => {
          seen = record?.value;
          if (seen === 199) done();
        });
      });
      await Promise.all(Array.from({ length: 200 }, (_, i) => put(storage, 'a', 'x', i)));
      await finished;
      assert.equal(seen, 199);
    },
  },
  {
    name: 'a watcher hears of what another handle commits',
    needs: 'watch',
    needsReopen: true,
    async run(storage, { reopen }) {
      const other = await reopen();
      const heard = new Heard();
      try {
        await watch(storage, ['a'], heard.listener);
        for (let i = 0; i < 3; i++) {
          const told = heard.about('a');
          await put(other, 'a', 'x', i);
          await told;
          assert.equal((await storage.get('a', 'x'))?.value, i);
        }
      } finally {
        await other.close();
      }
    },
  },
  {
    name: 'a watch ends with its signal, others go on; one that fails disturbs neither them nor the commit',
    needs: 'watch',
    async run(storage) {
      const controller = new AbortController();
      const [ended, other] = [new Heard(), new Heard()];
      await watch(storage, ['a'], ended.listener, { signal: controller.signal });
      await watch(storage, ['a'], () => {
        throw new RangeError('a listener that fails');
      });
      await watch(storage, ['a'], other.listener);
      controller.abort();
      const told = other.about('a');
      await put(storage, 'a', 'x', 1);
      await told;
      assert.deepEqual(ended.calls, []);
      await rejectsWith('ABORTED', () => watch(storage, ['a'], ended.listener, { signal: AbortSignal.abort() }));
    },
  },
  {
    name: 'closing ends every watch, and a closed storage begins none',
    needs: 'watch',
    async run(storage) {
      const heard = new Heard();
      await watch(storage, ['a'], heard.listener);
      const written = put(storage, 'a', 'x', 1);
      await storage.close();
      await written;
      const calls = heard.calls.length;
      await settled();
      assert.equal(heard.calls.length, calls);
      await rejectsWith('CLOSED', () => watch(storage, ['a'], heard.listener));
    },
  },
  {
    name: 'watch refuses names that are none, no names at all, and what is no function',
    needs: 'watch',
    async run(storage) {
      const listener = (): void => undefined;
      for (const collections of [[], [''], ['a\n'], 'a', [1]]) {
        await rejectsWith('INVALID_INPUT', () => watch(storage, collections as string[], listener));
      }
      await rejectsWith('INVALID_INPUT', () => watch(storage, ['a'], undefined as unknown as WatchListener));
    },
  },
];
