/** Ranks from 1 of both samples in their union; tied values share the mean of their ranks. Inputs are sorted. */
export function midranks(x: Float64Array, y: Float64Array): { readonly ofX: Float64Array; readonly ofY: Float64Array } {
  const ofX = new Float64Array(x.length);
  const ofY = new Float64Array(y.length);
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    const value = j >= y.length || (i < x.length && x[i]! <= y[j]!) ? x[i]! : y[j]!;
    const fromX = i;
    const fromY = j;
    while (i < x.length && x[i] === value) i++;
    while (j < y.length && y[j] === value) j++;
    const rank = (fromX + fromY + 1 + i + j) / 2;
    ofX.fill(rank, fromX, i);
    ofY.fill(rank, fromY, j);
  }
  return { ofX, ofY };
}
