import { expect, it } from 'vitest';
import { checkQuery, checkRange } from '../../src/storage/checked-query.js';
import type { Where } from '../../src/storage/storage.js';

it('fills in what a query leaves open', () => {
  expect(checkQuery('c')).toEqual({ where: undefined, orderBy: [], limit: 100, after: undefined });
});

it('drops sort keys after the id, which leaves no ties', () => {
  const orderBy = ['a', 'id', 'b'].map((field) => ({ field, direction: 'desc' as const }));
  expect(checkQuery('c', { orderBy }).orderBy).toEqual(orderBy.slice(0, 2));
});

it('copies conditions, so that the caller cannot alter a query under way', () => {
  const where = { and: [{ field: 'a', op: 'in' as const, values: [1] }] };
  const checked = checkQuery('c', { where });
  where.and[0]!.values.push(2);
  expect(checked.where).toEqual({ and: [{ field: 'a', op: 'in', values: [1] }] });
});

it.each<[string, Where]>([
  [
    'where.and[1].value',
    {
      and: [
        { field: 'a', op: 'exists' },
        { field: 'a', op: 'eq', value: [] as unknown as null },
      ],
    },
  ],
  ['where.not.or[0].op', { not: { or: [{ field: 'a', op: 'matches' as 'exists' }] } }],
  ['where.values[1]', { field: 'a', op: 'in', values: ['x', '\0'] }],
])('says that %s is wrong', (path, where) => {
  expect(() => checkQuery('c', { where })).toThrow(path);
});

it('bounds the fields, the values and the sort keys of a query', () => {
  const exists = (count: number): Where => ({
    and: Array.from({ length: count }, (_, i) => ({ field: `f${i}`, op: 'exists' })),
  });
  expect(() => checkQuery('c', { where: exists(33) })).toThrow('at most 32');
  const values = Array.from({ length: 10_001 }, (_, i) => i);
  expect(() => checkQuery('c', { where: { field: 'a', op: 'in', values } })).toThrow('10000');
  const orderBy = Array.from({ length: 9 }, () => ({ field: 'a', direction: 'asc' as const }));
  expect(() => checkQuery('c', { orderBy })).toThrow('at most 8');
});

it.each([
  [{}, { from: 0, to: Number.MAX_SAFE_INTEGER }],
  [
    { from: 3, limit: 4 },
    { from: 3, to: 7 },
  ],
  [
    { from: 3, to: 5, limit: 4 },
    { from: 3, to: 5 },
  ],
])('the range %j is %j', (range, expected) => {
  expect(checkRange(range)).toEqual(expected);
});
