import { describe, expect, it } from 'vitest';
import { confidenceBasedPerformance } from '../../src/stats/confidence-based-performance.js';
import { type HeldOutLosses, directLossEstimate } from '../../src/stats/direct-loss.js';
import { type Estimate, intervalOf, meanEstimate, relativeChange } from '../../src/stats/estimate.js';
import { createRandom } from '../../src/util/random.js';
import { expectClose, referenceCases } from './reference.js';

type Case =
  | {
      readonly kind: 'cbpe';
      readonly probabilities: number[];
      readonly outcomes: number[];
      readonly current: number[];
      readonly threshold: number;
      readonly bins: number;
      readonly expected: Record<string, Estimate>;
    }
  | {
      readonly kind: 'dle';
      readonly parts: readonly Record<keyof HeldOutLosses, number[]>[];
      readonly expected: Estimate;
    };

const cases = referenceCases<Case>('performance').map((each, i) => [each.kind, i, each] as const);

describe('performance without labels', () => {
  it.each(cases)('agrees with the reference: %s %i', (_, __, each) => {
    if (each.kind === 'dle') {
      const parts = each.parts.map((part) => ({
        actual: Float64Array.from(part.actual),
        expected: Float64Array.from(part.expected),
        current: Float64Array.from(part.current),
      }));
      const found = directLossEstimate(parts);
      expectClose(found.value, each.expected.value);
      expectClose(found.variance, each.expected.variance);
      return;
    }
    const { probabilities, outcomes, current, threshold, bins, expected } = each;
    const reference = { probabilities: Float64Array.from(probabilities), outcomes: Float64Array.from(outcomes) };
    const found = confidenceBasedPerformance(reference, Float64Array.from(current), { threshold, bins });
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, estimate] of Object.entries(expected)) {
      expectClose(found[name as keyof typeof found]!.value, estimate.value);
      expectClose(found[name as keyof typeof found]!.variance, estimate.variance, 1e-9);
    }
  });

  it('covers what the outcomes turn out to be, under a shift of the inputs', () => {
    const runs = 300;
    let covered = 0;
    for (let run = 0; run < runs; run++) {
      const random = createRandom(run);
      // Over-confident scores: class 1 comes with probability 0.25 + 0.5p.
      const draw = (n: number, skew: number) => {
        const probabilities = Float64Array.from({ length: n }, () => random.next() ** skew);
        return { probabilities, outcomes: probabilities.map((p) => Number(random.next() < 0.25 + p / 2)) };
      };
      const [reference, now] = [draw(2000, 1), draw(800, 2)];
      const { accuracy } = confidenceBasedPerformance(reference, now.probabilities);
      const truth =
        now.outcomes.reduce((sum, y, i) => sum + Number(now.probabilities[i]! >= 0.5 === (y === 1)), 0) / 800;
      const { lower, upper } = intervalOf(accuracy!, 0.95);
      if (truth >= lower && truth <= upper) covered++;
    }
    expect(covered / runs).toBeGreaterThan(0.91);
    expect(covered / runs).toBeLessThan(0.995);
  });

  it('refuses what are no probabilities or outcomes', () => {
    const ok = { probabilities: Float64Array.of(0.2, 0.8), outcomes: Float64Array.of(0, 1) };
    expect(() => confidenceBasedPerformance(ok, Float64Array.of(1.2))).toThrow('current probabilities[0] is 1.2');
    expect(() => confidenceBasedPerformance({ ...ok, outcomes: Float64Array.of(0, 2) }, Float64Array.of(1))).toThrow(
      'outcomes[1] is 2',
    );
    expect(() => confidenceBasedPerformance(ok, new Float64Array())).toThrow('empty');
  });
});

describe('a mean and a relative change', () => {
  it('have the textbook variances', () => {
    const values = Float64Array.of(1, 2, 4, 9);
    expect(meanEstimate(values)).toEqual({ value: 4, variance: 38 / 3 / 4 });
    // Copies of each value in a cluster say nothing more.
    const copies = Float64Array.from([...values, ...values]);
    expect(meanEstimate(copies, Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3)).variance).toBeCloseTo(38 / 3 / 4, 12);
    expect(meanEstimate(copies).variance).toBeLessThan(38 / 3 / 4);
    expect(meanEstimate(Float64Array.of(3)).variance).toBe(Infinity);
    const change = relativeChange({ value: 3, variance: 0.2 }, { value: 2, variance: 0.1 });
    expect(change.value).toBe(0.5);
    expect(change.variance).toBeCloseTo(0.2 / 4 + (1.5 ** 2 * 0.1) / 4, 12);
  });
});
