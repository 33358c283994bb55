import type { BinnedFeature } from './bin-table.js';
import type { BoostingMemory } from './boosting-memory.js';
import type { Histograms } from './histograms.js';

/** What a split must keep to. */
export interface SplitRules {
  /** Fewest rows on either side. */
  readonly minSamplesLeaf: number;
  /** Least sum of hessians on either side. */
  readonly minHessian: number;
  /** Weight of the squared leaf values in the loss. */
  readonly l2: number;
  /** For each feature 1 where predictions may only rise with it, -1 where they may only fall, else 0. */
  readonly monotone: Int8Array;
}

/** Sums over the rows of a node, and the bounds that monotone splits above it have set. */
export interface NodeSums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
  readonly lower: number;
  readonly upper: number;
}

/** Categories with fewer rows in a node are not told apart there: their mean says little. */
const minCategoryRows = 10;
/** A category's mean gradient is pulled towards 0 as if by so many more rows. */
const categorySmoothing = 10;

/**
 * What a leaf of such sums predicts: the minimum of G·v + (H + l2)·v²/2, within its bounds. Rows that are as certain as a
 * double can be (H and G are 0) stay where they are.
 */
export const leafValue = (gradient: number, hessian: number, l2: number, lower: number, upper: number): number =>
  Math.min(upper, Math.max(lower, -gradient / (hessian + l2 || 1)));

/**
 * Finds the split of a node that lowers the loss most, to second order (Chen, Guestrin 2016, KDD, eq. 7), from its
 * histogram. Missing values go to the side that suits better. Unordered categories are sorted by mean gradient, and only
 * cuts of that order are tried, among which the best of all sets is (Fisher 1958, JASA 53). The result of the last
 * search stays in the fields.
 */
export class SplitSearch {
  /** How much the loss falls, twice; 0 when there is no split. */
  gain = 0;
  feature = -1;
  /** Last bin that goes left; of splits by threshold. */
  bin = 0;
  missingLeft = 0;
  leftGradient = 0;
  leftHessian = 0;
  leftCount = 0;
  /** 1 for each bin that goes left; of splits by set. */
  readonly leftBins = new Uint8Array(256);

  readonly #order = new Int32Array(256);
  readonly #rank = new Float64Array(256);
  // The node and the feature being searched.
  #node!: NodeSums;
  #reductionBefore = 0;
  #slot = 0;

  constructor(
    private readonly features: readonly BinnedFeature[],
    private readonly memory: BoostingMemory,
    private readonly histograms: Histograms,
    private readonly rules: SplitRules,
  ) {}

  search(node: NodeSums, slot: number, used: Int32Array): void {
    this.#node = node;
    this.#slot = slot;
    this.#reductionBefore = this.#reduction(node.gradient, node.hessian);
    this.gain = 0;
    for (const feature of used) {
      if (this.features[feature]!.isSet) this.#searchSets(feature);
      else this.#searchThresholds(feature);
    }
  }

  #searchThresholds(feature: number): void {
    const { binCount } = this.features[feature]!;
    const hasMissing = this.histograms.count(this.#slot, feature, binCount) > 0;
    if (!hasMissing) {
      this.#scan(feature, binCount - 1, 0, false);
      return;
    }
    this.#scan(feature, binCount, 0, true); // missing right; the last cut keeps them alone
    this.#scan(feature, binCount - 1, 1, true);
  }

  /** Tries the cuts after each of the first bins. */
  #scan(feature: number, cuts: number, missingLeft: 0 | 1, hasMissing: boolean): void {
    const { histograms, memory } = this;
    const { sums, kernel } = memory;
    const { gradient, hessian, count } = this.#node;
    const { minSamplesLeaf, l2 } = this.rules;
    const { binCount } = this.features[feature]!;
    sums[0] = missingLeft * histograms.gradient(this.#slot, feature, binCount);
    sums[1] = missingLeft * histograms.hessian(this.#slot, feature, binCount);
    sums[2] = missingLeft * histograms.count(this.#slot, feature, binCount);
    const cell = memory.cellAddress(this.#slot, feature);
    const { countAt } = histograms;
    const at = sums.byteOffset;
    const before = this.#reductionBefore;
    // No split is better than it is without bounds on the values: few come this far.
    for (let bin = 0; bin < cuts; bin++) {
      // prettier-ignore
      bin = kernel.nextCut(cell, countAt, bin, cuts, at, gradient, hessian, count, minSamplesLeaf, l2, before, this.gain);
      if (bin === cuts) return;
      // Where none were missing, they will go where most rows go.
      const side = hasMissing ? missingLeft : Number(2 * sums[2] >= count);
      this.#offer(feature, bin, side, sums[0], sums[1], sums[2]);
    }
  }

  #searchSets(feature: number): void {
    const { histograms } = this;
    const slot = this.#slot;
    const { binCount } = this.features[feature]!;
    const rank = this.#rank;
    const rowsPerHessian = this.#node.count / this.#node.hessian;
    let length = 0;
    for (let bin = 0; bin <= binCount; bin++) {
      const hessian = histograms.hessian(slot, feature, bin);
      if (hessian * rowsPerHessian < minCategoryRows) continue;
      rank[bin] = histograms.gradient(slot, feature, bin) / (hessian + categorySmoothing);
      this.#order[length++] = bin;
    }
    if (length < 2) return;
    // From either end to the middle: the right side has at least half of the categories, and the rare ones besides.
    const sorted = this.#order.subarray(0, length).sort((a, b) => rank[a]! - rank[b]! || a - b);
    this.#searchOrder(feature, sorted, (length + 1) >> 1);
    this.#searchOrder(feature, sorted.reverse(), ((length + 1) >> 1) - 1);
  }

  /** Tries the sets of the first one, two, … of the bins. */
  #searchOrder(feature: number, order: Int32Array, most: number): void {
    const { histograms } = this;
    const slot = this.#slot;
    const { binCount } = this.features[feature]!;
    const isMissingSeen = histograms.count(slot, feature, binCount) > 0;
    let gradient = 0;
    let hessian = 0;
    let count = 0;
    let missingLeft = 0;
    for (let i = 0; i < most; i++) {
      const bin = order[i]!;
      gradient += histograms.gradient(slot, feature, bin);
      hessian += histograms.hessian(slot, feature, bin);
      count += histograms.count(slot, feature, bin);
      if (bin === binCount) missingLeft = 1;
      if (this.#node.count - count < this.rules.minSamplesLeaf) return;
      const side = isMissingSeen ? missingLeft : Number(2 * count >= this.#node.count);
      if (!this.#offer(feature, 0, side, gradient, hessian, count)) continue;
      this.leftBins.fill(0);
      for (let k = 0; k <= i; k++) if (order[k] !== binCount) this.leftBins[order[k]!] = 1;
    }
  }

  /** Takes a split if it is allowed and better than the best so far. */
  #offer(feature: number, bin: number, missingLeft: number, gradient: number, hessian: number, count: number): boolean {
    const { rules } = this;
    const node = this.#node;
    const rightHessian = node.hessian - hessian;
    if (count < rules.minSamplesLeaf || hessian < rules.minHessian || rightHessian < rules.minHessian) return false;
    const rightGradient = node.gradient - gradient;
    const direction = rules.monotone[feature]!;
    if (direction !== 0) {
      const left = leafValue(gradient, hessian, rules.l2, node.lower, node.upper);
      const right = leafValue(rightGradient, rightHessian, rules.l2, node.lower, node.upper);
      if (direction * (right - left) < 0) return false;
    }
    const gain =
      this.#reduction(gradient, hessian) + this.#reduction(rightGradient, rightHessian) - this.#reductionBefore;
    if (!(gain > this.gain)) return false;
    this.gain = gain;
    this.feature = feature;
    this.bin = bin;
    this.missingLeft = missingLeft;
    this.leftGradient = gradient;
    this.leftHessian = hessian;
    this.leftCount = count;
    return true;
  }

  /** How much the best allowed value of a leaf lowers its loss, twice. */
  #reduction(gradient: number, hessian: number): number {
    const { l2 } = this.rules;
    const value = leafValue(gradient, hessian, l2, this.#node.lower, this.#node.upper);
    return -value * (2 * gradient + (hessian + l2) * value);
  }
}
