import type { BinnedFeature } from './bin-table.js';

/** Derivatives of the loss at each row's current prediction. */
export interface Derivatives {
  readonly gradients: Float64Array;
  /** Empty for losses whose second derivative is 1 everywhere. */
  readonly hessians: Float64Array;
}

/** Sums over the rows in each bin of each feature. */
export interface Histogram {
  readonly gradients: Float64Array;
  /** Empty when hessians are 1. */
  readonly hessians: Float64Array;
  readonly counts: Int32Array;
}

/** Bins of four features in the bytes of one number, lowest first: one access instead of four. */
interface FeatureGroup {
  readonly packed: Int32Array;
  readonly features: readonly number[];
  /** Where the bins of each begin in a histogram. */
  readonly offsets: readonly [number, number, number, number];
}

/** Makes histograms, in slots that are allocated once and used again for every tree. */
export class Histograms {
  /** Where each feature's bins begin; missing values come last in each. */
  readonly offsets: Int32Array;
  readonly #size: number;
  readonly #groups: readonly FeatureGroup[];
  readonly #slots: Histogram[] = [];
  readonly #orderedGradients: Float64Array;
  readonly #orderedHessians: Float64Array;
  /** Of all rows: they are the same for every tree. */
  #allCounts: Int32Array | undefined;

  constructor(
    private readonly features: readonly BinnedFeature[],
    private readonly rowCount: number,
    private readonly hasHessians: boolean,
  ) {
    this.offsets = new Int32Array(features.length);
    let size = 0;
    features.forEach(({ binCount }, feature) => {
      this.offsets[feature] = size;
      size += binCount + 1;
    });
    // One bin more for the bytes that no feature fills.
    this.#size = size + 1;
    this.#groups = Array.from({ length: Math.ceil(features.length / 4) }, (_, group) =>
      packGroup(features, 4 * group, rowCount, this.offsets, size),
    );
    this.#orderedGradients = new Float64Array(rowCount);
    this.#orderedHessians = new Float64Array(hasHessians ? rowCount : 0);
  }

  slot(slot: number): Histogram {
    return (this.#slots[slot] ??= {
      gradients: new Float64Array(this.#size),
      hessians: new Float64Array(this.hasHessians ? this.#size : 0),
      counts: new Int32Array(this.#size),
    });
  }

  /** Fills a slot from all rows. @param used features to look at */
  buildAll(slot: number, loss: Derivatives, used: Int32Array): void {
    const histogram = this.slot(slot);
    histogram.counts.set((this.#allCounts ??= this.#countAll()));
    histogram.gradients.fill(0);
    histogram.hessians.fill(0);
    for (const group of this.#groups) {
      if (!isUsed(group, used)) continue;
      addAll(group.packed, group.offsets, loss.gradients, histogram.gradients);
      if (this.hasHessians) addAll(group.packed, group.offsets, loss.hessians, histogram.hessians);
    }
  }

  #countAll(): Int32Array {
    const counts = new Int32Array(this.#size);
    this.features.forEach(({ bins }, feature) => {
      const offset = this.offsets[feature]!;
      for (let row = 0; row < this.rowCount; row++) counts[offset + bins[row]!]!++;
    });
    return counts;
  }

  /** Fills a slot from `rows[from..to)`. @param used features to look at */
  build(slot: number, rows: Int32Array, from: number, to: number, loss: Derivatives, used: Int32Array): void {
    const histogram = this.slot(slot);
    histogram.gradients.fill(0);
    histogram.hessians.fill(0);
    histogram.counts.fill(0);
    gather(loss.gradients, rows, from, to, this.#orderedGradients);
    if (this.hasHessians) gather(loss.hessians, rows, from, to, this.#orderedHessians);
    for (const group of this.#groups) {
      if (!isUsed(group, used)) continue;
      const { packed, offsets } = group;
      if (this.hasHessians) {
        addRowsWithHessians(packed, offsets, rows, from, to, this.#orderedGradients, this.#orderedHessians, histogram);
      } else addRows(packed, offsets, rows, from, to, this.#orderedGradients, histogram);
    }
  }

  /** Turns the histogram of a parent into that of one child by taking away the other's. */
  subtract(slot: number, other: number): void {
    const mine = this.slot(slot);
    const theirs = this.slot(other);
    subtractAll(mine.gradients, theirs.gradients);
    subtractAll(mine.hessians, theirs.hessians);
    subtractAll(mine.counts, theirs.counts);
  }
}

function packGroup(
  all: readonly BinnedFeature[],
  first: number,
  rowCount: number,
  starts: Int32Array,
  spareBin: number,
): FeatureGroup {
  const packed = new Int32Array(rowCount);
  const features = all.slice(first, first + 4);
  features.forEach(({ bins }, byte) => {
    for (let row = 0; row < rowCount; row++) packed[row]! |= bins[row]! << (8 * byte);
  });
  const offset = (byte: number): number => starts[first + byte] ?? spareBin;
  return { packed, features: features.map((_, i) => first + i), offsets: [offset(0), offset(1), offset(2), offset(3)] };
}

const isUsed = ({ features }: FeatureGroup, used: Int32Array): boolean =>
  features.some((feature) => used.includes(feature));

/** Values in the order of the rows: the loops over features then read memory in one direction. */
function gather(values: Float64Array, rows: Int32Array, from: number, to: number, out: Float64Array): void {
  for (let i = from; i < to; i++) out[i - from] = values[rows[i]!]!;
}

function addAll(
  packed: Int32Array,
  [a, b, c, d]: FeatureGroup['offsets'],
  values: Float64Array,
  sums: Float64Array,
): void {
  for (let row = 0; row < values.length; row++) {
    const bins = packed[row]!;
    const value = values[row]!;
    sums[a + (bins & 255)]! += value;
    sums[b + ((bins >>> 8) & 255)]! += value;
    sums[c + ((bins >>> 16) & 255)]! += value;
    sums[d + (bins >>> 24)]! += value;
  }
}

function addRows(
  packed: Int32Array,
  [a, b, c, d]: FeatureGroup['offsets'],
  rows: Int32Array,
  from: number,
  to: number,
  ordered: Float64Array,
  { gradients, counts }: Histogram,
): void {
  for (let i = from; i < to; i++) {
    const bins = packed[rows[i]!]!;
    const gradient = ordered[i - from]!;
    const atA = a + (bins & 255);
    const atB = b + ((bins >>> 8) & 255);
    const atC = c + ((bins >>> 16) & 255);
    const atD = d + (bins >>> 24);
    gradients[atA]! += gradient;
    counts[atA]!++;
    gradients[atB]! += gradient;
    counts[atB]!++;
    gradients[atC]! += gradient;
    counts[atC]!++;
    gradients[atD]! += gradient;
    counts[atD]!++;
  }
}

function addRowsWithHessians(
  packed: Int32Array,
  [a, b, c, d]: FeatureGroup['offsets'],
  rows: Int32Array,
  from: number,
  to: number,
  orderedGradients: Float64Array,
  orderedHessians: Float64Array,
  { gradients, hessians, counts }: Histogram,
): void {
  for (let i = from; i < to; i++) {
    const bins = packed[rows[i]!]!;
    const gradient = orderedGradients[i - from]!;
    const hessian = orderedHessians[i - from]!;
    const atA = a + (bins & 255);
    const atB = b + ((bins >>> 8) & 255);
    const atC = c + ((bins >>> 16) & 255);
    const atD = d + (bins >>> 24);
    gradients[atA]! += gradient;
    hessians[atA]! += hessian;
    counts[atA]!++;
    gradients[atB]! += gradient;
    hessians[atB]! += hessian;
    counts[atB]!++;
    gradients[atC]! += gradient;
    hessians[atC]! += hessian;
    counts[atC]!++;
    gradients[atD]! += gradient;
    hessians[atD]! += hessian;
    counts[atD]!++;
  }
}

function subtractAll(from: Float64Array | Int32Array, what: Float64Array | Int32Array): void {
  for (let i = 0; i < from.length; i++) from[i]! -= what[i]!;
}
