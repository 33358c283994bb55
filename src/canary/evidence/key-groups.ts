/** Key groups of a whole arm: enough for a variance with 127 degrees of freedom, few enough to store. */
export const groupCount = 128;

/** Key groups of one segment. */
export const segmentGroupCount = 32;

/**
 * Spreads the hash of a routing key anew (murmur3's fmix32, A. Appleby, public domain), so that groups and slots are
 * independent of the side a key was sent to even when that was decided by the same hash.
 */
export function remix(unit: number): number {
  let h = unit ^ 0x5bd1e995;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Group of a remixed hash; groups of segments are unions of these. */
export const groupOf = (mixed: number, groups: number): number => mixed & (groups - 1);

export const slotOf = (mixed: number): number => mixed >>> 18;
