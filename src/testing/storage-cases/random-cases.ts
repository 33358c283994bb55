import assert from 'node:assert/strict';
import type { IndexFields, IndexScalar, OrderBy, Where } from '../../storage/storage.js';
import { type Random, createRandom, randomInt } from '../../util/random.js';
import { evaluateQuery } from '../evaluate-query.js';
import { type StorageCase, putAll, walk } from './storage-case.js';

const fields = ['a', 'b', 'm.x', 'm.y.z', 'id'];
const scalars: readonly IndexScalar[] = [
  null,
  true,
  false,
  NaN,
  -Infinity,
  -1,
  0,
  0.5,
  2,
  Infinity,
  '',
  'a',
  'ab',
  '😀',
  '\u{ffff}',
];

const pick = <T>(random: Random, choices: readonly T[]): T => choices[randomInt(random, choices.length)]!;

function randomIndex(random: Random): IndexFields {
  const chosen = fields.filter((field) => field !== 'id' && random.next() < 0.7);
  return Object.fromEntries(chosen.map((field) => [field, pick(random, scalars)]));
}

function randomWhere(random: Random, depth: number): Where {
  const branch = depth === 0 ? 1 : random.next();
  if (branch < 0.2) return { not: randomWhere(random, depth - 1) };
  if (branch < 0.5) {
    const members = Array.from({ length: randomInt(random, 4) }, () => randomWhere(random, depth - 1));
    return branch < 0.35 ? { and: members } : { or: members };
  }
  const field = pick(random, fields);
  const op = pick(random, ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'prefix', 'exists'] as const);
  if (op === 'exists') return { field, op };
  if (op === 'in')
    return { field, op, values: Array.from({ length: randomInt(random, 4) }, () => pick(random, scalars)) };
  if (op === 'prefix') return { field, op, value: pick(random, ['', 'a', 'r1', '😀']) };
  return { field, op, value: pick(random, [...scalars, 'r2']) };
}

const randomOrder = (random: Random): OrderBy[] =>
  Array.from({ length: randomInt(random, 4) }, () => ({
    field: pick(random, fields),
    direction: pick(random, ['asc', 'desc'] as const),
  }));

export const randomCases: readonly StorageCase[] = [
  {
    name: 'random queries over random records give the pages that the definitions give',
    async run(storage) {
      const random = createRandom('random queries');
      const records = Array.from({ length: 40 }, (_, i) => ({ id: `r${i}`, index: randomIndex(random) }));
      await putAll(storage, 'c', Object.fromEntries(records.map(({ id, index }) => [id, index])));
      for (let i = 0; i < 150; i++) {
        const query = { where: randomWhere(random, 3), orderBy: randomOrder(random) };
        const limit = 1 + randomInt(random, 20);
        const found = await walk(storage, 'c', { ...query, limit });
        assert.deepEqual(found, evaluateQuery(records, query), JSON.stringify({ ...query, limit }));
      }
    },
  },
  {
    name: 'conditions that hold often, and together seldom, give what the definitions give',
    async run(storage) {
      const random = createRandom('often and seldom');
      const share = (): number => randomInt(random, 100) / 100;
      const records = Array.from({ length: 1_700 }, (_, i) => ({
        id: `r${i}`,
        index: { a: share(), b: share(), c: i % 7 === 0 ? null : share() },
      }));
      await putAll(storage, 'c', Object.fromEntries(records.map(({ id, index }) => [id, index])));
      const below = (field: string, value: number): Where => ({ field, op: 'lt', value });
      const both: Where = { and: [below('a', 0.65), below('b', 0.65)] };
      const none: Where = { and: [below('a', 0.7), { field: 'b', op: 'lt', value: 0 }] };
      const seldom: Where[] = [
        { and: [below('a', 0.7), below('b', 0.65), below('c', 0.75)] },
        { or: [both, { and: [below('b', 0.65), { field: 'c', op: 'gte', value: 0.7 }] }, none] },
        { and: [{ or: [both, below('c', 0.05)] }, below('a', 0.7), { field: 'c', op: 'ne', value: null }] },
      ];
      for (const where of seldom) {
        for (const orderBy of [[], [{ field: 'c', direction: 'desc' }]] as const) {
          const query = { where, orderBy };
          const found = await walk(storage, 'c', { ...query, limit: 400 });
          assert.deepEqual(found, evaluateQuery(records, query), JSON.stringify(query));
        }
      }
    },
  },
];
