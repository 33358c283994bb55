import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hellinger } from '../../src/stats/hellinger.js';
import { jensenShannon } from '../../src/stats/jensen-shannon.js';
import { expectClose, referenceCases } from './reference.js';

interface Case {
  readonly reference: number[];
  readonly current: number[];
  readonly jensenShannon: number;
  readonly jensenShannonBase2: number;
  readonly hellinger: number;
}

const cases = referenceCases<Case>('categories').map((entry, i) => ({ ...entry, i }));
const counts = fc.array(fc.nat(50), { minLength: 4, maxLength: 4 }).filter((list) => list.some((count) => count > 0));

describe.each([
  ['Jensen–Shannon', jensenShannon, Math.sqrt(Math.LN2)],
  ['Hellinger', hellinger, 1],
])('%s distance', (_, distance, largest) => {
  test('is a metric with a largest value', () => {
    fc.assert(
      fc.property(counts, counts, counts, (a, b, c) => {
        expect(distance(a, a)).toBe(0);
        expectClose(distance(a, b), distance(b, a), 1e-12);
        expect(distance(a, c)).toBeLessThanOrEqual(distance(a, b) + distance(b, c) + 1e-9);
        expect(distance(a, b)).toBeLessThanOrEqual(largest + 1e-15);
      }),
    );
    expectClose(distance([3, 0], [0, 5]), largest);
  });

  test('refuses what is no pair of counts', () => {
    expect(() => distance([1], [1, 2])).toThrow(/have 1 and 2 entries/);
    expect(() => distance([0], [1])).toThrow(/referenceCounts counts nothing/);
  });
});

test.each(cases)('distances agree with scipy and numpy: case $i', (expected) => {
  const { reference, current } = expected;
  expectClose(jensenShannon(reference, current), expected.jensenShannon);
  expectClose(jensenShannon(reference, current, { unit: 'bits' }), expected.jensenShannonBase2);
  expectClose(hellinger(reference, current), expected.hellinger);
});

test('the Jensen–Shannon distance of nearly equal distributions keeps its digits', () => {
  // For p = ½ + ε against ½ the divergence is ε²/2 + O(ε⁴).
  expectClose(jensenShannon([5e8 + 1, 5e8 - 1], [5e8, 5e8]), 1e-9 / Math.SQRT2, 1e-7);
});
