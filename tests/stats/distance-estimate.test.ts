import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DistanceEstimate,
  distanceBound,
  exceedanceError,
  ksEstimate,
  shortfallError,
  totalVariationEstimate,
} from '../../src/stats/distance-estimate.js';
import { ksTwoSample } from '../../src/stats/ks.js';
import { fluctuationLaw, mergeRare } from '../../src/stats/total-variation-law.js';
import { type Random, createRandom } from '../../src/util/random.js';
import { expectClose } from './reference.js';

const uniform = (random: Random, n: number, shift: number): Float64Array =>
  Float64Array.from({ length: n }, () => random.next() + shift);

function draw(random: Random, shares: readonly number[], rows: number): number[] {
  const counts = shares.map(() => 0);
  for (let row = 0; row < rows; row++) {
    let u = random.next();
    let category = 0;
    while (category < shares.length - 1 && u >= shares[category]!) u -= shares[category++]!;
    counts[category]!++;
  }
  return counts;
}

/** Five standard errors above the rate that is stated. */
const atMost = (error: number, rounds: number): number => error + 5 * Math.sqrt((error * (1 - error)) / rounds);

describe('bounds of the Kolmogorov–Smirnov distance', () => {
  test.each([
    { n: 50, m: 50, shift: 0 },
    { n: 50, m: 50, shift: 0.2 },
    { n: 400, m: 60, shift: 0.1 },
    { n: 400, m: 60, shift: 0.5 },
  ])('hold the true distance of uniform samples of $n and $m, $shift apart', ({ n, m, shift }) => {
    const random = createRandom(n + shift);
    const rounds = 1000;
    let [below, above] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const estimate = ksEstimate(ksTwoSample(uniform(random, n, 0), uniform(random, m, shift)).statistic, n, m);
      if (exceedanceError(estimate, shift) <= 0.05) below++;
      if (shift > distanceBound(estimate, 'upper', 0.05)) above++;
    }
    expect(below / rounds).toBeLessThan(atMost(0.05, rounds));
    expect(above / rounds).toBeLessThan(atMost(0.05, rounds));
  });

  test('are narrower than splitting the error between the samples', () => {
    const estimate = ksEstimate(0.5, 1000, 1000);
    const split = 2 * Math.sqrt(Math.log(8 / 0.05) / 2000);
    expect(0.5 - distanceBound(estimate, 'lower', 0.025)).toBeLessThan(0.92 * split);
    expect(distanceBound(estimate, 'upper', 0.025) - 0.5).toBeLessThan(0.65 * split);
  });

  test('make room for what a summary leaves open', () => {
    expectClose(
      distanceBound(ksEstimate(0.5, 1000, 1000, 0.01), 'lower', 0.05),
      distanceBound(ksEstimate(0.49, 1000, 1000), 'lower', 0.05),
    );
    expect(distanceBound(ksEstimate(0.01, 10, 10), 'lower', 0.05)).toBe(0);
    expect(distanceBound(ksEstimate(0.99, 10, 10), 'upper', 0.05)).toBe(1);
  });
});

describe('bounds of the total variation distance', () => {
  const even = (k: number): number[] => new Array<number>(k).fill(1 / k);
  const zipf = Array.from({ length: 20 }, (_, i) => 1 / (i + 1));
  const zipfTotal = zipf.reduce((sum, share) => sum + share, 0);
  /** Takes a share from the first category and spreads it evenly over the next ones. */
  const moved = (shares: readonly number[], share: number, over: number): number[] =>
    shares.map((p, i) => (i === 0 ? p - share : i <= over ? p + share / over : p));

  test.each([
    { name: 'two even categories', shares: even(2), over: 1, n: 200, m: 200 },
    { name: 'two skewed categories', shares: [0.97, 0.03], over: 1, n: 1000, m: 200 },
    { name: 'five even categories', shares: even(5), over: 1, n: 5000, m: 200 },
    { name: 'five categories, to all others', shares: even(5), over: 4, n: 1000, m: 50 },
    { name: 'skewed categories', shares: [0.9, 0.05, 0.03, 0.01, 0.01], over: 2, n: 1000, m: 50 },
    { name: 'twenty categories', shares: zipf.map((p) => p / zipfTotal), over: 1, n: 500, m: 500 },
    { name: 'mostly rare categories', shares: [0.5, ...even(300).map((p) => p / 2)], over: 300, n: 1000, m: 100 },
  ])('hold it at the threshold and find what is beyond: $name', ({ shares, over, n, m }) => {
    const random = createRandom(`${n}/${m}/${shares.length}/${over}`);
    const rounds = 800;
    const threshold = 0.1;
    let [alarms, strictAlarms, misses] = [0, 0, 0];
    for (let round = 0; round < rounds; round++) {
      const estimate = totalVariationEstimate(draw(random, shares, n), draw(random, moved(shares, threshold, over), m));
      const error = exceedanceError(estimate, threshold);
      if (error <= 0.05) alarms++;
      if (error <= 0.005) strictAlarms++;
      if (shortfallError(estimate, threshold) <= 0.05) misses++;
    }
    expect(alarms / rounds).toBeLessThan(atMost(0.05, rounds));
    expect(strictAlarms / rounds).toBeLessThan(atMost(0.005, rounds));
    expect(misses / rounds).toBeLessThan(atMost(0.05, rounds));
  });

  test('have the law of one normal deviate for two categories', () => {
    const law = fluctuationLaw([498, 498], [198, 198]);
    expectClose(law.degreesOfFreedom, 1, 1e-9);
    expectClose(law.scale, Math.sqrt(0.25 / 996 + 0.25 / 396));
  });

  test('put rare categories together, which a lower bound may do', () => {
    expect(mergeRare([60, 3, 40, 1], [50, 2, 60, 0])).toEqual([
      [60, 40, 4],
      [50, 60, 2],
    ]);
    const ids = totalVariationEstimate(
      Array.from({ length: 400 }, (_, i) => (i < 200 ? 1 : 0)),
      Array.from({ length: 400 }, (_, i) => (i < 200 ? 0 : 1)),
    );
    expectClose(ids.value, 1);
    expect(distanceBound(ids, 'lower', 0.05)).toBe(0);
    expect(distanceBound(ids, 'upper', 0.05)).toBe(1);
  });

  test('stay useful with very many categories', () => {
    const k = 3000;
    const apart = totalVariationEstimate(
      Array.from({ length: k }, (_, i) => (i < k / 2 ? 40 : 0)),
      Array.from({ length: k }, (_, i) => (i < k / 2 ? 0 : 40)),
    );
    expect(distanceBound(apart, 'lower', 0.025)).toBeGreaterThan(0.85);
  });

  test('of a single category are 0: it cannot differ', () => {
    const estimate = totalVariationEstimate([3000], [4000]);
    expect(estimate.value).toBe(0);
    expect(distanceBound(estimate, 'lower', 0.05)).toBe(0);
  });
});

test('bounds and p-values say the same', () => {
  const counts = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 4, maxLength: 4 });
  const someCounts = counts.filter((list) => list.some((count) => count > 0));
  const estimates: fc.Arbitrary<DistanceEstimate> = fc.oneof(
    fc
      .tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 5, max: 5000 }),
        fc.integer({ min: 5, max: 500 }),
      )
      .map(([value, n, m]) => ksEstimate(value, n, m)),
    fc.tuple(someCounts, someCounts).map(([a, b]) => totalVariationEstimate(a, b)),
  );
  const error = fc.double({ min: 1e-6, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(estimates, error, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (estimate, level, threshold) => {
      const lower = distanceBound(estimate, 'lower', level);
      const upper = distanceBound(estimate, 'upper', level);
      expect(lower).toBeLessThanOrEqual(estimate.value);
      expect(upper).toBeGreaterThanOrEqual(estimate.value);
      if (lower > threshold + 1e-9) expect(exceedanceError(estimate, threshold)).toBeLessThanOrEqual(level);
      if (lower < threshold - 1e-9) expect(exceedanceError(estimate, threshold)).toBeGreaterThanOrEqual(level);
      if (upper < threshold - 1e-9) expect(shortfallError(estimate, threshold)).toBeLessThanOrEqual(level);
      if (upper > threshold + 1e-9) expect(shortfallError(estimate, threshold)).toBeGreaterThanOrEqual(level);
    }),
  );
});
