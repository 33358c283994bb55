import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type MeanSummary, meanDifference, meanInterval, meanRatio } from '../../src/stats/compare-means.js';
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

  it.each(reference.ratios)('as a ratio, $of, have the interval of scipy', ({ of, value, lower, upper }) => {
    expectSame(rateRatio(...of, 0.95), { value, lower, upper });
  });

  it('have a ratio where one is zero', () => {
    const { lower, upper } = rateRatio(0, 400, 200, 400, 0.95);
    expect(lower).toBeGreaterThan(0);
    expect(upper).toBeLessThan(0.1);
  });
});

describe('means', () => {
  const random = createRandom(4);
  const sample = (count: number, level: number): MeanSummary => {
    const values = Array.from({ length: count }, () => level * -Math.log(1 - random.next()));
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    return { count, mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1) };
  };

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

  it('of nothing but zeros are alike; a zero beside others says nothing sure', () => {
    const zero = { count: 50, mean: 0, variance: 0 };
    expect(meanRatio(zero, zero, 0.95)).toEqual({ value: 1, lower: 1, upper: 1 });
    expect(meanRatio(zero, { count: 50, mean: 1, variance: 1 }, 0.95)).toMatchObject({ lower: 0, upper: Infinity });
  });
});
