/**
 * Chatterjee's rank correlation of y on x: 0 when they are independent, 1 when y is a function of x, monotone or not
 * (Chatterjee 2021, JASA 116(536), with the correction for ties). Divided by the most that a sample of this size without
 * ties can reach, 1 − 3/(n + 1), and then at most 1.
 *
 * @param order positions of the rows by rising x, those of equal x in random order
 * @param y finite numbers
 * @returns NaN for fewer than three rows or a constant y
 */
export function chatterjeeXi(order: ArrayLike<number>, y: Float64Array): number {
  const n = order.length;
  const sorted = Float64Array.from(order, (row) => y[row]!).sort();
  // r: how many values are at most this one; l: how many are at least this one.
  const below = new Map<number, number>();
  const atMost = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    if (!below.has(sorted[i]!)) below.set(sorted[i]!, i);
    atMost.set(sorted[i]!, i + 1);
  }
  let steps = 0;
  let scale = 0;
  let previous = atMost.get(y[order[0]!]!)!;
  for (let i = 0; i < n; i++) {
    const value = y[order[i]!]!;
    const rank = atMost.get(value)!;
    steps += Math.abs(rank - previous);
    previous = rank;
    const atLeast = n - below.get(value)!;
    scale += atLeast * (n - atLeast);
  }
  if (n < 3 || scale === 0) return NaN;
  return Math.min(1, (1 - (n * steps) / (2 * scale)) / (1 - 3 / (n + 1)));
}
