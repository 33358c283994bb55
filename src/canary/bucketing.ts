/**
 * Name of the bucketing function, stored with every deployment: a deployment keeps the function it began with, or its
 * keys would change sides.
 */
export const bucketingVersion = 'fnv1a32-fmix32/1';

/** Buckets there are. */
export const scale = 2 ** 32;

/**
 * Maps a salt and a key to [0, 1), uniformly and with 32 bits: FNV-1a over the UTF-8 bytes of the salt and then of the
 * key, finished with murmur3's fmix32, without which FNV's high bits are uneven for short keys. A key whose bucket is
 * below the canary's share goes to the canary, so it stays there while the share grows.
 */
export const bucketOf = (seed: number, key: string): number => (hashOf(seed, key) >>> 0) / scale;

/** The bucket as a signed 32-bit integer, which costs no allocation: `bucketOf` is its unsigned value over 2³². */
export const hashOf = (seed: number, key: string): number => finish(hashUtf8(seed, key));

/** The state of the hash after a deployment's salt; computed once, continued for each key. */
export const saltSeed = (salt: string): number => hashUtf8(0x811c9dc5 | 0, `${salt}/`);

function hashUtf8(basis: number, text: string): number {
  const { length } = text;
  let hash = basis;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return hashBeyondAscii(hash, text, i);
    hash = mix(hash, unit);
  }
  return hash;
}

/** The rest of the text, once a character needs more than one byte; apart, so that the usual loop stays small. */
function hashBeyondAscii(basis: number, text: string, from: number): number {
  let hash = basis;
  for (let i = from; i < text.length; i++) {
    let unit = text.charCodeAt(i);
    if (unit < 0x80) {
      hash = mix(hash, unit);
      continue;
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
      unit = text.codePointAt(i)!;
      if (unit > 0xffff) i++;
      else unit = 0xfffd; // a lone surrogate encodes as the replacement character
    }
    if (unit < 0x800) hash = mix(hash, 0xc0 | (unit >> 6));
    else {
      if (unit < 0x10000) hash = mix(hash, 0xe0 | (unit >> 12));
      else hash = mix(mix(hash, 0xf0 | (unit >> 18)), 0x80 | ((unit >> 12) & 0x3f));
      hash = mix(hash, 0x80 | ((unit >> 6) & 0x3f));
    }
    hash = mix(hash, 0x80 | (unit & 0x3f));
  }
  return hash;
}

const mix = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);

/** fmix32 of murmur3 (A. Appleby, public domain). */
function finish(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
