import { countBuckets, divide, gatherBuckets, isConstant } from './buckets.js';
import type { Buckets } from './buckets.js';
import { type Cuts, PairSum, cutsFor } from './exact-sum.js';

/** An area in the making, part by part of the range of values. */
export interface Area {
  readonly n: number;
  readonly m: number;
  /** Power of two that brings the largest magnitude near 1. */
  readonly unit: number;
  readonly cuts: Cuts;
  /** The area times n·m·unit. */
  readonly sum: PairSum;
}

/** How many values of each sample lie below a part: dᵢ = i·m − j·n is the difference there times n·m. */
interface Below {
  readonly i: number;
  readonly j: number;
}

/**
 * Area between two empirical distribution functions over the finite values, correctly rounded but for odds of about 1e-10.
 *
 * By parts, the area is Σ x·(|d before x| − |d after x|)/(nm) over the values, d = i·m − j·n. Where d keeps its sign the
 * factor is ±m for a reference value and ±n for a current one, so only the buckets in which d may change sign are put in
 * order; the others enter by their sums. Sums are exact, so the bits do not depend on the division into buckets.
 *
 * @param sizes n and m, when values at the infinities were left out
 * @param below how many of those were at −Infinity
 */
export function ecdfArea(
  reference: Float64Array,
  current: Float64Array,
  sizes: { readonly n: number; readonly m: number } = { n: reference.length, m: current.length },
  below: Below = { i: 0, j: 0 },
): number {
  const area = startArea(largestOf(reference, current), sizes);
  addPart(area, reference, current, below.i, below.j);
  return finishArea(area);
}

/** {@link ecdfArea} by sorting everything: the plain definition, for comparison. */
export function ecdfAreaBySorting(reference: Float64Array, current: Float64Array): number {
  const area = startArea(largestOf(reference, current), { n: reference.length, m: current.length });
  walk(area, reference, current, 0, 0);
  return finishArea(area);
}

function largestOf(a: Float64Array, b: Float64Array): number {
  let largest = 0;
  for (const values of [a, b]) {
    for (let i = 0; i < values.length; i++) {
      const magnitude = Math.abs(values[i]!);
      if (magnitude > largest) largest = magnitude;
    }
  }
  return largest;
}

/** @param largest magnitude of all values */
export function startArea(largest: number, { n, m }: { readonly n: number; readonly m: number }): Area {
  const exponent = largest === 0 ? 0 : Math.min(1023, -Math.ceil(Math.log2(largest)));
  return { n, m, unit: 2 ** exponent, cuts: cutsFor(Math.max(n, m)), sum: new PairSum() };
}

export const finishArea = ({ n, m, unit, sum }: Area): number => Math.max(0, sum.value() / (n * m) / unit);

/** Adds the part of the area over values that i0 reference and j0 current values lie below. */
export function addPart(area: Area, a: Float64Array, b: Float64Array, i0: number, j0: number): void {
  const buckets = divide(a, b);
  if (buckets === undefined) {
    walk(area, a, b, i0, j0);
    return;
  }
  const inA = countBuckets(a, buckets);
  const inB = countBuckets(b, buckets);
  const { signs, mixed } = signsInBuckets(area, inA, inB, i0, j0);
  addSigned(area, a, buckets, signs, -area.m);
  addSigned(area, b, buckets, signs, area.n);
  const fromA = gatherBuckets(a, buckets, inA, mixed);
  const fromB = gatherBuckets(b, buckets, inB, mixed);
  let i = i0;
  let j = j0;
  for (let k = 0; k < buckets.count; k++) {
    if (mixed[k] === 1) {
      const partA = fromA.values.subarray(fromA.starts[k], fromA.starts[k + 1]);
      const partB = fromB.values.subarray(fromB.starts[k], fromB.starts[k + 1]);
      addPart(area, partA, partB, i, j);
    }
    i += inA[k]!;
    j += inB[k]!;
  }
}

/** Adds the part of the area at one value, below which i reference and j current values lie and at which so many more. */
export function addValue(
  { n, m, unit, sum }: Area,
  value: number,
  { i, j }: Below,
  at: { readonly i: number; readonly j: number },
): void {
  const before = Math.abs(i * m - j * n);
  const after = Math.abs((i + at.i) * m - (j + at.j) * n);
  if (before !== after) sum.addProduct(before - after, value * unit);
}

/** Sign of d throughout each bucket, 0 where it may change: such buckets are `mixed` and enter by {@link addPart}. */
export function signsInBuckets(
  { n, m }: Area,
  inA: Int32Array,
  inB: Int32Array,
  i0: number,
  j0: number,
): { readonly signs: Float64Array; readonly mixed: Uint8Array } {
  const signs = new Float64Array(inA.length);
  const mixed = new Uint8Array(inA.length);
  let i = i0;
  let j = j0;
  for (let k = 0; k < inA.length; k++) {
    const nextI = i + inA[k]!;
    const nextJ = j + inB[k]!;
    if (i * m - nextJ * n >= 0) signs[k] = 1;
    else if (nextI * m - j * n <= 0) signs[k] = -1;
    else mixed[k] = 1;
    i = nextI;
    j = nextJ;
  }
  return { signs, mixed };
}

/** Adds weight · Σ sign·x, the sum exact in three cuts of each value's bits. */
function addSigned(area: Area, values: Float64Array, buckets: Buckets, signs: Float64Array, weight: number): void {
  const { low, scale } = buckets;
  const { unit } = area;
  const { first, second } = area.cuts;
  let upper = 0;
  let middle = 0;
  let rest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const term = signs[((value - low) * scale) | 0]! * unit * value;
    const high = first + term - first;
    const left = term - high;
    const next = second + left - second;
    upper += high;
    middle += next;
    rest += left - next;
  }
  area.sum.addProduct(weight, upper);
  area.sum.addProduct(weight, middle);
  area.sum.addProduct(weight, rest);
}

/** Every distinct value in order. */
function walk({ n, m, unit, sum }: Area, a: Float64Array, b: Float64Array, i0: number, j0: number): void {
  const isSingle = isConstant(a, b);
  const x = isSingle ? a : a.toSorted();
  const y = isSingle ? b : b.toSorted();
  let i = 0;
  let j = 0;
  let before = Math.abs(i0 * m - j0 * n);
  while (i < x.length || j < y.length) {
    const value = j >= y.length || (i < x.length && x[i]! <= y[j]!) ? x[i]! : y[j]!;
    while (i < x.length && x[i] === value) i++;
    while (j < y.length && y[j] === value) j++;
    const after = Math.abs((i0 + i) * m - (j0 + j) * n);
    if (before !== after) sum.addProduct(before - after, value * unit);
    before = after;
  }
}
