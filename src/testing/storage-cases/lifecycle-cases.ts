import assert from 'node:assert/strict';
import type { Storage } from '../../storage/storage.js';
import { type StorageCase, idsOf, put, putAll, rejectsWith } from './storage-case.js';

const append = (storage: Storage, value: number) => storage.commit([{ kind: 'append', stream: 's', values: [value] }]);

export const lifecycleCases: readonly StorageCase[] = [
  {
    name: 'a closed storage refuses every call, and may be closed again',
    async run(storage) {
      await put(storage, 'c', 'a', 1);
      await storage.close();
      await storage.close();
      await rejectsWith('CLOSED', () => storage.get('c', 'a'));
      await rejectsWith('CLOSED', () => storage.query('c'));
      await rejectsWith('CLOSED', () => storage.read('s'));
      await rejectsWith('CLOSED', () => storage.commit([]));
    },
  },
  {
    name: 'closing waits for the calls under way and turns later ones away',
    async run(storage) {
      await put(storage, 'c', 'a', 1);
      const underWay = [append(storage, 1), storage.get('c', 'a'), storage.query('c'), append(storage, 2)] as const;
      const closed = storage.close();
      await rejectsWith('CLOSED', () => append(storage, 3));
      await closed;
      const [first, record, page, second] = await Promise.all(underWay);
      assert.deepEqual([...first, ...second].sort(), [1, 2]);
      assert.equal(record?.value, 1);
      assert.deepEqual(idsOf(page), ['a']);
    },
  },
  {
    name: 'the capabilities name the adapter',
    async run(storage) {
      const { name, persistent, multiProcess } = storage.capabilities;
      assert.match(name, /\S/);
      assert.equal(typeof persistent, 'boolean');
      assert.equal(typeof multiProcess, 'boolean');
    },
  },
  {
    name: 'a persistent storage keeps everything across closing and opening',
    needsReopen: true,
    async run(storage, { reopen }) {
      const version = await put(storage, 'c', 'a', { x: 1 }, { n: 1, m: { k: 'v' } });
      await putAll(storage, 'c', { b: { n: 2 }, c: { n: NaN } });
      await storage.commit([{ kind: 'append', stream: 's', values: [1, { two: 2 }] }]);
      const orderBy = [{ field: 'n', direction: 'asc' }] as const;
      const { cursor } = await storage.query('c', { orderBy, limit: 1 });
      assert.ok(cursor !== undefined);
      await storage.close();
      const again = await reopen();
      try {
        assert.deepEqual(await again.get('c', 'a'), { id: 'a', version, value: { x: 1 } });
        assert.deepEqual(idsOf(await again.query('c', { where: { field: 'm.k', op: 'eq', value: 'v' } })), ['a']);
        assert.deepEqual(idsOf(await again.query('c', { orderBy, cursor })), ['b', 'c']);
        assert.deepEqual((await again.read('s')).entries[1], { seq: 1, value: { two: 2 } });
        await again.commit([{ kind: 'append', stream: 's', values: [3], expect: 2 }]);
      } finally {
        await again.close();
      }
    },
  },
  {
    name: 'a persistent storage does not use versions again after closing and opening',
    needsReopen: true,
    async run(storage, { reopen }) {
      const version = await put(storage, 'c', 'a', 1);
      await storage.commit([{ kind: 'delete', collection: 'c', id: 'a', expect: 'any' }]);
      await storage.close();
      const again = await reopen();
      try {
        assert.ok((await put(again, 'c', 'a', 2)) > version);
      } finally {
        await again.close();
      }
    },
  },
  {
    name: 'two handles on one storage see each other’s writes at once',
    needsReopen: true,
    async run(storage, { reopen }) {
      if (!storage.capabilities.multiProcess) return;
      const other = await reopen();
      try {
        for (let i = 0; i < 5; i++) {
          const [writer, reader] = i % 2 === 0 ? [storage, other] : [other, storage];
          const version = await put(writer, 'c', 'a', i, { i, fresh: { [`k${i}`]: i } });
          assert.deepEqual(await reader.get('c', 'a'), { id: 'a', version, value: i });
          assert.deepEqual(idsOf(await reader.query('c', { where: { field: `fresh.k${i}`, op: 'eq', value: i } })), [
            'a',
          ]);
          await append(writer, i);
          assert.equal((await reader.read('s')).length, i + 1);
        }
      } finally {
        await other.close();
      }
    },
  },
  {
    name: 'values that were altered are told as CORRUPT, and what is written later is read',
    needsCorrupt: true,
    async run(storage, { corrupt }) {
      await put(storage, 'c', 'old', { deep: ['value'] }, { n: 1 });
      for (const stream of ['s', 'audit']) await storage.commit([{ kind: 'append', stream, values: [{ n: 1 }] }]);
      await corrupt();
      await rejectsWith('CORRUPT', () => storage.get('c', 'old'));
      await rejectsWith('CORRUPT', () => storage.query('c'));
      await rejectsWith('CORRUPT', () => storage.read('s'));
      await rejectsWith('CORRUPT', () => storage.read('audit'));
      await put(storage, 'c', 'new', 1);
      assert.equal((await storage.get('c', 'new'))?.value, 1);
      await put(storage, 'c', 'old', 2);
      assert.equal((await storage.get('c', 'old'))?.value, 2);
    },
  },
];
