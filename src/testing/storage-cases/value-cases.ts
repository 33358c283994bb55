import assert from 'node:assert/strict';
import type { JsonValue } from '../../util/json.js';
import { type StorageCase, idsOf, put, rejectsWith } from './storage-case.js';

const values: readonly JsonValue[] = [
  null,
  true,
  '',
  0,
  -1.5,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.MAX_SAFE_INTEGER,
  0.1 + 0.2,
  'Zürich, 東京, 😀, \u0000, \u2028, "quoted", \\back\\slash',
  [],
  {},
  [[[1, [2]]], { '': { 'a.b': [null, false] } }],
  { 'key with spaces': 1, ключ: 2, '😀': 3, toString: 4 },
];

const ids = [
  'a',
  'A',
  ' a',
  'a ',
  'a/b',
  'a//b',
  '../a',
  'a%2Fb',
  'é',
  'e\u0301',
  '😀',
  '0',
  '__proto__',
  "'; drop table records; --",
  'x'.repeat(512),
];

export const valueCases: readonly StorageCase[] = [
  {
    name: 'every kind of JSON value comes back as it was, from records and from streams',
    async run(storage) {
      for (const [i, value] of values.entries()) await put(storage, 'c', `v${i}`, value);
      await storage.commit([{ kind: 'append', stream: 's', values }]);
      for (const [i, value] of values.entries()) {
        assert.deepEqual((await storage.get('c', `v${i}`))?.value, value);
      }
      assert.deepEqual(
        (await storage.read('s')).entries.map((entry) => entry.value),
        values,
      );
    },
  },
  {
    name: 'a value of a mebibyte comes back as it was',
    async run(storage) {
      const value = { text: 'ø😀x'.repeat(150_000), list: Array.from({ length: 20_000 }, (_, i) => i / 3) };
      await put(storage, 'c', 'big', value);
      await storage.commit([{ kind: 'append', stream: 's', values: [value, 1, value] }]);
      assert.deepEqual((await storage.get('c', 'big'))?.value, value);
      assert.deepEqual((await storage.read('s', { from: 2 })).entries, [{ seq: 2, value }]);
      assert.deepEqual((await storage.query('c')).records[0]?.value, value);
    },
  },
  {
    name: 'a value of more than 16 MiB is refused',
    async run(storage) {
      await rejectsWith('INVALID_INPUT', () => put(storage, 'c', 'a', 'x'.repeat(16 * 1024 * 1024)));
      assert.equal(await storage.get('c', 'a'), undefined);
    },
  },
  {
    name: 'ids and names may hold slashes, spaces, quotes and any script, and stay apart',
    async run(storage) {
      for (const [i, id] of ids.entries()) {
        await put(storage, 'c', id, i);
        await put(storage, id, 'one', i);
        await storage.commit([{ kind: 'append', stream: id, values: [i] }]);
      }
      for (const [i, id] of ids.entries()) {
        assert.deepEqual((await storage.get('c', id))?.value, i);
        assert.deepEqual((await storage.get(id, 'one'))?.value, i);
        assert.deepEqual((await storage.read(id)).entries, [{ seq: 0, value: i }]);
      }
      assert.equal((await storage.query('c')).records.length, ids.length);
    },
  },
  {
    name: 'reading under a name that cannot be is refused',
    async run(storage) {
      await rejectsWith('INVALID_INPUT', () => storage.get('c', ''));
      await rejectsWith('INVALID_INPUT', () => storage.get('c\u0000', 'a'));
      await rejectsWith('INVALID_INPUT', () => storage.query(''));
      await rejectsWith('INVALID_INPUT', () => storage.read('\udc00'));
    },
  },
  {
    name: 'what was stored does not change with the objects passed in or handed out',
    async run(storage) {
      const value = { list: [1, { deep: 'stored' }] };
      const index = { tags: { stage: 'stored' } };
      const committed = storage.commit([
        { kind: 'put', collection: 'c', id: 'a', value, index, expect: 'any' },
        { kind: 'append', stream: 's', values: [value] },
      ]);
      (value.list[1] as { deep: string }).deep = 'altered';
      index.tags.stage = 'altered';
      await committed;
      const query = { where: { field: 'tags.stage', op: 'eq', value: 'stored' } } as const;
      for (let i = 0; i < 2; i++) {
        const handedOut = [
          (await storage.get('c', 'a'))?.value,
          (await storage.query('c', query)).records[0]?.value,
          (await storage.read('s')).entries[0]?.value,
        ];
        for (const copy of handedOut) {
          assert.deepEqual(copy, { list: [1, { deep: 'stored' }] });
          try {
            copy.list.push(2);
          } catch (error) {
            assert.ok(error instanceof TypeError); // frozen, which is fine
          }
        }
      }
    },
  },
  {
    name: 'a put replaces the index fields of the record',
    async run(storage) {
      const by = async (field: string, value: string): Promise<string[]> =>
        idsOf(await storage.query('c', { where: { field, op: 'eq', value } }));
      await put(storage, 'c', 'a', 1, { stage: 'staging', owner: 'ada', tags: { x: '1', y: '1' } });
      await put(storage, 'c', 'a', 2, { stage: 'production', owner: 'ada', tags: { y: '2', z: '1' } });
      assert.deepEqual(await by('stage', 'staging'), []);
      assert.deepEqual(await by('stage', 'production'), ['a']);
      assert.deepEqual(await by('owner', 'ada'), ['a']);
      assert.deepEqual(await by('tags.x', '1'), []);
      assert.deepEqual(await by('tags.y', '2'), ['a']);
      assert.deepEqual(await by('tags.z', '1'), ['a']);
      await put(storage, 'c', 'a', 3);
      assert.deepEqual(await by('owner', 'ada'), []);
      assert.deepEqual(idsOf(await storage.query('c')), ['a']);
    },
  },
  {
    name: 'a record may have a thousand index fields',
    async run(storage) {
      const metrics = Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`m${i}`, i]));
      await put(storage, 'c', 'a', 1, { metrics });
      await put(storage, 'c', 'a', 2, { metrics: { ...metrics, m1499: -1 } });
      const found = await storage.query('c', { where: { field: 'metrics.m1499', op: 'lt', value: 0 } });
      assert.deepEqual(idsOf(found), ['a']);
    },
  },
];
