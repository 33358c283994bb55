import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uuidSource, uuidV7Source } from '../../src/util/ids.js';

/** RFC 9562, section 5.7: version 7, variant 10. */
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const fixed = (times: readonly number[], byte: number) => {
  let call = 0;
  return uuidV7Source({
    now: () => times[Math.min(call++, times.length - 1)]!,
    fillRandom: (bytes) => bytes.fill(byte),
  });
};

describe('ids', () => {
  it('lay out time, version, variant and random bits as the standard does', () => {
    // The example of RFC 9562, appendix A.6, has this time: 2022-02-22T19:22:22Z, 0x017F22E279B0.
    expect(fixed([0x017f22e279b0], 0xff).next()).toBe('017f22e2-79b0-7fff-bfff-7ffffffff7ff');
    expect(fixed([0x017f22e279b0], 0).next()).toBe('017f22e2-79b0-7000-8000-000000000000');
  });

  it('are well-formed, distinct and ascending, however the clock runs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 0, max: 255 }),
        (steps, byte) => {
          let now = 0x017f22e279b0;
          const source = fixed(
            steps.map((step) => (now += step)),
            byte,
          );
          const ids = steps.map(() => source.next());
          for (const id of ids) expect(id).toMatch(uuidV7);
          expect([...new Set(ids)].sort()).toEqual(ids);
        },
      ),
    );
  });

  it('carry over when a millisecond has more ids than the last digits can count', () => {
    const source = fixed([1], 0xff);
    const ids = Array.from({ length: 10_000 }, () => source.next());
    for (const id of ids) expect(id).toMatch(uuidV7);
    expect([...new Set(ids)].sort()).toEqual(ids);
  });

  it('do not meet those of another process in the same millisecond', () => {
    const source = () => {
      let now = 1000;
      return uuidV7Source({
        now: () => now++,
        fillRandom: (bytes) => crypto.getRandomValues(bytes),
      });
    };
    const [one, two] = [source(), source()];
    const ids = Array.from({ length: 20_000 }, () => [one.next(), two.next()]).flat();
    expect(new Set(ids).size).toBe(40_000);
  });

  it('carry the time of the system', async () => {
    const before = Date.now();
    await sleep(20); // the clock is read once a turn of the event loop
    const stamp = Number.parseInt(uuidSource.next().replace('-', '').slice(0, 12), 16);
    expect(stamp).toBeGreaterThanOrEqual(before);
    expect(stamp).toBeLessThanOrEqual(Date.now());
  });
});
