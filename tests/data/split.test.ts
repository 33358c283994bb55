import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitByTime, splitRandom } from '../../src/data/split.js';
import { type Table, toTable } from '../../src/data/table.js';
import { createRandom } from '../../src/util/random.js';

const stamps = (table: Table): number[] =>
  Array.from({ length: table.rowCount }, (_, i) => table.row(i)['t'] as number);

describe('splitByTime', () => {
  it('holds back the latest rows and never splits a time stamp', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 2 }).filter((t) => new Set(t).size > 1),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (t, testSize) => {
          const { train, test } = splitByTime(toTable({ t }), 't', testSize);
          expect(Math.max(...stamps(train))).toBeLessThan(Math.min(...stamps(test)));
          expect([...stamps(train), ...stamps(test)].sort()).toEqual([...t].sort());
        },
      ),
    );
  });

  it('comes as near to the share as whole time stamps allow, and keeps the order of rows', () => {
    const { train, test } = splitByTime(toTable({ t: [3, 1, 1, 2, 1, 1, 3, 1, 2, 3] }), 't', 0.25);
    expect(stamps(test)).toEqual([3, 3, 3]);
    expect(stamps(train)).toEqual([1, 1, 2, 1, 1, 1, 2]);
  });

  it('works on dates', () => {
    const table = toTable({ t: ['2012-03-31', '2012-01-31', '2012-02-29'] });
    expect(splitByTime(table, 't', 0.34).test.row(0)).toEqual({ t: '2012-03-31T00:00:00.000Z' });
  });

  it.each([
    [['a', 'b'], 'holds text'],
    [[1, null], 'missing in 1 rows'],
    [[1, 1], 'one time stamp only'],
  ])('refuses a column that gives no order: %j', (t, message) => {
    expect(() => splitByTime(toTable({ t }), 't', 0.5)).toThrow(message);
  });
});

describe('splitRandom', () => {
  it('parts the rows, the same way for the same seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.nat(),
        (n, size, seed) => {
          const table = toTable({ t: Array.from({ length: n }, (_, i) => i) });
          const { train, test } = splitRandom(table, size, createRandom(seed));
          expect([...stamps(train), ...stamps(test)].sort((a, b) => a - b)).toEqual(stamps(table));
          expect(test.rowCount).toBe(Math.min(n - 1, Math.max(1, Math.round(size * n))));
          expect(splitRandom(table, size, createRandom(seed)).test.digest()).toBe(test.digest());
        },
      ),
    );
  });

  it('gives another part for another seed', () => {
    const table = toTable({ t: Array.from({ length: 100 }, (_, i) => i) });
    const parts = [1, 2].map((seed) => splitRandom(table, 0.3, createRandom(seed)).test.digest());
    expect(parts[0]).not.toBe(parts[1]);
  });

  it('refuses shares that are none and rows too few', () => {
    for (const size of [0, 1, -1, NaN]) {
      expect(() => splitRandom(toTable({ t: [1, 2] }), size, createRandom(1))).toThrow('testSize');
    }
    expect(() => splitRandom(toTable({ t: [1] }), 0.5, createRandom(1))).toThrow('cannot be split');
  });
});
