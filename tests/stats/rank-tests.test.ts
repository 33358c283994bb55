import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { andersonDarling } from '../../src/stats/anderson-darling.js';
import { cramerVonMises } from '../../src/stats/cramer-von-mises.js';
import { cramerVonMisesSf } from '../../src/stats/distributions/cramer-von-mises.js';
import { createRandom } from '../../src/util/random.js';
import { type Recipe, sample } from '../reference/samples.js';
import { expectClose, referenceCases } from './reference.js';

interface Found {
  readonly cramerVonMises: number;
  readonly cramerVonMisesPValue: number;
  readonly andersonDarling?: number;
  readonly andersonDarlingPValue?: number;
  readonly bound?: string;
}

interface Case extends Found {
  readonly name: string;
  readonly reference: Recipe;
  readonly current: Recipe;
  /** With ties whose effect on the level is taken into account; SciPy has nothing of the kind. */
  readonly corrected?: Found;
}

const corrected = { ties: 'corrected' } as const;

const cases = referenceCases<Case>('rank-tests');
const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 15 });

describe('Cramér–von Mises test', () => {
  test.each(cases)('agrees with scipy: $name', (expected) => {
    const result = cramerVonMises(sample(expected.reference), sample(expected.current));
    // The statistic is the difference of two terms that grow with the samples.
    expect(result.statistic).toBeCloseTo(expected.cramerVonMises, 9);
    const tolerance = expected.cramerVonMisesPValue * 1e-9 + 1e-14;
    expect(Math.abs(result.pValue - expected.cramerVonMisesPValue)).toBeLessThanOrEqual(tolerance);
  });

  test('exact and asymptotic agree for moderate samples', () => {
    const a = sample({ shape: 'bell', n: 20, seed: 1 });
    const b = sample({ shape: 'bell', n: 19, seed: 2, shift: 0.3 });
    const exact = cramerVonMises(a, b, { method: 'exact' });
    const asymptotic = cramerVonMises(a, b, { method: 'asymptotic' });
    expect([exact.method, asymptotic.method]).toEqual(['exact', 'asymptotic']);
    expectClose(exact.pValue, asymptotic.pValue, 0.05);
  });

  test('is symmetric in its samples', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const forward = cramerVonMises(Float64Array.from(a), Float64Array.from(b));
        const backward = cramerVonMises(Float64Array.from(b), Float64Array.from(a));
        expect(forward.statistic).toBeCloseTo(backward.statistic, 10);
        expect(forward.pValue).toBeCloseTo(backward.pValue, 10);
      }),
      { numRuns: 30 },
    );
  });

  test('limit distribution has the published percentage points', () => {
    // Anderson & Darling 1952, table 1
    expectClose(cramerVonMisesSf(0.46136), 0.05, 1e-4);
    expectClose(cramerVonMisesSf(0.74346), 0.01, 1e-4);
    expect(cramerVonMisesSf(0)).toBe(1);
    expect(cramerVonMisesSf(NaN)).toBeNaN();
    expect(cramerVonMisesSf(50)).toBeLessThan(1e-14);
  });
});

describe('rank tests of tied values', () => {
  const random = createRandom(5);
  const shapes: Record<string, () => number> = {
    'two values': () => Number(random.next() < 0.3),
    'ten values': () => Math.floor(random.next() * 10),
    'many zeros': () => Math.max(0, random.next() - 0.5),
  };
  test.each(cases)('agree with their reference, and with scipy without ties: $name', (expected) => {
    const [x, y] = [sample(expected.reference), sample(expected.current)];
    const found = expected.corrected ?? expected;
    const { statistic, pValue } = cramerVonMises(x, y, corrected);
    expect(statistic).toBeCloseTo(found.cramerVonMises, 9);
    expect(Math.abs(pValue - found.cramerVonMisesPValue)).toBeLessThanOrEqual(
      found.cramerVonMisesPValue * 1e-9 + 1e-14,
    );
    if (found.andersonDarling === undefined) return;
    const tails = andersonDarling([x, y], corrected);
    expect(tails.statistic).toBeCloseTo(found.andersonDarling, 9);
    expectClose(tails.pValue, found.andersonDarlingPValue!, 1e-9);
    expect(tails.bound).toBe(found.bound);
  });

  test.each(Object.keys(shapes))('alarm as seldom as they say: %s', (name) => {
    const rounds = 400;
    const draw = (count: number) => Float64Array.from({ length: count }, shapes[name]!);
    for (const [n, m] of [
      [500, 150],
      [30, 40],
    ] as const) {
      const alarms = { cramerVonMises: 0, andersonDarling: 0 };
      for (let round = 0; round < rounds; round++) {
        const [x, y] = [draw(n), draw(m)];
        if (cramerVonMises(x, y, corrected).pValue <= 0.05) alarms.cramerVonMises++;
        if (andersonDarling([x, y], corrected).pValue <= 0.05) alarms.andersonDarling++;
      }
      // 5% are expected; 9% and more are so of a true share of 5% in one case of a thousand.
      expect(alarms.cramerVonMises / rounds).toBeLessThan(0.09);
      expect(alarms.andersonDarling / rounds).toBeLessThan(0.09);
    }
  });

  test('of one value only are no difference, and have no exact distribution', () => {
    const [x, y] = [new Float64Array(1000).fill(3), new Float64Array(30).fill(3)];
    expect(cramerVonMises(x, y, corrected)).toEqual({ statistic: 0, pValue: 1, method: 'asymptotic' });
    expect(() => cramerVonMises(x, y, { ...corrected, method: 'exact' })).toThrow('without ties only');
    expect(cramerVonMises(Float64Array.of(0, 0, 1), Float64Array.of(0, 1, 1), corrected).pValue).toBeGreaterThan(0.3);
  });
});

describe('Anderson–Darling test', () => {
  test.each(cases.filter((entry) => entry.andersonDarling !== undefined))('agrees with scipy: $name', (expected) => {
    const result = andersonDarling([sample(expected.reference), sample(expected.current)]);
    expect(result.statistic).toBeCloseTo(expected.andersonDarling!, 9);
    expectClose(result.pValue, expected.andersonDarlingPValue!, 1e-9);
    expect(result.bound).toBe(expected.bound);
  });

  test('agrees with scipy on three samples', () => {
    // stats.anderson_ksamp([[38.7, 41.5, 43.8, 44.5, 45.5, 46.0], [39.2, 39.3, 39.7, 41.4, 41.8, 42.9],
    //                       [34.0, 35.0, 39.0, 40.0, 43.0, 43.0]], variant='midrank')
    const { statistic, pValue } = andersonDarling([
      Float64Array.of(38.7, 41.5, 43.8, 44.5, 45.5, 46.0),
      Float64Array.of(39.2, 39.3, 39.7, 41.4, 41.8, 42.9),
      Float64Array.of(34.0, 35.0, 39.0, 40.0, 43.0, 43.0),
    ]);
    expectClose(statistic, 2.074931214327652);
    expectClose(pValue, 0.043115028063554474, 1e-9);
  });

  test('refuses what it cannot compare', () => {
    expect(() => andersonDarling([Float64Array.of(1, 2)])).toThrow(/at least 2 samples, got 1/);
    expect(() => andersonDarling([Float64Array.of(1, 1), Float64Array.of(1, 1)])).toThrow(/two different ones/);
    expect(() => andersonDarling([Float64Array.of(1), Float64Array.of(2)])).toThrow(/at least four values/);
    expect(() => andersonDarling([Float64Array.of(1), Float64Array.of()])).toThrow(/samples\[1\] is empty/);
  });
});
