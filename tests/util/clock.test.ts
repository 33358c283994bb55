import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toIso } from '../../src/util/clock.js';

it('writes any time as Date does, whatever was written before', () => {
  const time = fc.oneof(fc.date({ noInvalidDate: true }).map(Number), fc.integer({ min: -3_000, max: 3_000 }));
  fc.assert(
    fc.property(fc.array(time), (times) => {
      for (const ms of times) expect(toIso(ms)).toBe(new Date(ms).toISOString());
    }),
  );
  expect(toIso(1_767_225_600_999.9)).toBe('2026-01-01T00:00:00.999Z');
});

it.each([NaN, Infinity, 8.65e15])('refuses %s', (ms) => {
  expect(() => toIso(ms)).toThrow(RangeError);
});
