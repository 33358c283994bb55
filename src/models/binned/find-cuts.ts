/**
 * Where to cut a feature into bins: between all neighbouring values when they are few enough, otherwise between
 * neighbours at evenly spaced ranks, so that bins hold about equally many rows. A cut is the midpoint of two values, and
 * the greater of them where no number lies between.
 *
 * @param values NaN where missing, otherwise at most 1e300 in size; sorted in place
 * @param maxBins most bins, from 2
 * @returns rising cuts, at most `maxBins` - 1: lesser values are below a cut
 */
export function findCuts(values: Float64Array, maxBins: number): Float64Array {
  values.sort(); // NaN last
  let present = values.length;
  while (present > 0 && Number.isNaN(values[present - 1])) present--;
  const sorted = values.subarray(0, present);
  let distinct = present > 0 ? 1 : 0;
  for (let i = 1; i < present && distinct <= maxBins; i++) if (sorted[i]! > sorted[i - 1]!) distinct++;
  return distinct <= maxBins ? cutsBetweenAll(sorted, distinct) : cutsAtRanks(sorted, maxBins);
}

function cutsBetweenAll(sorted: Float64Array, distinct: number): Float64Array {
  const cuts = new Float64Array(Math.max(0, distinct - 1));
  let found = 0;
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i]! > sorted[i - 1]!) cuts[found++] = midpoint(sorted[i - 1]!, sorted[i]!);
  }
  return cuts;
}

function cutsAtRanks(sorted: Float64Array, maxBins: number): Float64Array {
  const cuts: number[] = [];
  let above = 0;
  for (let k = 1; k < maxBins; k++) {
    const rank = Math.ceil((k * sorted.length) / maxBins) - 1;
    if (rank < above) continue; // inside a run of equal values that is cut already
    const value = sorted[rank]!;
    above = rank + 1;
    while (above < sorted.length && sorted[above] === value) above++;
    if (above < sorted.length) cuts.push(midpoint(value, sorted[above]!));
  }
  return Float64Array.from(cuts);
}

function midpoint(below: number, above: number): number {
  const middle = below + (above - below) / 2;
  return middle > below ? middle : above;
}
