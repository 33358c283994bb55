import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur3 } from '../../src/util/murmur3.js';

/** The algorithm as its author wrote it, over bytes. */
function reference(bytes: Uint8Array, seed: number): number {
  const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (32n - by))) & 0xffffffffn;
  const times = (x: bigint, y: bigint): bigint => (x * y) & 0xffffffffn;
  const scramble = (k: bigint): bigint => times(rotate(times(k, 0xcc9e2d51n), 15n), 0x1b873593n);
  let h = BigInt(seed >>> 0);
  for (let i = 0; i < bytes.length; i += 4) {
    const word = [...bytes.subarray(i, i + 4)].reduce((sum, byte, j) => sum | (BigInt(byte) << BigInt(8 * j)), 0n);
    h ^= scramble(word);
    if (i + 4 <= bytes.length) h = (times(rotate(h, 13n), 5n) + 0xe6546b64n) & 0xffffffffn;
  }
  h ^= BigInt(bytes.length);
  h = times(h ^ (h >> 16n), 0x85ebca6bn);
  h = times(h ^ (h >> 13n), 0xc2b2ae35n);
  return Number(h ^ (h >> 16n));
}

describe('murmur3', () => {
  it('agrees with what others publish', () => {
    // Unleash's specification of normalized values: murmur3("groupId:identifier") % 100 + 1.
    expect(((murmur3('gr1:123', 0) >>> 0) % 100) + 1).toBe(73);
    // The verification values most ports of murmur3_x86_32 carry.
    expect(murmur3('', 0)).toBe(0);
    expect(murmur3('', 1) >>> 0).toBe(0x514e28b7);
    expect(murmur3('The quick brown fox jumps over the lazy dog', 0x9747b28c) >>> 0).toBe(0x2fa826cd);
  });

  it('hashes UTF-8, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer(), (text, seed) => {
        expect(murmur3(text, seed) >>> 0).toBe(reference(Buffer.from(text, 'utf8'), seed));
      }),
    );
    expect(murmur3('a\ud800', 3)).toBe(murmur3('a\ufffd', 3));
  });
});
