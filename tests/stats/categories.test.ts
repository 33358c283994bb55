import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { psi, psiBound, psiDeciles } from '../../src/stats/psi.js';
import { totalVariation } from '../../src/stats/total-variation.js';
import { type Random, createRandom } from '../../src/util/random.js';
import { expectClose, referenceCases } from './reference.js';

interface Case {
  readonly reference: number[];
  readonly current: number[];
  readonly psi: number;
  readonly expectedUnderNoDrift: number;
  readonly totalVariation: number;
}

const cases = referenceCases<Case>('categories').map((entry, i) => ({ ...entry, i }));
const counts = fc.array(fc.nat(50), { minLength: 4, maxLength: 4 }).filter((list) => list.some((count) => count > 0));

/** Counts of n draws from a distribution. */
function draw(random: Random, shares: readonly number[], n: number): number[] {
  const drawn = shares.map(() => 0);
  for (let i = 0; i < n; i++) {
    let rest = random.next();
    let category = 0;
    while (category < shares.length - 1 && (rest -= shares[category]!) >= 0) category++;
    drawn[category]!++;
  }
  return drawn;
}

const uniform = (k: number): number[] => Array.from({ length: k }, () => 1 / k);

/** Moves `mass` from the first category to the last. */
const moved = (shares: readonly number[], mass: number): number[] =>
  shares.map((share, i) => share + (i === 0 ? -mass : i === shares.length - 1 ? mass : 0));

const truePsi = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, share, i) => sum + (q[i]! - share) * Math.log(q[i]! / share), 0);

describe('population stability index', () => {
  test.each(cases)('agrees with numpy: case $i', (expected) => {
    const result = psi(expected.reference, expected.current);
    expectClose(result.value, expected.psi);
    expectClose(result.expectedUnderNoDrift, expected.expectedUnderNoDrift, 1e-14);
    expect(result.lower).toBeLessThanOrEqual(Math.max(0, result.value - result.expectedUnderNoDrift));
    expect(result.upper).toBeGreaterThanOrEqual(result.lower);
  });

  test('averages its expectation when nothing drifted', () => {
    const random = createRandom('mean');
    let sum = 0;
    for (let round = 0; round < 1000; round++) {
      sum += psi(draw(random, uniform(10), 500), draw(random, uniform(10), 300)).value;
    }
    expectClose(sum / 1000, 9 * (1 / 500 + 1 / 300), 0.06);
  });

  test.each([
    { n: 5000, m: 100, k: 10, mass: 0 },
    { n: 500, m: 500, k: 10, mass: 0 },
    { n: 1000, m: 300, k: 10, mass: 0.02 },
    { n: 5000, m: 2000, k: 10, mass: 0.05 },
    { n: 5000, m: 200, k: 4, mass: 0.15 },
  ])('interval holds the true index at its confidence: n $n, m $m, $k categories, $mass moved', ({ n, m, k, mass }) => {
    const random = createRandom(`${n}/${m}/${mass}`);
    const q = moved(uniform(k), mass);
    const truth = truePsi(uniform(k), q);
    let below = 0;
    let above = 0;
    const rounds = 1000;
    for (let round = 0; round < rounds; round++) {
      const { lower, upper } = psi(draw(random, uniform(k), n), draw(random, q, m), { confidence: 0.9 });
      if (truth < lower) below++;
      if (truth > upper) above++;
    }
    // 5% at each end; sampling adds up to 2.8% (four standard errors), the approximation up to 2.2%.
    expect(below / rounds).toBeLessThan(0.1);
    expect(above / rounds).toBeLessThan(0.1);
  });

  test('of empty categories stays finite, and a category never seen counts for nothing', () => {
    const result = psi([100, 0], [0, 100]);
    expectClose(result.value, 2 * (1 - 0.0001) * Math.log(1 / 0.0001));
    expect(psi([50, 50, 0], [40, 60, 0])).toEqual(psi([50, 50], [40, 60]));
    expect(psi([5], [7])).toEqual({ value: 0, expectedUnderNoDrift: 0, lower: 0, upper: 0 });
    expectClose(psi([100, 0], [99, 1], { floor: 0.01 }).value, 0.01 * Math.log(1 / 0.99));
  });

  test('is symmetric and not negative', () => {
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const forward = psi(a, b);
        const backward = psi(b, a);
        expectClose(forward.value, backward.value, 1e-12);
        expect(forward.value).toBeGreaterThanOrEqual(0);
        expect(forward.lower).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('of numbers is taken over the deciles of the reference', () => {
    const reference = Float64Array.from({ length: 1000 }, (_, i) => i);
    const current = Float64Array.from({ length: 1000 }, (_, i) => i / 2);
    // Deciles of the reference hold 20% of the current values each, up to 500, then none.
    const expected = 5 * (0.2 - 0.1) * Math.log(2) + 5 * (0.1 - 0.0001) * Math.log(0.1 / 0.0001);
    expectClose(psiDeciles(reference, current).value, expected, 1e-3);
    expect(psiDeciles(reference, reference).value).toBe(0);
    const estimate = psiDeciles(reference, current);
    expect(psiBound(estimate, 'lower', 0.005)).toBeLessThan(psiBound(estimate, 'lower', 0.025));
  });

  test('refuses what is no pair of counts', () => {
    expect(() => psi([1, 2], [1])).toThrow(/have 2 and 1 entries/);
    expect(() => psi([0, 0], [1, 2])).toThrow(/referenceCounts counts nothing/);
    expect(() => psi([1, 2], [1, NaN])).toThrow(/currentCounts\[1\] is NaN/);
    expect(() => psi([1], [1], { floor: 0 })).toThrow(/floor is 0/);
    expect(() => psi([1], [1], { confidence: 1 })).toThrow(/confidence is 1/);
    expect(() => psiDeciles(Float64Array.of(), Float64Array.of(1))).toThrow(/reference is empty/);
  });
});

describe('total variation distance', () => {
  test.each(cases)('agrees with numpy: case $i', (expected) => {
    expectClose(totalVariation(expected.reference, expected.current), expected.totalVariation);
  });

  test('is a metric on distributions, at most 1', () => {
    fc.assert(
      fc.property(counts, counts, counts, (a, b, c) => {
        expect(totalVariation(a, a)).toBe(0);
        expect(totalVariation(a, b)).toBe(totalVariation(b, a));
        expect(totalVariation(a, c)).toBeLessThanOrEqual(totalVariation(a, b) + totalVariation(b, c) + 1e-12);
        expect(totalVariation(a, b)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('refuses what is no pair of counts', () => {
    expect(() => totalVariation([1], [1, 2])).toThrow(/have 1 and 2 entries/);
    expect(() => totalVariation([1, 2], [0, 0])).toThrow(/currentCounts counts nothing/);
  });
});
