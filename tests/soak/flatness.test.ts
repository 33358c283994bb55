import { expect, it } from 'vitest';
import { type Sample, judgeFlatness } from '../../scripts/soak/flatness.js';
import { createRandom } from '../../src/util/random.js';

const mebibyte = 1024 * 1024;
const bounds = { residentRise: 16 * mebibyte, heapRise: 2 * mebibyte, extra: 0 };

/** 120 samples, one every half minute: much growth while warming up, then what is given for each second. */
function soak(leak: { readonly heap?: number; readonly descriptors?: number; readonly resources?: number }): Sample[] {
  const random = createRandom('soak');
  return Array.from({ length: 120 }, (_, i) => {
    const seconds = i * 30;
    const leaked = seconds * (leak.heap ?? 0);
    return {
      at: seconds * 1_000,
      resident: 150 * mebibyte + Math.min(i, 30) * mebibyte + leaked + random.next() * 20 * mebibyte,
      heap: 30 * mebibyte + Math.min(i, 30) * 100_000 + leaked + random.next() * mebibyte,
      descriptors: 30 + Math.floor(seconds * (leak.descriptors ?? 0)) + Math.round(random.next()),
      resources: 2 + Math.floor(seconds * (leak.resources ?? 0)),
    };
  });
}

it('growth while warming up and noise are flat', () => {
  expect(judgeFlatness(soak({}), bounds).problems).toEqual([]);
});

it('a leak of 2 KiB a second shows in the heap within the hour, one of 10 KiB in resident memory too', () => {
  expect(judgeFlatness(soak({ heap: 2_048 }), bounds).problems).toEqual([
    expect.stringMatching(/^the heap rose by 4\./),
  ]);
  expect(judgeFlatness(soak({ heap: 10_240 }), bounds).problems).toHaveLength(2);
});

it('a descriptor or a timer that is forgotten every few minutes shows', () => {
  expect(judgeFlatness(soak({ descriptors: 1 / 200 }), bounds).problems).toEqual(['3 more descriptors']);
  expect(judgeFlatness(soak({ resources: 1 / 200 }), bounds).problems).toEqual(['4 more timers and handles']);
});
