import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { meanDifference, meanInterval, meanRatio } from '../../src/stats/compare-means.js';
import { rateRatio } from '../../src/stats/rate-ratio.js';
import { type Estimate, wilson } from '../../src/stats/wilson.js';
import { createRandom } from '../../src/util/random.js';

/** From scipy; see make_rates_reference.py beside it. */
const reference = JSON.parse(readFileSync('tests/reference-models/rates.json', 'utf8')) as {
  shares: { hits: number; count: number; lower: number; upper: number }[];
  ratios: ({ of: [number, number, number, number] } & Estimate)[];
};

const expectSame = (ours: Estimate, theirs: Partial<Estimate>): void => {
  for (const [name, value] of Object.entries(theirs)) {
    expect(Math.abs(ours[name as keyof Estimate] - value), name).toBeLessThan(1e-10 * Math.max(1, value));
  }
};

describe('shares', () => {
  it.each(reference.shares)('of $hits in $count have the interval of scipy', ({ hits, count, lower, upper }) => {
    expectSame(wilson(hits, count, 0.95), { lower, upper });
  });

  it.each(reference.ratios)('as a ratio, $of, have the value of scipy', ({ of, value }) => {
    expectSame(rateRatio(...of, 0.95), { value });
  });

  // scipy.stats.binomtest(…).proportion_ci(0.95, method='exact') of both, put together as Donner & Zou 2012 publish it.
  it.each<[[number, number, number, number], number, number]>([
    [[10, 100, 20, 100], 0.2249012507206282, 1.03888190529831],
    [[300, 1000, 290, 900], 0.8124460504929576, 1.0671936521334529],
    [[1, 50, 49, 50], 0.0005165565125996617, 0.10916659534082407],
    [[100, 100, 90, 100], 1.0397651207026972, 1.2139201649095417],
    [[30, 30, 2500, 3000], 1.0601483870843869, 1.2202453758299112],
  ])('as a ratio, %j, have the published interval', (of, lower, upper) => {
    expectSame(rateRatio(...of, 0.95), { lower, upper });
  });

  it('have a ratio where one is zero', () => {
    const { lower, upper } = rateRatio(0, 400, 200, 400, 0.95);
    expect(lower).toBe(0);
    expect(upper).toBeLessThan(0.1);
    expect(rateRatio(0, 100, 0, 300, 0.95)).toMatchObject({ lower: 0, upper: Infinity });
  });

  it('have a ratio that is not taken for known because all of few rows were hits', () => {
    // By Katz's logarithms the interval of 30 of 30 beside 2,280 of 3,000 is 1.28 to 1.35 at 99%, and a group of which 95% are
    // selected beside 76%, a ratio of 1.25, was proved to be more in a fifth.
    const truth = 1.25;
    const random = createRandom(9);
    const draw = (count: number, share: number): number =>
      Array.from({ length: count }, () => Number(random.next() < share)).reduce((sum, hit) => sum + hit, 0);
    let [above, below] = [0, 0];
    for (let round = 0; round < 500; round++) {
      const { lower, upper } = rateRatio(draw(30, 0.95), 30, draw(3000, 0.95 / truth), 3000, 0.99);
      if (lower > truth) above++;
      if (upper < truth) below++;
    }
    expect(above).toBeLessThan(8); // 0.5%, and three standard errors
    expect(below).toBeLessThan(8);
  });
});

describe('means', () => {
  const random = createRandom(4);
  const sample = (count: number, level: number): Float64Array =>
    Float64Array.from({ length: count }, () => level * -Math.log(1 - random.next()));

  it('lie within their intervals as often as these say', () => {
    const repeats = 2000;
    let [mean, difference, ratio] = [0, 0, 0];
    const covers = ({ lower, upper }: Estimate, truth: number): number => Number(lower <= truth && truth <= upper);
    for (let i = 0; i < repeats; i++) {
      const [a, b] = [sample(200, 3), sample(300, 2)];
      mean += covers(meanInterval(a, 0.9), 3);
      difference += covers(meanDifference(a, b, 0.9), 1);
      ratio += covers(meanRatio(a, b, 0.9), 1.5);
    }
    for (const hits of [mean, difference, ratio]) expect(Math.abs(hits / repeats - 0.9)).toBeLessThan(0.025);
  });

  it('are not taken for known because a few rows happen to lie together', () => {
    // With normal quantiles such a group was proved to have the lesser mean in 3% by the difference, for 0.5% stated.
    let [below, belowRatio] = [0, 0];
    const repeats = 3000;
    for (let i = 0; i < repeats; i++) {
      const [a, b] = [sample(30, 1), sample(300, 1)];
      below += Number(meanDifference(a, b, 0.99).upper < 0);
      belowRatio += Number(meanRatio(a, b, 0.99).upper < 1);
    }
    expect(below / repeats).toBeLessThan(0.017);
    expect(belowRatio / repeats).toBeLessThan(0.017);
  });

  it('have a difference of as many degrees of freedom as its rows have', () => {
    // scipy.stats.t.ppf(0.995, 2) * sqrt(2 * 1 / 3), of two samples whose skewness is 0
    const [a, b] = [Float64Array.of(4, 5, 6), Float64Array.of(1, 2, 3)];
    expect(meanDifference(a, b, 0.99)).toMatchObject({ value: 3 });
    expect(meanDifference(a, b, 0.99).upper - 3).toBeCloseTo(9.924843200918294 * Math.sqrt(2 / 3), 10);
  });

  it('of nothing but zeros are alike; a zero beside others says nothing sure', () => {
    const zero = new Float64Array(50);
    expect(meanRatio(zero, zero, 0.95)).toEqual({ value: 1, lower: 1, upper: 1 });
    expect(meanRatio(zero, sample(50, 1), 0.95)).toMatchObject({ lower: 0, upper: Infinity });
  });
});
