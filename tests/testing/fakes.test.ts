import { expect, it } from 'vitest';
import { FakeClock, countingIds } from '../../src/testing/index.js';

it('a fake clock stands still until it is advanced', () => {
  const clock = new FakeClock(1_000);
  expect([clock.now(), clock.now()]).toEqual([1_000, 1_000]);
  clock.advance(250);
  expect(clock.now()).toBe(1_250);
  expect(new Date(new FakeClock().now()).toISOString()).toBe('2026-01-01T00:00:00.000Z');
});

it('counting ids are distinct, carry their prefix and sort in the order they were given out', () => {
  const ids = countingIds('run');
  const taken = Array.from({ length: 12 }, () => ids.next());
  expect(taken[0]).toBe('run-000001');
  expect(taken.toSorted()).toEqual(taken);
  expect(countingIds().next()).toBe('id-000001');
});
