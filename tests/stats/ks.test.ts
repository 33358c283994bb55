import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ksDistanceBound, ksTwoSample } from '../../src/stats/ks.js';
import { createRandom } from '../../src/util/random.js';
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

const ksDistanceBounds = (statistic: number, n: number, m: number, confidence: number) => ({
  lower: ksDistanceBound(statistic, n, m, 'lower', (1 - confidence) / 2),
  upper: ksDistanceBound(statistic, n, m, 'upper', (1 - confidence) / 2),
});

describe('bounds of the Kolmogorov–Smirnov distance', () => {
  test.each([
    { n: 50, m: 50, shift: 0 },
    { n: 50, m: 50, shift: 0.2 },
    { n: 400, m: 60, shift: 0.1 },
    { n: 400, m: 60, shift: 0.5 },
  ])('hold the true distance of uniform samples of $n and $m, $shift apart', ({ n, m, shift }) => {
    const random = createRandom(n + shift);
    const rounds = 600;
    let below = 0;
    let above = 0;
    for (let round = 0; round < rounds; round++) {
      const a = Float64Array.from({ length: n }, () => random.next());
      const b = Float64Array.from({ length: m }, () => random.next() + shift);
      const bounds = ksDistanceBounds(ksTwoSample(a, b).statistic, n, m, 0.9);
      if (shift < bounds.lower) below++;
      if (shift > bounds.upper) above++;
    }
    // 5% are allowed at each end; four standard errors of a share of 5% are 3.6%.
    expect(below / rounds).toBeLessThan(0.086);
    expect(above / rounds).toBeLessThan(0.086);
  });

  test('are narrower than splitting the error between the samples', () => {
    const { lower, upper } = ksDistanceBounds(0.5, 1000, 1000, 0.95);
    const split = 2 * Math.sqrt(Math.log(8 / 0.05) / 2000);
    expect(0.5 - lower).toBeLessThan(0.92 * split);
    expect(upper - 0.5).toBeLessThan(0.87 * split);
  });

  test('narrow with more data and less confidence, and stay within [0, 1]', () => {
    const width = (n: number, confidence: number): number => {
      const { lower, upper } = ksDistanceBounds(0.5, n, n, confidence);
      return upper - lower;
    };
    expect(width(1000, 0.95)).toBeLessThan(width(500, 0.95));
    expect(width(1000, 0.9)).toBeLessThan(width(1000, 0.95));
    expect(ksDistanceBounds(0.01, 10, 10, 0.95).lower).toBe(0);
    expect(ksDistanceBounds(0.99, 10, 10, 0.95).upper).toBe(1);
  });
});
