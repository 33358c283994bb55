import { describe, expect, it } from 'vitest';
import { FeatureReader } from '../../src/models/feature-reader.js';

const read = (names: readonly string[], row: object): number[] => {
  const out = new Float64Array(names.length);
  const readings = names.map((name) => ({ name, type: 'numeric' as const }));
  new FeatureReader(readings).readRow(row as Record<string, unknown>, out);
  return [...out];
};

describe('FeatureReader', () => {
  it.each([
    ['an object literal', { a: 1, b: '2' }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1, b: 2 })],
    ['an instance of a class', Object.assign(new (class Bond {})(), { a: 1, b: 2 })],
  ])('reads %s', (_, row) => {
    expect(read(['a', 'b', 'c'], row)).toEqual([1, 2, NaN]);
  });

  it('takes only what a row has itself: as a table of such rows does', () => {
    expect(read(['a', 'b'], Object.assign(Object.create({ a: 5 }) as object, { b: 2 }))).toEqual([NaN, 2]);
    expect(read(['length', 'a'], Object.assign([1, 2], { a: 3 }))).toEqual([2, 3]);
  });

  it.each(['constructor', 'toString', '__proto__', 'valueOf'])('reads a feature called %s like any other', (name) => {
    expect(read([name, 'a'], { a: 1 })).toEqual([NaN, 1]);
    expect(read([name, 'a'], JSON.parse(`{ "a": 1, "${name}": 4 }`) as object)).toEqual([4, 1]);
  });
});
