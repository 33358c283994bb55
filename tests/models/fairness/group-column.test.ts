import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toTable } from '../../../src/data/table.js';
import { groupsOf } from '../../../src/models/fairness/group-column.js';

const groupsIn = (values: readonly (number | null)[]) => groupsOf(toTable(values.map((x) => ({ x }))).column('x'));

/** How many rows each group has, by name. */
function sizes(values: readonly (number | null)[]): Readonly<Record<string, number>> {
  const { names, codes } = groupsIn(values);
  return Object.fromEntries(names.map((name, i) => [name, codes.filter((code) => code === i).length]));
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('the groups of a numeric column', () => {
  it('are its numbers when there are few, or quarters of the rows', () => {
    expect(sizes([1, 2, 2, null])).toEqual({ '1': 1, '2': 2, '(missing)': 1 });
    expect(sizes([...upTo(101), null])).toEqual({
      'up to 26': 26,
      '26 to 51': 25,
      '51 to 76': 25,
      'above 76': 25,
      '(missing)': 1,
    });
  });

  it('are fewer where many rows have one number: none is empty', () => {
    const zeros = Array.from({ length: 60 }, () => 0);
    expect(sizes([...zeros, ...upTo(40)])).toEqual({ 'up to 0': 60, '0 to 15.25': 15, 'above 15.25': 25 });
    const most = Array.from({ length: 60 }, () => 99);
    expect(sizes([...most, ...upTo(40)])).toEqual({ 'up to 25.75': 25, 'above 25.75': 75 });
  });

  it('have rows each, in rising order, whatever the numbers', () => {
    const column = fc.array(fc.oneof(fc.constantFrom(0, 1, 7), fc.integer({ min: -99, max: 99 })), { minLength: 1 });
    fc.assert(
      fc.property(column, (values) => {
        const { names, codes } = groupsIn(values);
        expect(new Set(codes).size).toBe(names.length);
        expect(new Set(names).size).toBe(names.length);
        const rising = values.map((value, i) => [value, codes[i]!] as const).sort(([a], [b]) => a - b);
        for (const [i, [, code]] of rising.entries()) expect(code).toBeGreaterThanOrEqual(rising[i - 1]?.[1] ?? 0);
      }),
    );
  });
});
