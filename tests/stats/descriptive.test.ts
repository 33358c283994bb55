import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decileEdges, histogram } from '../../src/stats/histogram.js';
import { moments } from '../../src/stats/moments.js';
import { quantile } from '../../src/stats/quantile.js';
import { mean, standardDeviation, variance } from '../../src/stats/variance.js';
import { type Recipe, sample } from '../reference/samples.js';
import { expectClose, referenceCases } from './reference.js';

interface Case {
  readonly name: string;
  readonly values: Recipe;
  readonly mean: number;
  readonly variance: number;
  readonly sampleVariance?: number;
  readonly quantiles: readonly [number, number][];
  readonly edges: number[];
  readonly counts: number[];
}

const cases = referenceCases<Case>('descriptive');

describe('mean, variance and quantiles', () => {
  test.each(cases)('agree with numpy: $name', (expected) => {
    const values = sample(expected.values);
    expectClose(mean(values), expected.mean);
    expectClose(variance(values), expected.variance);
    expectClose(standardDeviation(values), Math.sqrt(expected.variance));
    if (expected.sampleVariance !== undefined) expectClose(variance(values, 1), expected.sampleVariance);
    const sorted = values.toSorted();
    for (const [p, value] of expected.quantiles) expectClose(quantile(sorted, p), value, 1e-14);
    expect(histogram(values, Float64Array.from(expected.edges))).toEqual(expected.counts);
  });

  test('survive a large offset and the range of doubles', () => {
    const values = Float64Array.of(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16);
    expect(variance(values, 1)).toBe(30);
    expectClose(standardDeviation(Float64Array.of(-1e300, 1e300)), 1e300);
    expect(mean(Float64Array.of(Infinity, 1))).toBe(Infinity);
    expect(mean(Float64Array.of(1e100, 1, -1e100))).toBe(1 / 3);
  });

  test('refuse what has none', () => {
    expect(() => mean(Float64Array.of())).toThrow(/values is empty/);
    expect(() => variance(Float64Array.of(1), 1)).toThrow(/needs at least 2 values, got 1/);
    expect(() => quantile(Float64Array.of(), 0.5)).toThrow(/sorted is empty/);
    expect(() => quantile(Float64Array.of(1), 1.5)).toThrow(/p is 1.5/);
  });

  test('quantiles next to infinities and across the whole range stay numbers', () => {
    const sorted = Float64Array.of(-Infinity, 0, Infinity);
    expect([0, 0.2, 0.3, 0.5, 0.7, 0.8, 1].map((p) => quantile(sorted, p))).toEqual([
      -Infinity,
      -Infinity,
      0,
      0,
      0,
      Infinity,
      Infinity,
    ]);
    expect(quantile(Float64Array.of(-Number.MAX_VALUE, Number.MAX_VALUE), 0.5)).toBe(0);
    expect(quantile(Float64Array.of(Infinity, Infinity), 0.5)).toBe(Infinity);
  });
});

describe('decile bins', () => {
  test.each(cases.filter(({ name, edges }) => edges.length === 9 && !name.includes('and')))(
    'are numpy’s deciles for continuous data: $name',
    ({ values, edges }) => {
      const own = decileEdges(sample(values));
      expect(own).toHaveLength(9);
      own.forEach((edge, i) => expectClose(edge, edges[i]!, 1e-14));
    },
  );

  test('give a frequent value a bin of its own', () => {
    const reference = Float64Array.from({ length: 100 }, (_, i) => (i < 5 ? 0 : 1));
    const edges = decileEdges(reference);
    expect(histogram(reference, edges)).toEqual([5, 95, 0]);
    expect(histogram(Float64Array.of(0.999, 1, 1.001), edges)).toEqual([1, 1, 1]);
  });

  test('tell a constant from anything below and above it', () => {
    for (const constant of [0, 5, -5, 1e-320, -Infinity, Infinity]) {
      const edges = decileEdges(new Float64Array(20).fill(constant));
      const counts = histogram(Float64Array.of(-Infinity, -7, constant, 7, Infinity), edges);
      const own = histogram(Float64Array.of(constant), edges).indexOf(1);
      expect(counts[own]).toBe(Number.isFinite(constant) ? 1 : 2);
    }
  });

  test('are ascending, distinct, at most ten, and count every value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true })), { minLength: 1 }),
        (x) => {
          const values = Float64Array.from(x);
          const edges = decileEdges(values);
          expect(edges.length).toBeLessThanOrEqual(9);
          edges.forEach((edge, i) => i > 0 && expect(edge).toBeGreaterThan(edges[i - 1]!));
          expect(histogram(values, edges).reduce((sum, count) => sum + count, 0)).toBe(values.length);
        },
      ),
    );
  });

  test('NaN is in no bin', () => {
    expect(histogram(Float64Array.of(NaN, 1), Float64Array.of(0))).toEqual([0, 1]);
  });
});

describe('mergeable moments', () => {
  test.each(cases.filter(({ name }) => !name.includes('million')))(
    'agree with numpy however split: $name',
    (expected) => {
      const values = sample(expected.values);
      const cut = Math.floor(values.length / 3);
      const parts = [values.subarray(0, cut), values.subarray(cut)].map((part) => {
        const state = moments.create();
        part.forEach((value) => moments.add(state, value));
        return state;
      });
      const merged = moments.value(moments.merge(parts[0]!, parts[1]!));
      expect(merged.count).toBe(values.length);
      expectClose(merged.mean!, expected.mean);
      if (expected.sampleVariance !== undefined) expectClose(merged.variance!, expected.sampleVariance);
      expect(merged.min).toBe(values.reduce((a, b) => Math.min(a, b)));
      expect(merged.max).toBe(values.reduce((a, b) => Math.max(a, b)));
    },
  );

  test('are their own JSON', () => {
    const state = moments.create();
    moments.add(state, 2);
    const restored = JSON.parse(JSON.stringify(state)) as typeof state;
    moments.add(restored, 4);
    expect(moments.value(restored)).toEqual({ count: 2, mean: 3, variance: 2, min: 2, max: 4 });
  });

  test('know nothing of nothing', () => {
    expect(moments.value(moments.create())).toEqual({ count: 0 });
    expect(moments.value(moments.merge(moments.create(), moments.create()))).toEqual({ count: 0 });
    expect(() => moments.add(moments.create(), NaN)).toThrow(/finite numbers, got NaN/);
  });
});
