import { murmur3 } from '../util/murmur3.js';

/**
 * Name of the bucketing function, stored with every deployment: a deployment keeps the function it began with, or its
 * keys would change sides.
 */
export const bucketingVersion = 'murmur3_x86_32/1';

/** Buckets there are. */
export const scale = 2 ** 32;

/**
 * Maps a salt and a key to [0, 1), uniformly and with 32 bits: murmur3_x86_32 of the key's UTF-8 bytes, seeded with that of
 * the salt. A key whose bucket is below the canary's share goes to the canary, so it stays there while the share grows.
 */
export const bucketOf = (seed: number, key: string): number => (hashOf(seed, key) >>> 0) / scale;

/** The bucket as a signed 32-bit integer, which costs no allocation: `bucketOf` is its unsigned value over 2³². */
export const hashOf = (seed: number, key: string): number => murmur3(key, seed);

/** What a deployment's salt makes of the hash; computed once. */
export const saltSeed = (salt: string): number => murmur3(salt, 0);
