/** Rows whose value in a column is below the threshold go left, the others right. */
export interface Split {
  readonly column: number;
  readonly threshold: number;
}

/**
 * The split of some rows that lowers the target's sum of squared errors most: the midpoint of two neighbouring values of
 * one column (Breiman, Friedman, Olshen, Stone 1984, ch. 8). For a target of 0 and 1 that is the best Gini gain. Of
 * equals the first column and the lowest threshold win. Undefined when no split lowers it.
 *
 * Takes O(columns × rows × log rows).
 */
export function bestSplit(columns: readonly Float64Array[], target: Float64Array, rows: Int32Array): Split | undefined {
  if (rows.every((row) => target[row] === target[rows[0]!])) return undefined;
  let best: Split | undefined;
  let bestGain = 0;
  let sum = 0;
  for (const row of rows) sum += target[row]!;
  const mean = sum / rows.length;
  const order = rows.slice();
  columns.forEach((values, column) => {
    order.sort((a, b) => values[a]! - values[b]!);
    // With a centred target the two sides' sums are s and -s, and the gain is s²/n₁ + s²/n₂.
    let left = 0;
    for (let i = 1; i < order.length; i++) {
      const row = order[i - 1]!;
      left += target[row]! - mean;
      const below = values[row]!;
      const above = values[order[i]!]!;
      if (below === above) continue;
      const gain = left * left * (1 / i + 1 / (order.length - i));
      if (gain <= bestGain) continue;
      bestGain = gain;
      const middle = (below + above) / 2;
      best = { column, threshold: middle > below ? middle : above };
    }
  });
  return best;
}
