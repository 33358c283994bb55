import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupCount, groupOf, remix } from '../../../src/canary/evidence/key-groups.js';
import { countSlots, pairsPerKey } from '../../../src/canary/evidence/repeated-keys.js';
import { createRandom } from '../../../src/util/random.js';

/** Counts by group of keys that send so many pairs each. */
function groupsOf(pairs: readonly number[], seed: string): Float64Array {
  const random = createRandom(seed);
  const counts = new Float64Array(groupCount);
  for (const count of pairs) counts[groupOf(remix(Math.floor(random.next() * 2 ** 32)), groupCount)]! += count;
  return counts;
}

const kish = (pairs: readonly number[]): number =>
  pairs.reduce((sum, m) => sum + m * m, 0) / pairs.reduce((sum, m) => sum + m, 0);

describe('pairs per key', () => {
  it.each([
    { name: 'different keys', pairs: Array.from({ length: 3000 }, () => 1) },
    { name: 'twenty pairs each', pairs: Array.from({ length: 200 }, () => 20) },
    { name: 'uneven keys', pairs: Array.from({ length: 400 }, (_, i) => 1 + (i % 40)) },
    { name: 'one key with half of all pairs', pairs: [1000, ...Array.from({ length: 1000 }, () => 1)] },
  ])('lie between the weighted mean over the keys and what the largest sends: $name', ({ name, pairs }) => {
    const found = Array.from({ length: 40 }, (_, seed) => pairsPerKey(groupsOf(pairs, `${name}/${seed}`)));
    const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
    expect(mean).toBeGreaterThan(0.9 * kish(pairs));
    expect(mean).toBeLessThan(1.3 * Math.max(...pairs));
  });

  it('are all pairs where one key sent them, and one where there are none', () => {
    expect(pairsPerKey(groupsOf([17], 'one'))).toBeCloseTo(17, 9);
    expect(pairsPerKey(new Float64Array(groupCount))).toBe(1);
  });

  it('see a single key that sends much beside many that send once', () => {
    const pairs = [400, ...Array.from({ length: 10_000 }, () => 1)];
    expect(kish(pairs)).toBeLessThan(20);
    for (let seed = 0; seed < 20; seed++) expect(pairsPerKey(groupsOf(pairs, `${seed}`))).toBeGreaterThan(250);
  });
});

describe('pairs per key, estimated from key groups,', () => {
  it.each([{ groups: 4 }, { groups: 5 }])(
    'are the weighted mean over the keys, on average over all ways of two equal keys to fall into $groups groups',
    ({ groups }) => {
      let sum = 0;
      for (let first = 0; first < groups; first++)
        for (let second = 0; second < groups; second++) {
          const counts = new Float64Array(groups);
          counts[first]! += 10;
          counts[second]! += 10;
          sum += pairsPerKey(counts);
        }
      expect(sum / groups ** 2).toBeCloseTo(kish([10, 10]), 9);
    },
  );

  it('are one where groups differ by less than chance would have it', () => {
    expect(pairsPerKey(new Float64Array(groupCount).fill(50))).toBe(1);
  });

  /** One group above its share by 127 times what each of the others is below it. */
  const standingOut = (share: number, below: number): Float64Array =>
    new Float64Array(groupCount).fill(share - below).fill(share + 127 * below, 0, 1);

  it('are what the largest group has beyond its share and three standard errors, where that is more', () => {
    // The groups' variance around the share of 144 is less than that of keys that come once: a standard error of √144.
    expect(pairsPerKey(standingOut(144, 1))).toBeCloseTo(127 - 3 * 12, 9);
    // Σ(count − share)² = 127·128·2² is four times that of keys that come once, 127·128.
    expect(pairsPerKey(standingOut(128, 2))).toBeCloseTo(2 * 127 - 3 * Math.sqrt(128 * 4), 9);
  });
});

describe('slots', () => {
  const slots = fc.uniqueArray(fc.nat(30), { maxLength: 15 });
  it('count once, as what is least against the canary of what happened in them', () => {
    fc.assert(
      fc.property(fc.record({ canaryOnly: slots, productionOnly: slots, both: slots }), (noted) => {
        const kinds = new Map<number, 'canaryOnly' | 'both' | 'productionOnly'>();
        for (const kind of ['canaryOnly', 'both', 'productionOnly'] as const)
          for (const slot of noted[kind]) kinds.set(slot, kind);
        const counted = countSlots(noted);
        for (const kind of ['canaryOnly', 'both', 'productionOnly'] as const)
          expect(counted[kind]).toBe([...kinds.values()].filter((one) => one === kind).length);
      }),
    );
  });
});
