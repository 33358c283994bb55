import { expect, it } from 'vitest';
import { checkChanges, checkCommitOptions } from '../../src/storage/checked-change.js';
import type { Change } from '../../src/storage/storage.js';

const put = (id: string, rest: Partial<Extract<Change, { kind: 'put' }>> = {}): Change => ({
  kind: 'put',
  collection: 'c',
  id,
  value: 1,
  expect: 'any',
  ...rest,
});

it('serializes values and flattens index fields', () => {
  const change = put('a', { value: { b: [1, -0] }, index: { n: 1, metrics: { rmse: NaN, 'f1.macro': 1 }, tags: {} } });
  expect(checkChanges([change])).toEqual([
    {
      kind: 'put',
      collection: 'c',
      id: 'a',
      text: '{"b":[1,0]}',
      index: new Map<string, unknown>([
        ['n', 1],
        ['metrics.rmse', NaN],
        ['metrics.f1.macro', 1],
      ]),
      expect: 'any',
    },
  ]);
});

it('tells a record from a stream of the same name, and records of different collections', () => {
  const changes: Change[] = [
    put('a'),
    put('a', { collection: 'd' }),
    { kind: 'append', stream: 'c\u00a0a', values: [] },
    { kind: 'append', stream: 'c/a', values: [] },
  ];
  expect(checkChanges(changes)).toHaveLength(4);
  expect(() => checkChanges([put('a'), { kind: 'check', collection: 'c', id: 'a', expect: 'absent' }])).toThrow(
    'twice',
  );
});

it('says which change is at fault, and where', () => {
  expect(() => checkChanges([put('a'), put('b', { value: { x: [0, Infinity] } })])).toThrow('changes[1].value.x[1]');
  expect(() => checkChanges([put('')])).toThrow('changes[0].id');
  expect(() => checkChanges('no' as unknown as Change[])).toThrow('array');
});

it('bounds the size of all values of a commit', () => {
  const value = 'x'.repeat(15 * 1024 * 1024);
  const changes = Array.from({ length: 18 }, (_, i) => put(String(i), { value }));
  expect(() => checkChanges(changes)).toThrow('256 MiB');
});

it('bounds the number of index fields', () => {
  const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`k${i}`, i]));
  expect(() => checkChanges([put('a', { index: { many } })])).toThrow('at most 10000');
});

it('bounds the length of text that records are found by', () => {
  expect(() => checkChanges([put('a', { index: { text: 'x'.repeat(16_385) } })])).toThrow('at most 16384');
});

it('refuses options of a commit that there are none of: the durability would be another than was asked for', () => {
  expect(checkCommitOptions({})).toBeUndefined();
  expect(checkCommitOptions({ durability: 'power' })).toBe('power');
  expect(() => checkCommitOptions({ durabilty: 'power' } as object)).toThrow(/no option "durabilty"/);
});
