/** The different values of two samples together, in ascending order. */
export interface TieGroups {
  /** How often each value occurs in both. */
  readonly sizes: Float64Array;
  /** How many values of the first sample are at or below it. */
  readonly ofX: Float64Array;
  /** Whether any value occurs twice. */
  readonly hasTies: boolean;
}

/** Groups equal values of two samples, which are sorted. */
export function tieGroups(x: Float64Array, y: Float64Array): TieGroups {
  const sizes = new Float64Array(x.length + y.length);
  const ofX = new Float64Array(sizes.length);
  let [i, j, groups] = [0, 0, 0];
  while (i < x.length || j < y.length) {
    const value = j >= y.length || (i < x.length && x[i]! <= y[j]!) ? x[i]! : y[j]!;
    const before = i + j;
    while (i < x.length && x[i] === value) i++;
    while (j < y.length && y[j] === value) j++;
    sizes[groups] = i + j - before;
    ofX[groups++] = i;
  }
  return { sizes: sizes.subarray(0, groups), ofX: ofX.subarray(0, groups), hasTies: groups < sizes.length };
}
