import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSamples } from '../../src/stats/compare-samples.js';
import { decileEdges, histogram } from '../../src/stats/histogram.js';
import { ksTwoSample } from '../../src/stats/ks.js';
import { wasserstein1, wassersteinNormalized } from '../../src/stats/wasserstein.js';
import { type Random, createRandom } from '../../src/util/random.js';

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** One value of a column, by the shape of its distribution. */
const shapes: Record<string, (random: Random, shift: number) => number> = {
  normal: (random, shift) => normal(random) + shift,
  uniform: (random, shift) => random.next() + shift,
  'heavy tails': (random, shift) => Math.tan(Math.PI * (random.next() - 0.5)) + shift,
  skewed: (random, shift) => Math.exp(3 * normal(random)) + shift,
  'few values': (random, shift) => Math.floor(random.next() * 7) + (shift > 0 && random.next() < shift ? 1 : 0),
  'mostly zero': (random, shift) => (random.next() < 0.6 ? 0 : normal(random) + shift),
  'nearly constant': (random, shift) => (random.next() < 0.001 ? shift : 100),
  'one far outlier': (random, shift) => (random.next() < 0.00002 ? 1e12 : normal(random) + shift),
  tiny: (random, shift) => (normal(random) + shift) * 1e-310,
  huge: (random, shift) => (normal(random) + shift) * 1e307,
  'gaps between values': (random, shift) => Math.round(random.next()) * 1e6 + random.next() + shift,
};

const sampleOf = (size: number, seed: string, draw: (random: Random) => number): Float64Array => {
  const random = createRandom(seed);
  return Float64Array.from({ length: size }, () => draw(random));
};

const present = (values: Float64Array): Float64Array => values.filter((value) => !Number.isNaN(value));

function expectSameAsOneByOne(reference: Float64Array, current: Float64Array): void {
  const [before, after] = [present(reference), present(current)];
  const { wasserstein, ...compared } = compareSamples(reference, current);
  const edges = decileEdges(before);
  const [lowest, highest] = [before.toSorted()[0]!, before.toSorted().at(-1)!];
  expect(compared).toEqual({
    n: before.length,
    m: after.length,
    ks: ksTwoSample(before, after),
    edges,
    referenceCounts: histogram(before, edges),
    currentCounts: histogram(after, edges),
    infinite: {
      reference: before.filter((x) => !Number.isFinite(x)).length,
      current: after.filter((x) => !Number.isFinite(x)).length,
    },
    lowest,
    highest,
    outside: after.filter((value) => value < lowest || value > highest).length,
  });
  expect(wasserstein.value).toBe(wasserstein1(before, after));
  const normalized = wassersteinNormalized(before, after);
  expect(wasserstein.normalized / normalized || 1).toBeCloseTo(1, 12);
}

describe('compareSamples', () => {
  for (const [name, draw] of Object.entries(shapes)) {
    it.each([0, 0.1, 3])(`gives the bits of the single statistics: ${name}, shift %d`, (shift) => {
      const reference = sampleOf(30_000, `${name}/a`, (random) => (random.next() < 0.05 ? NaN : draw(random, 0)));
      const current = sampleOf(20_000, `${name}/b`, (random) => (random.next() < 0.02 ? NaN : draw(random, shift)));
      expectSameAsOneByOne(reference, current);
      expectSameAsOneByOne(current, reference);
    });
  }

  it('takes infinities for values', () => {
    const some = (seed: string): Float64Array =>
      sampleOf(10_000, seed, (random) =>
        random.next() < 0.01 ? (random.next() < 0.5 ? 1 : -1) * Infinity : normal(random),
      );
    expectSameAsOneByOne(some('a'), some('b'));
  });

  it('agrees on samples of any size and any values', () => {
    const value = fc.oneof(
      fc.double({ noDefaultInfinity: true }),
      fc.integer({ min: -3, max: 3 }),
      fc.constant(1e-320),
    );
    const numbers = fc.array(value, { minLength: 1, maxLength: 30 }).filter((xs) => xs.some((x) => !Number.isNaN(x)));
    fc.assert(
      fc.property(numbers, numbers, fc.constantFrom(1, 700), (xs, ys, copies) => {
        const repeat = (values: number[]): Float64Array =>
          Float64Array.from(Array.from({ length: copies }, () => values).flat());
        expectSameAsOneByOne(repeat(xs), repeat(ys));
      }),
      { numRuns: 60 },
    );
  });

  it('has nothing to say of samples without values', () => {
    const nothing = new Float64Array(10_000).fill(NaN);
    const something = sampleOf(10_000, 'x', normal);
    expect(() => compareSamples(nothing, something)).toThrow('reference is empty');
    expect(() => compareSamples(something, nothing)).toThrow('current is empty');
  });
});
