import type { Random } from '../../util/random.js';

/**
 * A share of the numbers from 0 up to `count`, at least one, without repetition and in rising order: each is taken with
 * the chance that keeps all choices equally likely (Fan, Muller, Rezucha 1962; Knuth, TAOCP 2, 3.4.2 S).
 */
export function sampleInOrder(count: number, share: number, random: Random): Int32Array {
  const wanted = Math.min(count, Math.max(1, Math.round(share * count)));
  const sample = new Int32Array(wanted);
  if (wanted === count) {
    for (let i = 0; i < count; i++) sample[i] = i;
    return sample;
  }
  for (let i = 0, taken = 0; taken < wanted; i++) {
    if (random.next() * (count - i) < wanted - taken) sample[taken++] = i;
  }
  return sample;
}
