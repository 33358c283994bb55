import type { PairedCounts, PairedSlots } from './deployment-statistics.js';

/** Standard errors that the largest group may be above its share before that is put down to one key. */
const byChance = 3;

/**
 * How many pairs count as one where requests of a routing key may all come out alike: the weighted mean number of pairs
 * of a key, Σm²/n (Kish's design effect at its worst), estimated by what the key groups' squared counts exceed those of
 * keys that fell into them by chance. At least what the largest group has beyond its share and three standard errors, which
 * is one key that sends much. 1 where no key repeats.
 *
 * @param counts pairs by key group, groups without any included
 */
export function pairsPerKey(counts: Float64Array): number {
  let [n, squares, largest] = [0, 0, 0];
  for (const count of counts) {
    n += count;
    squares += count * count;
    largest = Math.max(largest, count);
  }
  if (n === 0) return 1;
  const share = n / counts.length;
  const mean = Math.max(1, (squares - n * share) / (n - share));
  return Math.max(mean, largest - share - byChance * Math.sqrt(share * mean));
}

/**
 * Each key once, whatever its later pairs did: a slot counts as what is least against the canary of all that happened in it, so
 * the order in which it happened does not matter.
 */
export function countSlots({ canaryOnly, productionOnly, both }: PairedSlots): PairedCounts {
  const inProduction = new Set([...productionOnly, ...both]);
  return {
    canaryOnly: canaryOnly.filter((slot) => !inProduction.has(slot)).length,
    productionOnly: productionOnly.length,
    both: inProduction.size - productionOnly.length,
  };
}
