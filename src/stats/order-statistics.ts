import { countBuckets, divide, gatherBuckets } from './buckets.js';

const none = new Float64Array();

/**
 * The values at the ranks (from 0, within the values) that sorting would put there, without sorting: only buckets that
 * hold one of the ranks are looked into.
 */
export function orderStatistics(values: Float64Array, ranks: readonly number[]): number[] {
  const buckets = divide(values, none);
  if (buckets === undefined) {
    const sorted = values.toSorted();
    return ranks.map((rank) => sorted[rank]!);
  }
  const counts = countBuckets(values, buckets);
  const firstRanks = new Int32Array(buckets.count);
  for (let k = 1; k < buckets.count; k++) firstRanks[k] = firstRanks[k - 1]! + counts[k - 1]!;
  const places = ranks.map((rank) => lastAtMost(firstRanks, rank));
  const wanted = new Uint8Array(buckets.count);
  for (const k of places) wanted[k] = 1;
  const gathered = gatherBuckets(values, buckets, counts, wanted);
  const found = new Array<number>(ranks.length);
  for (const k of new Set(places)) {
    const own = places.flatMap((place, i) => (place === k ? [i] : []));
    const part = gathered.values.subarray(gathered.starts[k], gathered.starts[k + 1]);
    const inside = orderStatistics(
      part,
      own.map((i) => ranks[i]! - firstRanks[k]!),
    );
    own.forEach((i, position) => (found[i] = inside[position]!));
  }
  return found;
}

/** The last index whose entry is at most the target: the bucket that holds the rank, since empty ones repeat the entry. */
function lastAtMost(ascending: Int32Array, target: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ascending[middle]! <= target) low = middle;
    else high = middle - 1;
  }
  return low;
}
