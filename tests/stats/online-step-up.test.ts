import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onlineStepUp } from '../../src/stats/online-step-up.js';
import { createRandom } from '../../src/util/random.js';
import { expectClose, referenceCases } from './reference.js';

interface Case {
  readonly pValues: number[];
  readonly batches: number;
  readonly rejectionsBefore: number;
  readonly alpha: number;
  readonly level: number;
  readonly rejections: number;
}

describe('an endless sequence of batches of tests', () => {
  test('is decided as by exact fractions, trying every number of rejections', () => {
    const cases = referenceCases<Case>('online-fdr');
    expect(cases.filter(({ rejections }) => rejections > 1).length).toBeGreaterThan(20);
    for (const { pValues, batches, rejectionsBefore, alpha, ...expected } of cases) {
      const found = onlineStepUp(pValues, { batches, rejections: rejectionsBefore }, alpha);
      expect(found.rejections).toBe(expected.rejections);
      expectClose(found.level, expected.level, 1e-13);
    }
  });

  test('rejects those at most the level, in whatever order', () => {
    const p = fc.double({ min: 0, max: 0.02, noNaN: true });
    fc.assert(
      fc.property(fc.array(p, { minLength: 1 }), fc.nat(5), fc.nat(50), (pValues, batches, rejections) => {
        const found = onlineStepUp(pValues, { batches, rejections }, 0.1);
        expect(pValues.filter((value) => value <= found.level)).toHaveLength(found.rejections);
        expect(onlineStepUp(pValues.toReversed(), { batches, rejections }, 0.1)).toEqual(found);
      }),
    );
  });

  test('spends no more than α when one p-value is that of every test, and nothing is there to find', () => {
    const alpha = 0.2;
    const runs = 4000;
    const random = createRandom('one p-value');
    let wrong = 0;
    for (let run = 0; run < runs; run++) {
      const p = random.next();
      let rejections = 0;
      for (let batches = 0; batches < 10; batches++) {
        rejections += onlineStepUp([p, p, p], { batches, rejections }, alpha).rejections;
      }
      if (rejections > 0) wrong++;
    }
    expect(wrong).toBeGreaterThan(0);
    expect(wrong / runs).toBeLessThanOrEqual(alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs));
  });

  test('grants more to later tests once something was found, less without', () => {
    const level = (batches: number, rejections: number): number =>
      onlineStepUp([1], { batches, rejections }, 0.05).level;
    expect(level(1, 0)).toBeLessThan(level(0, 0));
    expect(level(9, 20)).toBeGreaterThan(level(9, 0));
    expect(level(0, 0)).toBe(0.05 / 4);
  });

  test('refuses what is no probability', () => {
    expect(() => onlineStepUp([2], { batches: 0, rejections: 0 }, 0.05)).toThrow(/pValues\[0\]/);
    expect(() => onlineStepUp([0.5], { batches: 0, rejections: 0 }, 5)).toThrow(/alpha/);
  });
});
