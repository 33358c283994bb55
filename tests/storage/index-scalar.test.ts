import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareCodePoints, compareSortKeys, kindOf } from '../../src/storage/index-scalar.js';
import { scalar } from '../adapters/arbitraries.js';

const sign = Math.sign;
const text = fc.string({ unit: 'binary' });

it('code points order strings like their UTF-8 bytes', () => {
  fc.assert(
    fc.property(text, text, text, (common, a, b) => {
      expect(sign(compareCodePoints(common + a, common + b))).toBe(
        Buffer.from(common + a).compare(Buffer.from(common + b)),
      );
    }),
    { numRuns: 1_000 },
  );
});

it.each(['asc', 'desc'] as const)('sort keys are totally ordered, %s', (direction) => {
  const compare = (a: Parameters<typeof compareSortKeys>[0], b: typeof a): number =>
    sign(compareSortKeys(a, b, direction));
  fc.assert(
    fc.property(scalar, scalar, scalar, (a, b, c) => {
      expect(compare(a, a)).toBe(0);
      expect(compare(a, b) + compare(b, a)).toBe(0);
      if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 1_000 },
  );
});

it('reversing the direction reverses booleans, numbers and strings, and leaves NaN and null last', () => {
  fc.assert(
    fc.property(scalar, scalar, (a, b) => {
      const isLast = [a, b].some((value) => kindOf(value) === 'nan' || kindOf(value) === 'null');
      const [up, down] = [sign(compareSortKeys(a, b, 'asc')), sign(compareSortKeys(a, b, 'desc'))];
      expect(isLast ? up - down : up + down).toBe(0);
    }),
    { numRuns: 1_000 },
  );
});
