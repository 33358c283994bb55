import { countBuckets, divide, gatherBuckets, isConstant } from './buckets.js';

/** A largest difference of two empirical distribution functions, and where it is. */
export interface Extreme {
  difference: number;
  /** The smallest reference value at which the difference is reached, else the smallest current value. */
  location: number;
  inReference: boolean;
}

/** Largest F_reference − F_current and largest F_current − F_reference. */
export interface EcdfExtremes {
  readonly above: Extreme;
  readonly below: Extreme;
}

/** A search for the extremes, part by part of the range of values. */
export interface ExtremesSearch extends EcdfExtremes {
  readonly n: number;
  readonly m: number;
  readonly sides: Sides;
  /** Largest difference known to be reached on a side that matters; what cannot reach it is left alone. */
  floor: number;
}

export type Sides = 'both' | 'above' | 'below';

/**
 * Extreme differences of two empirical distribution functions, without sorting: counts in buckets give the differences at
 * the buckets' ends exactly and bound those inside, so only buckets that may hold the extreme are looked into. With
 * `both`, only the larger of the two extremes is sure to be found; otherwise only the one asked for. Same bits as sorting.
 */
export function ecdfExtremes(reference: Float64Array, current: Float64Array, sides: Sides): EcdfExtremes {
  const search = startSearch(reference.length, current.length, sides);
  searchPart(search, reference, current, 0, 0);
  return search;
}

export const startSearch = (n: number, m: number, sides: Sides): ExtremesSearch => ({
  n,
  m,
  sides,
  floor: 0,
  above: nowhere(),
  below: nowhere(),
});

const nowhere = (): Extreme => ({ difference: -Infinity, location: NaN, inReference: false });

/** Looks through values that i0 reference and j0 current values lie below. */
export function searchPart(search: ExtremesSearch, a: Float64Array, b: Float64Array, i0: number, j0: number): void {
  const buckets = divide(a, b);
  if (buckets === undefined) {
    walk(search, a, b, i0, j0);
    return;
  }
  const inA = countBuckets(a, buckets);
  const inB = countBuckets(b, buckets);
  const wanted = searchBuckets(search, inA, inB, i0, j0);
  const fromA = gatherBuckets(a, buckets, inA, wanted);
  const fromB = gatherBuckets(b, buckets, inB, wanted);
  let i = i0;
  let j = j0;
  for (let k = 0; k < buckets.count; k++) {
    if (wanted[k] === 1) {
      const partA = fromA.values.subarray(fromA.starts[k], fromA.starts[k + 1]);
      const partB = fromB.values.subarray(fromB.starts[k], fromB.starts[k + 1]);
      // A bucket that took nearly everything, as with one far outlier, is divided again over its own range.
      searchPart(search, partA, partB, i, j);
    }
    i += inA[k]!;
    j += inB[k]!;
  }
}

/** Looks at one value that `i` reference and `j` current values lie at or below, `inA` reference ones at it. */
export function searchValue(search: ExtremesSearch, value: number, i: number, j: number, inA: number): void {
  const difference = i / search.n - j / search.m;
  update(search.above, difference, value, inA > 0);
  update(search.below, -difference, value, inA > 0);
  if (search.sides !== 'below') search.floor = Math.max(search.floor, search.above.difference);
  if (search.sides !== 'above') search.floor = Math.max(search.floor, search.below.difference);
}

/** Takes in the counts of buckets; tells which buckets are to be looked into by {@link searchPart}. */
export function searchBuckets(
  search: ExtremesSearch,
  inA: Int32Array,
  inB: Int32Array,
  i0: number,
  j0: number,
): Uint8Array {
  raiseFloor(search, inA, inB, i0, j0);
  return mayReachFloor(search, inA, inB, i0, j0);
}

function raiseFloor(search: ExtremesSearch, inA: Int32Array, inB: Int32Array, i0: number, j0: number): void {
  const { n, m, sides } = search;
  let i = i0;
  let j = j0;
  for (let k = 0; k < inA.length; k++) {
    i += inA[k]!;
    j += inB[k]!;
    const difference = i / n - j / m;
    if (sides !== 'below' && difference > search.floor) search.floor = difference;
    if (sides !== 'above' && -difference > search.floor) search.floor = -difference;
  }
}

function mayReachFloor(search: ExtremesSearch, inA: Int32Array, inB: Int32Array, i0: number, j0: number): Uint8Array {
  const { n, m, sides, floor } = search;
  const wanted = new Uint8Array(inA.length);
  let i = i0;
  let j = j0;
  for (let k = 0; k < inA.length; k++) {
    const nextI = i + inA[k]!;
    const nextJ = j + inB[k]!;
    const above = nextI / n - j / m;
    const below = nextJ / m - i / n;
    const mayReach = (sides !== 'below' && above >= floor) || (sides !== 'above' && below >= floor);
    if (mayReach && nextI + nextJ > i + j) wanted[k] = 1;
    i = nextI;
    j = nextJ;
  }
  return wanted;
}

/** Every distinct value in order. */
function walk(search: ExtremesSearch, a: Float64Array, b: Float64Array, i0: number, j0: number): void {
  const isSingle = isConstant(a, b);
  const x = isSingle ? a : a.toSorted();
  const y = isSingle ? b : b.toSorted();
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    const value = j >= y.length || (i < x.length && x[i]! <= y[j]!) ? x[i]! : y[j]!;
    const before = i;
    while (i < x.length && x[i] === value) i++;
    while (j < y.length && y[j] === value) j++;
    const difference = (i0 + i) / search.n - (j0 + j) / search.m;
    update(search.above, difference, value, i > before);
    update(search.below, -difference, value, i > before);
  }
  if (search.sides !== 'below') search.floor = Math.max(search.floor, search.above.difference);
  if (search.sides !== 'above') search.floor = Math.max(search.floor, search.below.difference);
}

function update(extreme: Extreme, difference: number, location: number, inReference: boolean): void {
  if (difference < extreme.difference) return;
  const isNearer =
    difference > extreme.difference ||
    (inReference !== extreme.inReference ? inReference : location < extreme.location);
  if (!isNearer) return;
  extreme.difference = difference;
  extreme.location = location;
  extreme.inReference = inReference;
}
