import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ecdfArea, ecdfAreaBySorting } from '../../src/stats/ecdf-area.js';
import { ecdfExtremes } from '../../src/stats/ecdf-extremes.js';
import { PairSum } from '../../src/stats/exact-sum.js';
import { decileEdges, histogram } from '../../src/stats/histogram.js';
import { quantile, quantiles } from '../../src/stats/quantile.js';
import { type Recipe, sample } from '../reference/samples.js';

const large: readonly [string, Recipe, Recipe][] = [
  ['alike', { shape: 'bell', n: 200_000, seed: 1 }, { shape: 'bell', n: 150_000, seed: 2 }],
  ['shifted', { shape: 'bell', n: 100_000, seed: 1 }, { shape: 'bell', n: 100_000, seed: 2, shift: 0.02 }],
  ['disjoint', { shape: 'uniform', n: 30_000, seed: 1 }, { shape: 'uniform', n: 20_000, seed: 2, shift: 5 }],
  ['heavy tails', { shape: 'heavy', n: 100_000, seed: 1 }, { shape: 'heavy', n: 90_000, seed: 2, scale: 1.01 }],
  ['no mean', { shape: 'skewed', n: 100_000, seed: 1 }, { shape: 'skewed', n: 90_000, seed: 2 }],
  ['few values', { shape: 'ties', n: 50_000, seed: 1, levels: 7 }, { shape: 'ties', n: 40_000, seed: 2, levels: 7 }],
  [
    'many ties',
    { shape: 'ties', n: 50_000, seed: 1, levels: 9999 },
    { shape: 'bell', n: 40_000, seed: 2, scale: 3000 },
  ],
  [
    'far from zero',
    { shape: 'bell', n: 50_000, seed: 1, shift: 1e9 },
    { shape: 'bell', n: 40_000, seed: 2, shift: 1e9 },
  ],
  ['identical', { shape: 'bell', n: 50_000, seed: 1 }, { shape: 'bell', n: 50_000, seed: 1 }],
  ['constant', { shape: 'constant', n: 5000 }, { shape: 'constant', n: 4000 }],
  ['tiny', { shape: 'bell', n: 5000, seed: 1, scale: 1e-310 }, { shape: 'bell', n: 4000, seed: 2, scale: 1e-310 }],
  ['huge', { shape: 'bell', n: 5000, seed: 1, scale: 8e307 }, { shape: 'bell', n: 4000, seed: 2, scale: 8e307 }],
  ['very unequal', { shape: 'bell', n: 80_000, seed: 1 }, [0.25, -0.5]],
];

/** Both extremes, with every value visited in order. */
function extremesBySorting(a: Float64Array, b: Float64Array): Record<'above' | 'below', [number, number]> {
  const x = a.toSorted();
  const y = b.toSorted();
  const visited: { value: number; difference: number; inReference: boolean }[] = [];
  let i = 0;
  let j = 0;
  for (const value of new Set([...x, ...y].sort((p, q) => p - q))) {
    const before = i;
    while (i < x.length && x[i]! <= value) i++;
    while (j < y.length && y[j]! <= value) j++;
    visited.push({ value, difference: i / x.length - j / y.length, inReference: i > before });
  }
  const first = (sign: number): [number, number] => {
    const best = visited.reduce((max, { difference }) => Math.max(max, sign * difference), -Infinity);
    const reached = visited.filter(({ difference }) => sign * difference === best);
    return [best, (reached.find(({ inReference }) => inReference) ?? reached[0]!).value];
  };
  return { above: first(1), below: first(-1) };
}

function expectSameExtremes(a: Float64Array, b: Float64Array): void {
  const expected = extremesBySorting(a, b);
  for (const side of ['above', 'below'] as const) {
    const { difference, location } = ecdfExtremes(a, b, side)[side];
    // Below every difference is one of zero, which the search starts from.
    if (expected[side][0] > 0) expect([difference, location]).toEqual(expected[side]);
    else expect(difference).toBeLessThanOrEqual(0);
  }
  const both = ecdfExtremes(a, b, 'both');
  const larger = expected.below[0] > expected.above[0] ? 'below' : 'above';
  expect([both[larger].difference, both[larger].location]).toEqual(expected[larger]);
}

describe('statistics of order without sorting', () => {
  test.each(large)('find the extremes of the distribution functions as sorting does: %s', (_, a, b) => {
    expectSameExtremes(sample(a), sample(b));
  });

  test.each(large)('measure the area between the distribution functions to the bits of sorting: %s', (_, a, b) => {
    expect(ecdfArea(sample(a), sample(b))).toBe(ecdfAreaBySorting(sample(a), sample(b)));
  });

  test('do so for any mixture of repeated and extreme values', () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
    const repeated = fc
      .array(fc.tuple(value, fc.integer({ min: 1, max: 800 })), { minLength: 1, maxLength: 12 })
      .map((runs) => Float64Array.from(runs.flatMap(([x, times]) => new Array<number>(times).fill(x + 0))));
    fc.assert(
      fc.property(repeated, repeated, (a, b) => {
        expectSameExtremes(a, b);
        expect(ecdfArea(a, b)).toBe(ecdfAreaBySorting(a, b));
      }),
      { numRuns: 60 },
    );
  });
});

describe('quantiles and histograms without sorting', () => {
  const edges = Float64Array.of(-1e9, -0.3, 0, 0, 0.1, 0.5, 2, 7, 1e300, Infinity);

  test.each(large)('find order statistics and bins as sorting does: %s', (_, recipe) => {
    const values = sample(recipe);
    const sorted = values.toSorted();
    const ps = [0, 0.0001, 0.1, 0.25, 0.5, 0.77, 0.9999, 1];
    expect(quantiles(values, ps)).toEqual(ps.map((p) => quantile(sorted, p)));
    const bins = Float64Array.from([...edges, ...decileEdges(values)].sort((a, b) => a - b));
    const expected = new Array<number>(bins.length + 1).fill(0);
    for (const value of values) expected[bins.filter((edge) => edge < value).length]!++;
    expect(histogram(values, bins)).toEqual(expected);
  });

  test('leave NaN out among many values', () => {
    const values = sample({ shape: 'uniform', n: 5000, seed: 1 });
    values[7] = NaN;
    expect(histogram(values, Float64Array.of(2))).toEqual([4999, 0]);
  });
});

describe('sum in pairs', () => {
  test('keeps what a double loses', () => {
    const sum = new PairSum();
    for (const value of [1e16, 1, -1e16, 2 ** -40]) sum.add(value);
    expect(sum.value()).toBe(1 + 2 ** -40);
  });

  test('adds products exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        const sum = new PairSum();
        sum.addProduct(a, b);
        sum.add(-Number(BigInt(a) * BigInt(b)));
        expect(sum.value()).toBe(Number(BigInt(a) * BigInt(b) - BigInt(Number(BigInt(a) * BigInt(b)))));
      }),
    );
  });
});
