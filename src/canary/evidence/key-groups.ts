import { fmix32 } from '../../util/murmur3.js';

/** Key groups of a whole arm: enough for a variance with 127 degrees of freedom, few enough to store. */
export const groupCount = 128;

/** Key groups of one segment. */
export const segmentGroupCount = 32;

/**
 * Spreads the hash of a routing key anew, so that groups and slots are independent of the side a key was sent to even when
 * that was decided by the same hash.
 */
export const remix = (unit: number): number => fmix32(unit ^ 0x5bd1e995) >>> 0;

/** Group of a remixed hash; groups of segments are unions of these. */
export const groupOf = (mixed: number, groups: number): number => mixed & (groups - 1);

export const slotOf = (mixed: number): number => mixed >>> 18;

/** The slots that were noted since the last time, ascending. */
export function drainSlots(slots: Set<number>): number[] {
  const drained = [...slots].sort((a, b) => a - b);
  slots.clear();
  return drained;
}
