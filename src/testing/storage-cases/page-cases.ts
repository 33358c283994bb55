import assert from 'node:assert/strict';
import type { IndexFields, OrderBy, Query } from '../../storage/storage.js';
import { createRandom, randomInt } from '../../util/random.js';
import { evaluateQuery } from '../evaluate-query.js';
import { type StorageCase, idsOf, put, putAll, rejectsWith, walk } from './storage-case.js';

const asc = (field: string): OrderBy => ({ field, direction: 'asc' });
const desc = (field: string): OrderBy => ({ field, direction: 'desc' });

/** In the ascending order of `v`; what ties has ids in order. */
const ascending: readonly (readonly [string, IndexFields])[] = [
  ['false', { v: false }],
  ['true', { v: true }],
  ['minusInfinity', { v: -Infinity }],
  ['minusTwo', { v: -2 }],
  ['minusZero', { v: -0 }],
  ['zero', { v: 0 }],
  ['tiny', { v: Number.MIN_VALUE }],
  ['ten', { v: 10 }],
  ['infinity', { v: Infinity }],
  ['text0', { v: '' }],
  ['text1', { v: '10' }],
  ['text2', { v: '9' }],
  ['text3', { v: 'Z' }],
  ['text4', { v: 'a' }],
  ['text5', { v: '\u{ffff}' }],
  ['text6', { v: '😀' }],
  ['nan1', { v: NaN }],
  ['nan2', { v: NaN }],
  ['x-absent', {}],
  ['x-null', { v: null }],
  ['y-absent', {}],
];

const fields = Object.fromEntries(ascending);
const isIn = (group: string) => (id: string) => id.startsWith(group);

/** Booleans, numbers and strings reversed with ties by id still ascending, then NaN, then null and absent. */
function descending(): string[] {
  const ids = ascending.map(([id]) => id);
  const last = ids.filter((id) => isIn('nan')(id) || isIn('x')(id) || isIn('y')(id));
  const reversed = ids.filter((id) => !last.includes(id)).reverse();
  const zero = reversed.indexOf('zero');
  reversed.splice(zero, 2, 'minusZero', 'zero'); // -0 and 0 tie
  return [...reversed, ...last];
}

/** Two hundred records with few different values, so that ties are many and kinds mix. */
function manyRecords(): Record<string, IndexFields> {
  const random = createRandom('pages');
  const choices = [0, 1, 2, 3, 'a', 'b', true, NaN, null, undefined];
  return Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => {
      const value = choices[randomInt(random, choices.length)];
      const second = randomInt(random, 5);
      return [`r${(i * 37) % 200}`, value === undefined ? { second } : { value, second }];
    }),
  );
}

const queries: readonly Query[] = [
  {},
  { orderBy: [asc('value')] },
  { orderBy: [desc('value')] },
  { orderBy: [asc('value'), desc('second')] },
  { orderBy: [desc('second'), desc('value')] },
  { orderBy: [desc('id')] },
  { orderBy: [asc('second'), desc('id')] },
  { orderBy: [asc('nowhere')] },
  { orderBy: [desc('value')], where: { field: 'second', op: 'gt', value: 1 } },
  { orderBy: [asc('value')], where: { not: { field: 'value', op: 'eq', value: 1 } } },
];

export const pageCases: readonly StorageCase[] = [
  {
    name: 'ascending: booleans, numbers, strings by code points, NaN, then null and absent; ties by id',
    async run(storage) {
      await putAll(storage, 'c', fields);
      const page = await storage.query('c', { orderBy: [asc('v')] });
      assert.deepEqual(
        idsOf(page),
        ascending.map(([id]) => id),
      );
    },
  },
  {
    name: 'descending: strings, numbers, booleans, then still NaN, null and absent; ties still ascending by id',
    async run(storage) {
      await putAll(storage, 'c', fields);
      assert.deepEqual(idsOf(await storage.query('c', { orderBy: [desc('v')] })), descending());
    },
  },
  {
    name: 'pages of one show every kind of value, either way',
    async run(storage) {
      await putAll(storage, 'c', fields);
      assert.deepEqual(
        await walk(storage, 'c', { orderBy: [asc('v')], limit: 1 }),
        ascending.map(([id]) => id),
      );
      assert.deepEqual(await walk(storage, 'c', { orderBy: [desc('v')], limit: 1 }), descending());
    },
  },
  {
    name: 'ids sort by code points',
    async run(storage) {
      const ids = ['A', 'a', 'z', '\u{ffff}', '😀', '\u{10ffff}'];
      await putAll(storage, 'c', Object.fromEntries([...ids].reverse().map((id) => [id, {}])));
      assert.deepEqual(idsOf(await storage.query('c')), ids);
      assert.deepEqual(idsOf(await storage.query('c', { orderBy: [desc('id')] })), [...ids].reverse());
    },
  },
  {
    name: 'later sort keys decide where earlier ones tie',
    async run(storage) {
      await putAll(storage, 'c', {
        a: { x: 1, y: 'p' },
        b: { x: 1, y: 'q' },
        c: { x: 2 },
        d: { x: 2, y: 'p' },
        e: { y: 'z' },
        f: { x: 1, y: 'q' },
      });
      const ordered = async (...orderBy: OrderBy[]) => idsOf(await storage.query('c', { orderBy })).join('');
      assert.equal(await ordered(asc('x'), asc('y')), 'abfdce');
      assert.equal(await ordered(desc('x'), desc('y')), 'dcbfae');
      assert.equal(await ordered(asc('x'), desc('y')), 'bfadce');
      assert.equal(await ordered(asc('y'), desc('x')), 'dabfec');
      assert.equal(await ordered(asc('x'), desc('id')), 'fbadce');
    },
  },
  {
    name: 'deep pagination equals one sorted list, for any size of page',
    async run(storage) {
      const all = manyRecords();
      await putAll(storage, 'c', all);
      const records = Object.entries(all).map(([id, index]) => ({ id, index }));
      for (const query of queries) {
        const expected = evaluateQuery(records, query);
        for (const limit of [1, 7, 100, 200, 201]) {
          assert.deepEqual(await walk(storage, 'c', { ...query, limit }), expected, JSON.stringify({ query, limit }));
        }
      }
    },
  },
  {
    name: 'a last page that is full has no cursor',
    async run(storage) {
      await putAll(storage, 'c', { a: {}, b: {}, c: {}, d: {} });
      const first = await storage.query('c', { limit: 2 });
      assert.ok(first.cursor !== undefined);
      const second = await storage.query('c', { limit: 2, cursor: first.cursor });
      assert.deepEqual(idsOf(second), ['c', 'd']);
      assert.equal(second.cursor, undefined);
    },
  },
  {
    name: 'a page has a hundred records unless told, and more when asked',
    async run(storage) {
      await putAll(storage, 'c', Object.fromEntries(Array.from({ length: 2_500 }, (_, i) => [`r${i}`, { n: i }])));
      assert.equal((await storage.query('c')).records.length, 100);
      const page = await storage.query('c', { limit: 50_000, orderBy: [desc('n')] });
      assert.equal(page.records.length, 2_500);
      assert.equal(page.records[0]?.id, 'r2499');
      assert.equal(page.cursor, undefined);
    },
  },
  {
    name: 'while others write, cursors neither repeat nor lose a record that stays as it is',
    async run(storage) {
      for (const orderBy of [[], [asc('value')], [desc('value'), asc('second')]]) {
        const collection = `c${orderBy.map(({ direction }) => direction).join('')}`;
        const all = manyRecords();
        await putAll(storage, collection, all);
        let turn = 0;
        const ids = await walk(storage, collection, { orderBy, limit: 9 }, async (page) => {
          const last = page.records.at(-1)!.id;
          turn++;
          await put(storage, collection, `new-${turn}`, 1, { value: turn % 4, second: turn % 5 });
          await put(storage, collection, `${last}-next`, 1, all[last]);
          await storage.commit([{ kind: 'delete', collection, id: last, expect: 'any' }]); // the cursor's own record
          await storage.commit([{ kind: 'delete', collection, id: `new-${turn - 2}`, expect: 'any' }]);
        });
        assert.equal(new Set(ids).size, ids.length, 'no record twice');
        assert.deepEqual(
          ids.filter((id) => id in all),
          evaluateQuery(
            Object.entries(all).map(([id, index]) => ({ id, index })),
            { orderBy },
          ),
        );
      }
    },
  },
  {
    name: 'a cursor belongs to its query',
    async run(storage) {
      await putAll(storage, 'c', manyRecords());
      const query: Query = { orderBy: [asc('value')], where: { field: 'second', op: 'lt', value: 3 }, limit: 2 };
      const { cursor } = await storage.query('c', query);
      assert.ok(cursor !== undefined);
      await rejectsWith('INVALID_INPUT', () => storage.query('c', { ...query, orderBy: [desc('value')], cursor }));
      await rejectsWith('INVALID_INPUT', () => storage.query('c', { orderBy: [asc('value')], cursor }));
      await rejectsWith('INVALID_INPUT', () => storage.query('d', { ...query, cursor }));
      assert.equal((await storage.query('c', { ...query, limit: 5, cursor })).records.length, 5);
    },
  },
];
