import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { benjaminiHochberg, benjaminiYekutieli } from '../../src/stats/benjamini-hochberg.js';
import { expectClose, referenceCases } from './reference.js';

interface Case {
  readonly pValues: number[];
  readonly hochberg: number[];
  readonly yekutieli: number[];
}

describe('adjusted p-values', () => {
  const cases = referenceCases<Case>('multiple-testing').map((entry, i) => ({ ...entry, i }));

  test.each(cases)('agree with scipy: case $i', ({ pValues, hochberg, yekutieli }) => {
    benjaminiHochberg(pValues).forEach((p, i) => expectClose(p, hochberg[i]!, 1e-14));
    benjaminiYekutieli(pValues).forEach((p, i) => expectClose(p, yekutieli[i]!, 1e-14));
  });

  test('keep the order of the p-values and never fall below them', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (pValues) => {
        const adjusted = benjaminiHochberg(pValues);
        pValues.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(1);
          pValues.forEach((other, j) => p <= other && expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!));
        });
      }),
    );
  });

  test('of no tests are none', () => expect(benjaminiHochberg([])).toEqual([]));

  test('refuse what is no probability', () => {
    expect(() => benjaminiHochberg([0.1, NaN])).toThrow(/pValues\[1\] is NaN; expected 0 to 1/);
    expect(() => benjaminiYekutieli([1.1])).toThrow(/pValues\[0\] is 1.1/);
  });
});
