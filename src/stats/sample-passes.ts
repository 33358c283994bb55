import type { Area } from './ecdf-area.js';
import { type ScanTotals, blockLength, blocks } from './sample-blocks.js';
import type { SharedBuckets } from './shared-buckets.js';

/** What the first pass over a sample finds; NaN is missing and counted only. */
export interface SampleScan {
  readonly counts: Int32Array;
  /** What the second pass looks at: all values, or those that are not counted apart, and the bucket of each. */
  readonly left: Float64Array;
  /** That of NaN included. */
  readonly places: Uint16Array;
  /** How often each bucket's value counted apart occurs, where `left` is without them. */
  readonly apart: Int32Array | undefined;
  readonly hasMissing: boolean;
  readonly present: number;
  readonly lowest: number;
  readonly highest: number;
  /** Rounded; good enough to centre the second pass on. */
  readonly mean: number;
}

/** Share of values counted apart from which the second pass is spared them. */
const worthLeavingOut = 0.9;

export function scanSample(values: Float64Array, buckets: SharedBuckets): SampleScan {
  const found = { missing: 0, lowest: Infinity, highest: -Infinity, sum: 0 };
  blocks.first.set(buckets.first);
  blocks.parts.set(buckets.parts);
  blocks.counts.fill(0, 0, buckets.count);
  const { left, places } =
    buckets.atomShare < worthLeavingOut ? scanAll(values, buckets, found) : scanOthers(values, buckets, found);
  const present = values.length - found.missing;
  const counts = blocks.counts.slice(0, buckets.count);
  counts[0]! -= found.missing;
  const apart = left === values ? undefined : counts.slice();
  for (let i = 0; apart !== undefined && i < left.length; i++) apart[places[i]!]! -= Number.isNaN(left[i]) ? 0 : 1;
  const { lowest, highest, sum } = found;
  return { counts, left, places, apart, hasMissing: found.missing > 0, present, lowest, highest, mean: sum / present };
}

type Left = Pick<SampleScan, 'left' | 'places'>;

function scanAll(values: Float64Array, { low, scale }: SharedBuckets, found: ScanTotals): Left {
  const places = new Uint16Array(values.length);
  for (let from = 0; from < values.length; from += blockLength) {
    const length = Math.min(blockLength, values.length - from);
    blocks.block.set(values.subarray(from, from + length));
    blocks.scanBlock(length, low, scale, found);
    places.set(blocks.places.subarray(0, length), from);
  }
  return { left: values, places };
}

function scanOthers(values: Float64Array, { low, scale, atoms }: SharedBuckets, found: ScanTotals): Left {
  // Room for few: zeroing room for all takes as long as looking at them.
  let left = new Float64Array(4 * blockLength);
  let places = new Uint16Array(left.length);
  let count = 0;
  blocks.atoms.set(atoms);
  for (let from = 0; from < values.length; from += blockLength) {
    const length = Math.min(blockLength, values.length - from);
    blocks.block.set(values.subarray(from, from + length));
    blocks.scanBlock(length, low, scale, found);
    const others = blocks.dropAtoms(length);
    if (count + others > left.length) {
      left = grown(left, new Float64Array(2 * left.length));
      places = grown(places, new Uint16Array(2 * places.length));
    }
    left.set(blocks.block.subarray(0, others), count);
    places.set(blocks.places.subarray(0, others), count);
    count += others;
  }
  return { left: left.subarray(0, count), places: places.subarray(0, count) };
}

function grown<A extends Float64Array | Uint16Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

export interface Gathering {
  readonly buckets: SharedBuckets;
  readonly scan: SampleScan;
  readonly wanted: Uint8Array;
  /** Of the difference in each bucket, as of `signsInBuckets`. */
  readonly signs: Float64Array;
  readonly area: Area;
  readonly weight: number;
}

/** The elements of the wanted buckets, unordered. */
export interface Gathered {
  /** Without the value counted apart. */
  part(bucket: number): Float64Array;
  /** How often the value counted apart of a wanted bucket occurs. */
  apart(bucket: number): number;
  /** Of the whole sample, ddof 0. */
  readonly variance: number;
}

/** The second pass: adds weight · Σ sign·x to the area, exactly as its three cuts are exact, and collects elements. */
export function gatherSample({ buckets, scan, wanted, signs, area, weight }: Gathering): Gathered {
  const { count } = buckets;
  const { left, mean } = scan;
  const starts = new Int32Array(count + 1);
  for (let k = 0; k < count; k++) {
    starts[k + 1] = starts[k]! + (wanted[k] === 1 ? scan.counts[k]! - (scan.apart?.[k] ?? 0) : 0);
    blocks.factors[k] = signs[k]! * area.unit;
  }
  blocks.isWanted.set(wanted);
  blocks.atoms.set(buckets.atoms);
  const gathered = new Float64Array(starts[count]!);
  const next = starts.slice();
  const { block, places } = blocks;
  const sums = { upper: 0, middle: 0, rest: 0, squares: 0, deviations: 0 };
  for (let from = 0; from < left.length; from += blockLength) {
    let length = Math.min(blockLength, left.length - from);
    block.set(left.subarray(from, from + length));
    places.set(scan.places.subarray(from, from + length));
    if (scan.hasMissing) length = blocks.dropMissing(length);
    const keptCount = blocks.sumBlock(length, mean, area.cuts.first, area.cuts.second, sums);
    blocks.collect(keptCount, gathered, next);
  }
  for (const cut of [sums.upper, sums.middle, sums.rest]) area.sum.addProduct(weight, cut);
  let { squares, deviations } = sums;
  scan.apart?.forEach((times, k) => {
    if (times === 0) return;
    const atom = buckets.atoms[k]!;
    if (signs[k] !== 0) area.sum.addProduct(weight * times, blocks.factors[k]! * atom);
    squares += times * (atom - mean) ** 2;
    deviations += times * (atom - mean);
  });
  return {
    part: (bucket) => gathered.subarray(starts[bucket], next[bucket]),
    apart: (bucket) => scan.apart?.[bucket] ?? starts[bucket + 1]! - next[bucket]!,
    variance: (squares - (deviations * deviations) / scan.present) / scan.present,
  };
}
