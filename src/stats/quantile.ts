/**
 * Quantile of type 7 (Hyndman & Fan 1996), the default of R and numpy: linear between the order statistics.
 *
 * @param sorted ascending, not empty
 * @param p in [0, 1]
 */
export function quantile(sorted: Float64Array, p: number): number {
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  const weight = at - below;
  return weight === 0 || low === high ? low : low + weight * (high - low);
}
