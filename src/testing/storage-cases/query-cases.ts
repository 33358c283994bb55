import assert from 'node:assert/strict';
import type { IndexFields, Where } from '../../storage/storage.js';
import { type StorageCase, idsOf, put, putAll, rejectsWith } from './storage-case.js';

/** One record for every kind of value the field `v` may have, and one without it. */
const kinds: Readonly<Record<string, IndexFields>> = {
  absent: { other: 1 },
  null: { v: null },
  nan: { v: NaN },
  false: { v: false },
  true: { v: true },
  minusInfinity: { v: -Infinity },
  minusOne: { v: -1 },
  zero: { v: 0 },
  half: { v: 0.5 },
  one: { v: 1 },
  infinity: { v: Infinity },
  empty: { v: '' },
  digit: { v: '1' },
  word: { v: 'word' },
};

const v = (op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte', value: string | number | boolean | null): Where => ({
  field: 'v',
  op,
  value,
});
const isIn = (...values: (string | number | boolean | null)[]): Where => ({ field: 'v', op: 'in', values });
const everywhere: Where = { field: 'v', op: 'exists' };

const everything = Object.keys(kinds);
const without = (...ids: string[]): string[] => everything.filter((id) => !ids.includes(id));

/** By hand from the definitions in the doc comment of `Where`. */
const comparisons: readonly (readonly [where: Where, found: readonly string[]])[] = [
  [v('eq', 1), ['one']],
  [v('eq', -0), ['zero']],
  [v('eq', '1'), ['digit']],
  [v('eq', true), ['true']],
  [v('eq', ''), ['empty']],
  [v('eq', null), ['null']],
  [v('eq', NaN), ['nan']],
  [v('eq', Infinity), ['infinity']],
  [v('eq', 'nobody'), []],
  [v('ne', 1), without('absent', 'null', 'one')],
  [v('ne', 'word'), without('absent', 'null', 'word')],
  [v('ne', false), without('absent', 'null', 'false')],
  [v('ne', NaN), without('absent', 'null', 'nan')],
  [v('ne', null), without('absent', 'null')],
  [v('lt', 0.5), ['minusInfinity', 'minusOne', 'zero']],
  [v('lte', 0.5), ['minusInfinity', 'minusOne', 'zero', 'half']],
  [v('gt', 0.5), ['one', 'infinity']],
  [v('gte', 0.5), ['half', 'one', 'infinity']],
  [v('lt', Infinity), ['minusInfinity', 'minusOne', 'zero', 'half', 'one']],
  [v('gte', -Infinity), ['minusInfinity', 'minusOne', 'zero', 'half', 'one', 'infinity']],
  [v('lt', true), ['false']],
  [v('gte', false), ['false', 'true']],
  [v('lt', 'a'), ['empty', 'digit']],
  [v('gt', '1'), ['word']],
  [v('gte', ''), ['empty', 'digit', 'word']],
  [v('lt', NaN), []],
  [v('gte', NaN), []],
  [v('lte', null), []],
  [v('gt', null), []],
  [isIn(), []],
  [isIn(1, 'word', true, null, NaN, -Infinity), ['minusInfinity', 'nan', 'null', 'one', 'true', 'word']],
  [isIn(1, 1, 2, 'nobody'), ['one']],
  [everywhere, without('absent')],
  [{ field: 'nowhere', op: 'exists' }, []],
  [{ field: 'v', op: 'prefix', value: '' }, ['empty', 'digit', 'word']],
  [{ field: 'v', op: 'prefix', value: 'wo' }, ['word']],
  [{ field: 'v', op: 'prefix', value: 'Wo' }, []],
  [{ and: [] }, everything],
  [{ or: [] }, []],
  [{ and: [v('gte', 0), v('lt', 1)] }, ['zero', 'half']],
  [{ or: [v('eq', 1), v('eq', 'word')] }, ['one', 'word']],
  [{ or: [v('lt', 0), { and: [v('gt', 0), v('ne', Infinity)] }] }, ['minusInfinity', 'minusOne', 'half', 'one']],
  [{ not: v('eq', 1) }, without('one')],
  [{ not: v('ne', 1) }, ['absent', 'null', 'one']],
  [{ not: v('lt', 0) }, without('minusInfinity', 'minusOne')],
  [{ not: everywhere }, ['absent']],
  [{ not: { not: v('eq', 1) } }, ['one']],
  [{ not: { and: [everywhere, { not: isIn(0, 1) }] } }, ['absent', 'zero', 'one']],
  [{ not: { or: [v('gte', ''), v('gte', -Infinity), v('gte', false)] } }, ['absent', 'null', 'nan']],
  [{ and: [everywhere, { field: 'other', op: 'eq', value: 1 }] }, []],
  [{ or: [everywhere, { field: 'other', op: 'eq', value: 1 }] }, everything],
  [{ and: [v('gte', 0), { field: 'id', op: 'gt', value: 'i' }] }, ['infinity', 'one', 'zero']],
  [{ field: 'id', op: 'eq', value: 'one' }, ['one']],
  [{ field: 'id', op: 'ne', value: 'one' }, without('one')],
  [{ field: 'id', op: 'in', values: ['one', 'two', 1, null] }, ['one']],
  [{ field: 'id', op: 'prefix', value: 'minus' }, ['minusInfinity', 'minusOne']],
  [{ field: 'id', op: 'lt', value: 'b' }, ['absent']],
  [{ field: 'id', op: 'lt', value: 3 }, []],
  [{ field: 'id', op: 'exists' }, everything],
  [{ not: { field: 'id', op: 'exists' } }, []],
];

export const queryCases: readonly StorageCase[] = [
  {
    name: 'every condition finds what its definition says',
    async run(storage) {
      await putAll(storage, 'c', kinds);
      await putAll(storage, 'elsewhere', kinds);
      for (const [where, expected] of comparisons) {
        const found = idsOf(await storage.query('c', { where }));
        assert.deepEqual(found, [...expected].sort(), JSON.stringify(where));
      }
    },
  },
  {
    name: 'a query without conditions lists one collection, by id',
    async run(storage) {
      await putAll(storage, 'c', kinds);
      await put(storage, 'd', 'other', 1);
      assert.deepEqual(idsOf(await storage.query('c')), [...everything].sort());
      assert.deepEqual(await storage.query('empty'), { records: [] });
      assert.deepEqual(
        await storage.query('empty', { where: everywhere, orderBy: [{ field: 'v', direction: 'desc' }] }),
        {
          records: [],
        },
      );
    },
  },
  {
    name: 'a query returns id, version and value of the records it finds',
    async run(storage) {
      const version = await put(storage, 'c', 'a', { x: [1] }, { tag: 't' });
      const page = await storage.query('c', { where: { field: 'tag', op: 'eq', value: 't' } });
      assert.deepEqual(page, { records: [{ id: 'a', version, value: { x: [1] } }] });
    },
  },
  {
    name: 'prefixes are literal: %, _, \\ and * stand for themselves',
    async run(storage) {
      const texts = ['50%', '50% off', '500', 'a_b', 'axb', 'a\\b', 'a*b', 'A_b', '%', 'é', 'e\u0301'];
      await putAll(storage, 'c', Object.fromEntries(texts.map((text) => [text, { text }])));
      for (const prefix of ['50%', 'a_', 'a\\', 'a*', '%', '_', 'é', 'e', 'A']) {
        const found = await storage.query('c', { where: { field: 'text', op: 'prefix', value: prefix } });
        assert.deepEqual(new Set(idsOf(found)), new Set(texts.filter((text) => text.startsWith(prefix))), prefix);
      }
    },
  },
  {
    name: 'like matches whole strings by %, _ and \\, letters as they are; ilike takes A to Z in either case',
    async run(storage) {
      const texts = ['rates', 'Rates desk', '50%', '50', 'a_b', 'a*b', 'a?b', '[a]', 'é', 'É', '😀', 'a\\b', ''];
      await putAll(storage, 'c', Object.fromEntries(texts.map((text) => [`#${text}`, { text }])));
      await put(storage, 'c', 'number', 1, { text: 50 });
      const expected: readonly [op: 'like' | 'ilike', pattern: string, found: readonly string[]][] = [
        ['like', 'rates%', ['rates']],
        ['ilike', 'RATES%', ['rates', 'Rates desk']],
        ['like', '50\\%', ['50%']],
        ['like', '50_', ['50%']],
        ['like', '_', ['é', 'É', '😀']],
        ['like', 'a_b', ['a_b', 'a*b', 'a?b', 'a\\b']],
        ['like', 'a*b', ['a*b']],
        ['like', 'a\\\\b', ['a\\b']],
        ['like', '[a]', ['[a]']],
        ['ilike', 'É', ['É']],
        ['like', '', ['']],
        ['like', '%%', texts],
      ];
      for (const [op, value, found] of expected) {
        const page = await storage.query('c', { where: { field: 'text', op, value } });
        assert.deepEqual(new Set(idsOf(page)), new Set(found.map((text) => `#${text}`)), `${op} ${value}`);
      }
      const broken = { field: 'text', op: 'like', value: 'a\\' } as const;
      await rejectsWith('INVALID_INPUT', () => storage.query('c', { where: broken }));
    },
  },
  {
    name: 'prefixes and comparisons go by code points, beyond the Basic Multilingual Plane too',
    async run(storage) {
      const texts = [
        'z',
        '\u{d7ff}',
        '\u{d7ff}x',
        '\u{e000}',
        '\u{ffff}',
        '\u{ffff}x',
        '😀',
        '😀😀',
        '😁',
        '\u{10ffff}',
        '\u{10ffff}x',
      ];
      await putAll(storage, 'c', Object.fromEntries(texts.map((text) => [text, { text }])));
      const find = async (where: Where): Promise<string[]> => idsOf(await storage.query('c', { where }));
      for (const prefix of ['\u{d7ff}', '\u{ffff}', '😀', '\u{10ffff}']) {
        const expected = texts.filter((text) => text.startsWith(prefix));
        assert.deepEqual(await find({ field: 'text', op: 'prefix', value: prefix }), expected);
        assert.deepEqual(await find({ field: 'id', op: 'prefix', value: prefix }), expected);
      }
      assert.deepEqual(await find({ field: 'text', op: 'gt', value: '\u{ffff}x' }), texts.slice(6)); // UTF-16 differs
      assert.deepEqual(await find({ field: 'id', op: 'lt', value: '😀' }), texts.slice(0, 6));
    },
  },
  {
    name: 'entries of maps are found under their dotted name, with dots in their keys too',
    async run(storage) {
      await putAll(storage, 'c', {
        a: { metrics: { rmse: 0.5, 'f1.macro': 0.9 } },
        b: { metrics: { rmse: 0.7 }, tags: { 'team.name': 'x' } },
        c: { 'metrics.rmse': 0.1, metrics: {} },
        d: { rmse: 0.1 },
      });
      const find = async (where: Where): Promise<string[]> => idsOf(await storage.query('c', { where }));
      assert.deepEqual(await find({ field: 'metrics.rmse', op: 'lte', value: 0.5 }), ['a', 'c']);
      assert.deepEqual(await find({ field: 'metrics.f1.macro', op: 'gt', value: 0.8 }), ['a']);
      assert.deepEqual(await find({ field: 'tags.team.name', op: 'eq', value: 'x' }), ['b']);
      assert.deepEqual(await find({ field: 'metrics', op: 'exists' }), []);
    },
  },
  {
    name: 'names of fields and values are data, whatever they hold',
    async run(storage) {
      const hostile = `'"; drop table records; -- \`$1 ?`;
      await put(storage, 'c', 'a', 1, { [hostile]: hostile });
      const where: Where = { field: hostile, op: 'eq', value: hostile };
      assert.deepEqual(idsOf(await storage.query('c', { where, orderBy: [{ field: hostile, direction: 'asc' }] })), [
        'a',
      ]);
    },
  },
  {
    name: 'a large tree of conditions works, a huge one is refused',
    async run(storage) {
      await putAll(storage, 'c', kinds);
      const anyOf = (count: number): Where => ({
        or: Array.from({ length: count }, (_, i) => ({ field: 'v', op: 'eq', value: i + 1 })),
      });
      const nested = (depth: number): Where => (depth === 0 ? v('eq', 1) : { not: { not: nested(depth - 1) } });
      assert.deepEqual(idsOf(await storage.query('c', { where: anyOf(250) })), ['one']);
      assert.deepEqual(idsOf(await storage.query('c', { where: nested(50) })), ['one']);
      const values = Array.from({ length: 5_000 }, (_, i) => i + 1);
      assert.deepEqual(idsOf(await storage.query('c', { where: isIn(...values) })), ['one']);
      await rejectsWith('INVALID_INPUT', () => storage.query('c', { where: anyOf(1_000) }));
      await rejectsWith('INVALID_INPUT', () => storage.query('c', { where: nested(1_000) }));
    },
  },
  {
    name: 'malformed queries are refused',
    async run(storage) {
      const malformed: unknown[] = [
        { where: { field: 'v', op: 'matches', value: 'x' } },
        { where: { field: 'v', op: 'eq' } },
        { where: { field: 'v', op: 'eq', value: { $gt: 1 } } },
        { where: { field: 'v', op: 'in', values: 'x' } },
        { where: { field: 'v', op: 'prefix', value: 1 } },
        { where: { field: '', op: 'exists' } },
        { where: { and: v('eq', 1) } },
        { where: 'v = 1' },
        { where: {} },
        { orderBy: [{ field: 'v' }] },
        { orderBy: [{ field: 'v', direction: 'up' }] },
        { orderBy: 'v' },
        { orderBy: ['v'] },
        { limit: 0 },
        { limit: -1 },
        { limit: 1.5 },
        { limit: 50_001 },
        { limit: '10' },
        { cursor: 1 },
        { cursor: '' },
        { cursor: 'made up' },
        { cursor: Buffer.from('["x",[],1]').toString('base64url') },
        7,
      ];
      for (const query of malformed) {
        await rejectsWith('INVALID_INPUT', () => storage.query('c', query as object), JSON.stringify(query));
      }
    },
  },
];
