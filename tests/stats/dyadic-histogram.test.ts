import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DyadicHistogram, compareHistograms } from '../../src/stats/dyadic-histogram.js';
import { decileEdges, histogram } from '../../src/stats/histogram.js';
import { ksTwoSample } from '../../src/stats/ks.js';
import { createRandom } from '../../src/util/random.js';

const histogramOf = (...parts: Float64Array[]): DyadicHistogram => {
  const whole = new DyadicHistogram();
  for (const part of parts) {
    const shard = new DyadicHistogram();
    shard.add(part);
    whole.merge(shard);
  }
  return whole;
};

describe('DyadicHistogram', () => {
  it('is the same however the values were divided and ordered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.array(fc.nat(12_000), { maxLength: 4 }), (seed, cuts) => {
        const random = createRandom(seed);
        const values = Float64Array.from({ length: 12_000 }, () => Math.exp(6 * random.next()) - 20);
        const places = [0, ...cuts.sort((a, b) => a - b), values.length];
        const parts = places.slice(1).map((end, i) => values.subarray(places[i], end));
        const whole = new DyadicHistogram();
        whole.add(values.toReversed());
        const merged = histogramOf(...parts.toReversed());
        expect(merged.dropped).toBe(whole.dropped);
        expect(merged.bins()).toEqual(whole.bins());
      }),
      { numRuns: 20 },
    );
  });

  it('keeps up to 2048 distinct values as they are, signs, infinities and zeros too, and leaves NaN out', () => {
    const histogram = histogramOf(Float64Array.of(-0, 0, NaN, Infinity, -Infinity, 5e-324, -1.5, -1.5));
    expect(histogram.bins()).toEqual([
      [-Infinity, 1],
      [-1.5, 2],
      [0, 2],
      [5e-324, 1],
      [Infinity, 1],
    ]);
  });

  it('brackets the Kolmogorov–Smirnov distance of the samples, and gives it where values are few', () => {
    const random = createRandom(3);
    for (const [size, digits] of [
      [20_000, 17],
      [20_000, 2],
    ] as const) {
      for (const shift of [0, 0.05, 2]) {
        const draw = (by: number): Float64Array =>
          Float64Array.from({ length: size }, () =>
            Number((random.next() + random.next() - random.next() + by).toPrecision(digits)),
          );
        const [a, b] = [draw(0), draw(shift)];
        const { n, m, ks, referenceCounts, currentCounts } = compareHistograms(histogramOf(a), histogramOf(b));
        const { statistic } = ksTwoSample(a, b);
        expect(ks.least).toBeLessThanOrEqual(statistic);
        expect(ks.greatest).toBeGreaterThanOrEqual(statistic);
        expect(ks.greatest - ks.least).toBeLessThan(0.02);
        if (digits === 2) expect(ks.least).toBe(statistic);
        expect([n, m]).toEqual([size, size]);
        expect(referenceCounts.reduce((x, y) => x + y)).toBe(size);
        expect(currentCounts.reduce((x, y) => x + y)).toBe(size);
        expect(referenceCounts.length).toBeLessThanOrEqual(10);
      }
    }
  });

  it('counts between the deciles of the rows where bins hold one value each', () => {
    const few = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, 1e300, Infinity, -Infinity)), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(few, few, (x, y) => {
        const [a, b] = [Float64Array.from(x), Float64Array.from(y)];
        const { referenceCounts, currentCounts } = compareHistograms(histogramOf(a), histogramOf(b));
        const edges = decileEdges(a);
        expect(referenceCounts).toEqual(histogram(a, edges));
        expect(currentCounts).toEqual(histogram(b, edges));
      }),
    );
  });
});
