import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { energyDistance, energyTest } from '../../src/stats/energy-distance.js';
import { createRandom } from '../../src/util/random.js';
import { type Recipe, sample, uniforms } from '../reference/samples.js';
import { expectClose, referenceCases } from './reference.js';

interface Case {
  readonly name: string;
  readonly reference: Recipe;
  readonly current: Recipe;
  readonly energyDistance?: number;
}

const cases = referenceCases<Case>('distances').filter((entry) => entry.energyDistance !== undefined);
const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 12 });

describe('energy distance', () => {
  test.each(cases)('agrees with scipy: $name', ({ reference, current, energyDistance: expected }) => {
    expectClose(energyDistance(sample(reference), sample(current)), expected!);
  });

  test('of one column is that of the multivariate test', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [x, y] = [Float64Array.from(a), Float64Array.from(b)];
        const { statistic } = energyTest([x], [y], { random: createRandom(1), permutations: 1 });
        expect(statistic ** 2).toBeCloseTo(energyDistance(x, y) ** 2, 8);
      }),
    );
  });

  test('is infinite only where shares at an infinity differ', () => {
    expect(energyDistance(Float64Array.of(Infinity, 0), Float64Array.of(0, 0))).toBe(Infinity);
    expectClose(energyDistance(Float64Array.of(Infinity, 0), Float64Array.of(1, Infinity)), Math.SQRT1_2);
  });
});

describe('multivariate energy test', () => {
  const next = uniforms(5);
  /** Two columns on [0, 1), equal to each other or independent. */
  const columns = (rows: number, isCoupled: boolean): [Float64Array, Float64Array] => {
    const first = Float64Array.from({ length: rows }, () => next());
    return [first, isCoupled ? first.slice() : first.map(() => next())];
  };

  test('sees a change of dependence that no column shows', () => {
    const reference = columns(80, true);
    expect(energyTest(reference, columns(80, false), { random: createRandom(1) }).pValue).toBe(1 / 200);
    expect(energyTest(reference, columns(80, true), { random: createRandom(1) }).pValue).toBeGreaterThan(0.05);
  });

  test('rejects equal distributions at its level', () => {
    let rejected = 0;
    for (let round = 0; round < 200; round++) {
      const result = energyTest(columns(15, false), columns(10, false), {
        random: createRandom(round),
        permutations: 39,
      });
      if (result.pValue <= 0.1) rejected++;
    }
    // 10% of 200 is 20, four standard errors are 17.
    expect(rejected).toBeLessThanOrEqual(37);
    expect(rejected).toBeGreaterThanOrEqual(4);
  });

  test('gives the same bits for the same seed', () => {
    const [a, b] = [columns(20, false), columns(30, true)];
    const run = (seed: number) => energyTest(a, b, { random: createRandom(seed) });
    expect(run(7)).toEqual(run(7));
  });

  test('refuses rows that are infinitely far apart, whose order says nothing', () => {
    const random = createRandom(1);
    const near = Float64Array.from({ length: 20 }, () => next());
    for (const far of [Infinity, 1e200]) {
      const some = near.map((value, i) => (i % 5 === 0 ? far * (i % 2 === 0 ? 1 : -1) : value));
      expect(() => energyTest([near], [some], { random })).toThrow('infinitely far apart: leave out infinite values');
      expect(() => energyTest([some], [some], { random })).toThrow('infinitely far apart');
    }
  });

  test('refuses columns that do not match', () => {
    const random = createRandom(1);
    const one = Float64Array.of(1);
    expect(() => energyTest([one, one], [one], { random })).toThrow(/current must have the 2 columns/);
    expect(() => energyTest([one, Float64Array.of(1, 2)], [one, one], { random })).toThrow(/reference must have/);
    expect(() => energyTest([], [], { random })).toThrow(/reference has no columns/);
    expect(() => energyTest([new Float64Array(6000)], [one], { random })).toThrow(/6001 rows are too many/);
  });
});
