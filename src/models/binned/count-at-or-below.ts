/** Most cuts that {@link countAtOrBelow} takes. */
export const mostCuts = 255;

/**
 * How many of up to 255 rising cuts are at or below a value, by bisection without branches.
 *
 * @param cuts 256 numbers: NaN follow the last cut
 */
export function countAtOrBelow(cuts: Float64Array, value: number): number {
  let count = 128 * Number(value >= cuts[127]!);
  count += 64 * Number(value >= cuts[count + 63]!);
  count += 32 * Number(value >= cuts[count + 31]!);
  count += 16 * Number(value >= cuts[count + 15]!);
  count += 8 * Number(value >= cuts[count + 7]!);
  count += 4 * Number(value >= cuts[count + 3]!);
  count += 2 * Number(value >= cuts[count + 1]!);
  return count + Number(value >= cuts[count]!);
}

/** Cuts as {@link countAtOrBelow} takes them. */
export function padCuts(cuts: ArrayLike<number>): Float64Array {
  const padded = new Float64Array(256).fill(NaN);
  padded.set(cuts);
  return padded;
}
