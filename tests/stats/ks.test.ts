import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ksTwoSample } from '../../src/stats/ks.js';
import { type Recipe, sample } from '../reference/samples.js';
import { expectClose, referenceCases, toNumber } from './reference.js';

interface Case {
  readonly name: string;
  readonly reference: Recipe;
  readonly current: Recipe;
  readonly alternative: 'two-sided' | 'less' | 'greater';
  readonly method: 'auto' | 'asymptotic';
  readonly statistic: number;
  readonly pValue: number;
  readonly used: string;
  readonly location: number | string;
  readonly sign: number;
}

const numbers = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })), {
  minLength: 1,
  maxLength: 30,
});

describe('two-sample Kolmogorov–Smirnov test', () => {
  test.each(referenceCases<Case>('ks'))('agrees with scipy: $name, $alternative, $method', (expected) => {
    const { alternative, method } = expected;
    const result = ksTwoSample(sample(expected.reference), sample(expected.current), { alternative, method });
    expectClose(result.statistic, expected.statistic, 1e-14);
    if (expected.pValue > 1e-300) expectClose(result.pValue, expected.pValue);
    else expect(result.pValue).toBeLessThan(1e-299);
    expect(result.method).toBe(expected.used);
    expect(result.location).toBe(toNumber(expected.location));
    expect(result.sign).toBe(expected.sign);
  });

  test('exact p-values are the share of label arrangements at least as extreme', () => {
    const n = 4;
    const m = 3;
    const statistics: number[] = [];
    for (let mask = 0; mask < 1 << (n + m); mask++) {
      const first: number[] = [];
      const second: number[] = [];
      for (let i = 0; i < n + m; i++) (mask & (1 << i) ? first : second).push(i);
      if (first.length === n) {
        statistics.push(ksTwoSample(Float64Array.from(first), Float64Array.from(second)).statistic);
      }
    }
    const observed = ksTwoSample(Float64Array.of(0, 1, 2, 4), Float64Array.of(3, 5, 6));
    const share = statistics.filter((d) => d >= observed.statistic - 1e-12).length / statistics.length;
    expect(statistics).toHaveLength(35);
    expectClose(observed.pValue, share, 1e-14);
  });

  test('one-sided exact p-values beyond the range of binomials can be asked for', () => {
    const a = sample({ shape: 'bell', n: 900, seed: 1 });
    const b = sample({ shape: 'bell', n: 800, seed: 2, shift: 0.05 });
    const approximate = ksTwoSample(a, b, { alternative: 'greater' });
    const exact = ksTwoSample(a, b, { alternative: 'greater', method: 'exact' });
    expect([approximate.method, exact.method]).toEqual(['asymptotic', 'exact']);
    expectClose(exact.pValue, approximate.pValue, 0.02);
  });

  test('exact is given up where lcm(n, m) is beyond 2³¹', () => {
    const a = new Float64Array(50_001).map((_, i) => i);
    const b = new Float64Array(50_000).map((_, i) => i);
    expect(ksTwoSample(a, b, { method: 'exact' }).method).toBe('asymptotic');
  });

  test('one value against one leaves nothing to infer', () => {
    expect(ksTwoSample(Float64Array.of(1), Float64Array.of(2), { method: 'asymptotic' }).pValue).toBeLessThanOrEqual(1);
    expect(ksTwoSample(Float64Array.of(1), Float64Array.of(2)).pValue).toBe(1);
  });

  test('is symmetric in its samples and keeps its statistic and p-value under monotone transformations', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const forward = ksTwoSample(Float64Array.from(a), Float64Array.from(b));
        const backward = ksTwoSample(Float64Array.from(b), Float64Array.from(a));
        const halved = ksTwoSample(Float64Array.from(a, Math.sign), Float64Array.from(b, Math.sign));
        expect(backward.statistic).toBe(forward.statistic);
        expect(backward.pValue).toBeCloseTo(forward.pValue, 12);
        // Sign merges values, and merging can only bring the distributions closer.
        expect(halved.statistic).toBeLessThanOrEqual(forward.statistic);
        expect(forward.statistic).toBeGreaterThanOrEqual(0);
        expect(forward.statistic).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('leaves its inputs as they are', () => {
    const a = Float64Array.of(3, 1, 2);
    ksTwoSample(a, Float64Array.of(2, 1));
    expect([...a]).toEqual([3, 1, 2]);
  });

  test.each([
    [Float64Array.of(), Float64Array.of(1), /reference is empty/],
    [Float64Array.of(1), Float64Array.of(), /current is empty/],
    [Float64Array.of(1, NaN), Float64Array.of(1), /reference holds NaN/],
  ])('refuses what it cannot order', (a, b, message) => {
    expect(() => ksTwoSample(a, b)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }) as Error);
    expect(() => ksTwoSample(a, b)).toThrow(message);
  });
});
