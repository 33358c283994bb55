/**
 * Counts of values between inner edges: bin i holds edges[i−1] < x ≤ edges[i], the outer bins reach to ±Infinity.
 *
 * @param edges ascending
 */
export function histogram(values: Float64Array, edges: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length + 1);
  for (const value of values) {
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= edges[middle]!) high = middle;
      else low = middle + 1;
    }
    counts[low]!++;
  }
  return counts;
}
