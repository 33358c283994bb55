import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wasserstein1, wassersteinNormalized } from '../../src/stats/wasserstein.js';
import { type Recipe, sample } from '../reference/samples.js';
import { expectClose, referenceCases } from './reference.js';

interface Case {
  readonly name: string;
  readonly reference: Recipe;
  readonly current: Recipe;
  readonly wasserstein1: number;
  readonly standardDeviation: number;
}

const numbers = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 30 });

describe('Wasserstein-1 distance', () => {
  test.each(referenceCases<Case>('distances'))('agrees with scipy: $name', (expected) => {
    const reference = sample(expected.reference);
    const current = sample(expected.current);
    expectClose(wasserstein1(reference, current), expected.wasserstein1);
    const scale = Math.max(expected.standardDeviation, 0.001);
    expectClose(wassersteinNormalized(reference, current), expected.wasserstein1 / scale);
  });

  test('of a shifted sample is the shift', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: -1000, max: 1000 }), (values, shift) => {
        const a = Float64Array.from(values);
        expect(
          wasserstein1(
            a,
            a.map((value) => value + shift),
          ),
        ).toBeCloseTo(Math.abs(shift), 6);
      }),
    );
  });

  test('is a metric', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (x, y, z) => {
        const [a, b, c] = [Float64Array.from(x), Float64Array.from(y), Float64Array.from(z)];
        expect(wasserstein1(a, a)).toBe(0);
        expect(wasserstein1(a, b)).toBe(wasserstein1(b, a));
        expect(wasserstein1(a, c)).toBeLessThanOrEqual((wasserstein1(a, b) + wasserstein1(b, c)) * (1 + 1e-12) + 1e-9);
      }),
    );
  });

  test('is infinite when shares at an infinity differ, and finite when they are equal', () => {
    expect(wasserstein1(Float64Array.of(Infinity, 1), Float64Array.of(1, 1))).toBe(Infinity);
    expect(wasserstein1(Float64Array.of(-Infinity, 1), Float64Array.of(1, 1, 1))).toBe(Infinity);
    expect(wasserstein1(Float64Array.of(-Infinity, Infinity), Float64Array.of(Infinity, Infinity))).toBe(Infinity);
    expect(wasserstein1(Float64Array.of(Infinity, 1), Float64Array.of(3, Infinity))).toBe(1);
    expect(wasserstein1(Float64Array.of(-Infinity, 1), Float64Array.of(-Infinity, 5))).toBe(2);
    expect(wasserstein1(Float64Array.of(Infinity), Float64Array.of(Infinity))).toBe(0);
  });

  test('normalized, ignores infinities in the reference’s scale and is bounded by the smallest scale', () => {
    expectClose(wassersteinNormalized(Float64Array.of(Infinity, 0, 2), Float64Array.of(Infinity, 1, 3)), 2 / 3);
    expectClose(wassersteinNormalized(Float64Array.of(5, 5), Float64Array.of(5.01)), 0.01 / 0.001);
    expect(wassersteinNormalized(Float64Array.of(Infinity), Float64Array.of(Infinity))).toBe(0);
  });

  test('refuses empty samples and NaN', () => {
    expect(() => wasserstein1(Float64Array.of(), Float64Array.of(1))).toThrow(/reference is empty/);
    expect(() => wasserstein1(Float64Array.of(1), Float64Array.of(NaN))).toThrow(/current holds NaN/);
  });
});
