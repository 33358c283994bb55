import { describe, expect, test } from 'vitest';
import { contingencyPermutation } from '../../src/stats/contingency-permutation.js';
import { createRandom } from '../../src/util/random.js';
import { expectClose } from './reference.js';

describe('permutation test of sparse counts', () => {
  test('approaches the exact share of tables at least as extreme', () => {
    // Of the C(8, 4) = 70 ways to choose four of {a, a, a, a, b, b, b, b}, 1 + 16 + 16 + 1 have at most one of a kind.
    const { statistic, pValue } = contingencyPermutation([3, 1], [1, 3], {
      random: createRandom(1),
      permutations: 9999,
    });
    expect(statistic).toBe(2);
    expect(Math.abs(pValue - 34 / 70)).toBeLessThan(0.02); // four standard errors
  });

  test('rejects equal distributions at its level, however sparse', () => {
    const random = createRandom('level');
    let rejected = 0;
    for (let round = 0; round < 300; round++) {
      const draw = (rows: number): number[] => {
        const counts = new Array<number>(30).fill(0);
        for (let i = 0; i < rows; i++) counts[Math.floor(30 * random.next() ** 3)]!++;
        return counts;
      };
      if (contingencyPermutation(draw(40), draw(25), { random, permutations: 99 }).pValue <= 0.05) rejected++;
    }
    // 5% of 300 is 15, four standard errors are 15.
    expect(rejected).toBeLessThanOrEqual(30);
    expect(rejected).toBeGreaterThan(0);
  });

  test('sees a difference, whichever sample is smaller', () => {
    const random = createRandom(3);
    const far = contingencyPermutation([20, 0, 1], [1, 10, 20], { random });
    expectClose(far.pValue, 1 / 2000);
    expect(contingencyPermutation([1, 10, 20], [20, 0, 1], { random }).pValue).toBe(far.pValue);
    expect(far.permutations).toBe(1999);
  });

  test('of a single category finds nothing', () => {
    expect(contingencyPermutation([5, 0], [7, 0], { random: createRandom(1), permutations: 9 })).toEqual({
      statistic: 0,
      pValue: 1,
      permutations: 9,
    });
  });

  test('refuses what is no pair of counts', () => {
    const random = createRandom(1);
    expect(() => contingencyPermutation([1], [1, 2], { random })).toThrow(/have 1 and 2 entries/);
    expect(() => contingencyPermutation([0], [0], { random })).toThrow(/counts nothing/);
    expect(() => contingencyPermutation([0.5, 1], [1, 1], { random })).toThrow(/needs whole counts/);
  });
});
