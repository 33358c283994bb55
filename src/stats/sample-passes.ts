import type { Area } from './ecdf-area.js';
import { blockLength, blocks } from './sample-blocks.js';
import type { SharedBuckets } from './shared-buckets.js';

/** What the first pass over a sample finds; NaN is missing and counted only. */
export interface SampleScan {
  readonly counts: Int32Array;
  /** The bucket of each value, that of NaN included. */
  readonly places: Uint16Array;
  readonly present: number;
  readonly lowest: number;
  readonly highest: number;
  /** Rounded; good enough to centre the second pass on. */
  readonly mean: number;
}

export function scanSample(values: Float64Array, buckets: SharedBuckets): SampleScan {
  const places = new Uint16Array(values.length);
  const found = { missing: 0, lowest: Infinity, highest: -Infinity, sum: 0 };
  blocks.first.set(buckets.first);
  blocks.parts.set(buckets.parts);
  blocks.counts.fill(0, 0, buckets.count);
  for (let from = 0; from < values.length; from += blockLength) {
    const length = Math.min(blockLength, values.length - from);
    blocks.block.set(values.subarray(from, from + length));
    blocks.scanBlock(length, buckets.low, buckets.scale, found);
    places.set(blocks.places.subarray(0, length), from);
  }
  const present = values.length - found.missing;
  const counts = blocks.counts.slice(0, buckets.count);
  counts[0]! -= found.missing;
  const { lowest, highest, sum } = found;
  return { counts, places, present, lowest, highest, mean: sum / present };
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
  /** How often the bucket's value counted apart occurs. */
  apart(bucket: number): number;
  /** Of the whole sample, ddof 0. */
  readonly variance: number;
}

/** The second pass: adds weight · Σ sign·x to the area, exactly as its three cuts are exact, and collects elements. */
export function gatherSample(
  values: Float64Array,
  { buckets, scan, wanted, signs, area, weight }: Gathering,
): Gathered {
  const { count } = buckets;
  const starts = new Int32Array(count + 1);
  for (let k = 0; k < count; k++) {
    starts[k + 1] = starts[k]! + (wanted[k] === 1 ? scan.counts[k]! : 0);
    blocks.factors[k] = signs[k]! * area.unit;
  }
  blocks.isWanted.set(wanted);
  blocks.atoms.set(buckets.atoms);
  const gathered = new Float64Array(starts[count]!);
  const next = starts.slice();
  const { block, places } = blocks;
  const sums = { upper: 0, middle: 0, rest: 0, squares: 0, deviations: 0 };
  for (let from = 0; from < values.length; from += blockLength) {
    let length = Math.min(blockLength, values.length - from);
    block.set(values.subarray(from, from + length));
    places.set(scan.places.subarray(from, from + length));
    if (scan.present < values.length) length = blocks.dropMissing(length);
    const keptCount = blocks.sumBlock(length, scan.mean, area.cuts.first, area.cuts.second, sums);
    blocks.collect(keptCount, gathered, next);
  }
  area.sum.addProduct(weight, sums.upper);
  area.sum.addProduct(weight, sums.middle);
  area.sum.addProduct(weight, sums.rest);
  return {
    part: (bucket) => gathered.subarray(starts[bucket], next[bucket]),
    apart: (bucket) => starts[bucket + 1]! - next[bucket]!,
    variance: (sums.squares - (sums.deviations * sums.deviations) / scan.present) / scan.present,
  };
}
