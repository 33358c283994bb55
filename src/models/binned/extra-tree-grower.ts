import { type Random, randomInt } from '../../util/random.js';
import { DecisionTree } from '../decision-tree.js';
import type { BinnedFeature } from './bin-table.js';
import { partitionRows } from './partition-rows.js';

export interface ExtraTreeRules {
  /** Splits on the longest path. */
  readonly maxDepth: number;
  /** Fewest rows on either side of a split. */
  readonly minSamplesLeaf: number;
  /** Features of which a cut is drawn at each node; the best of the cuts is taken. */
  readonly featuresPerSplit: number;
  /** What leaf values are multiplied by. */
  readonly weight: number;
}

/** The best of the cuts drawn at a node. */
interface Cut {
  gain: number;
  feature: number;
  bin: number;
  /** 1 for each bin that goes left, the one of missing values included. */
  readonly isLeft: Uint8Array;
}

/**
 * Grows extremely randomized trees (Geurts, Ernst, Wehenkel 2006, Machine Learning 63(1)) over bins: at each node one cut
 * of some features each is drawn at random, and the one that lowers the squared error most is taken. A cut of numbers
 * lies between two of the bins that occur in the node, each alike; a cut of unordered categories draws a side for each of
 * them; missing values draw theirs.
 */
export class ExtraTreeGrower {
  readonly #rows: Int32Array;
  readonly #spare: Int32Array;
  readonly #order: Int32Array;
  readonly #drawn = new Uint8Array(256);
  readonly #occurs = new Uint8Array(256);

  /** @param target centred, so that sums over many rows lose no digits */
  constructor(
    private readonly features: readonly BinnedFeature[],
    private readonly target: Float64Array,
    private readonly rules: ExtraTreeRules,
  ) {
    this.#rows = new Int32Array(target.length);
    this.#spare = new Int32Array(target.length);
    this.#order = new Int32Array(features.length);
  }

  grow(random: Random): DecisionTree {
    for (let row = 0; row < this.#rows.length; row++) this.#rows[row] = row;
    for (let i = 0; i < this.#order.length; i++) this.#order[i] = i;
    const feature: number[] = [];
    const value: number[] = [];
    const right: number[] = [];
    const missingLeft: number[] = [];
    const cover: number[] = [];
    const sets: number[][] = [];
    const visit = (from: number, to: number, depth: number): void => {
      const at = feature.length;
      const sum = this.#sum(from, to);
      const cut = depth < this.rules.maxDepth ? this.#bestCut(from, to, sum, random) : undefined;
      cover.push(to - from);
      right.push(0);
      if (cut === undefined) {
        feature.push(-1);
        missingLeft.push(0);
        value.push((this.rules.weight * sum) / (to - from));
        return;
      }
      const binned = this.features[cut.feature]!;
      feature.push(cut.feature);
      missingLeft.push(cut.isLeft[binned.binCount]!);
      value.push(
        binned.isSet ? sets.push(onesBefore(cut.isLeft, binned.binCount)) - 1 : binned.thresholdAfter(cut.bin),
      );
      const middle = from + partitionRows(this.#rows, from, to, binned.bins, cut.isLeft, this.#spare);
      visit(from, middle, depth + 1);
      right[at] = feature.length;
      visit(middle, to, depth + 1);
    };
    visit(0, this.#rows.length, 0);
    return new DecisionTree({
      feature: Int32Array.from(feature),
      value: Float64Array.from(value),
      right: Int32Array.from(right),
      missingLeft: Uint8Array.from(missingLeft),
      cover: Float64Array.from(cover),
      sets,
    });
  }

  #sum(from: number, to: number): number {
    let sum = 0;
    for (let i = from; i < to; i++) sum += this.target[this.#rows[i]!]!;
    return sum;
  }

  /** Draws cuts of features in random order until so many of them were not constant; undefined when none is allowed. */
  #bestCut(from: number, to: number, sum: number, random: Random): Cut | undefined {
    const { minSamplesLeaf, featuresPerSplit } = this.rules;
    if (to - from < 2 * minSamplesLeaf || this.#isConstant(from, to)) return undefined;
    const best: Cut = { gain: 0, feature: -1, bin: 0, isLeft: new Uint8Array(256) };
    let tried = 0;
    for (let i = 0; i < this.#order.length && tried < featuresPerSplit; i++) {
      const other = i + randomInt(random, this.#order.length - i);
      const feature = this.#order[other]!;
      this.#order[other] = this.#order[i]!;
      this.#order[i] = feature;
      const bin = this.#draw(feature, from, to, random);
      if (bin === undefined) continue;
      tried++;
      this.#offer(best, feature, bin, from, to, sum);
    }
    return best.feature < 0 ? undefined : best;
  }

  #isConstant(from: number, to: number): boolean {
    const first = this.target[this.#rows[from]!];
    for (let i = from + 1; i < to; i++) if (this.target[this.#rows[i]!] !== first) return false;
    return true;
  }

  /** Draws which bins go left; undefined when the feature has one value only in these rows. */
  #draw(feature: number, from: number, to: number, random: Random): number | undefined {
    const { bins, binCount, isSet } = this.features[feature]!;
    const drawn = this.#drawn.fill(0);
    const occurs = this.#occurs.fill(0);
    for (let i = from; i < to; i++) occurs[bins[this.#rows[i]!]!] = 1;
    const lowest = occurs.indexOf(1);
    let highest = binCount - 1;
    while (highest >= 0 && occurs[highest] === 0) highest--;
    const hasMissing = occurs[binCount] === 1;
    if (lowest >= highest) {
      if (lowest > highest || !hasMissing) return undefined; // all missing, or all the same
      drawn.fill(1, 0, highest + 1); // present values against missing ones
      return highest;
    }
    drawn[binCount] = Number(random.next() < 0.5);
    if (!isSet) {
      const bin = lowest + randomInt(random, highest - lowest);
      drawn.fill(1, 0, bin + 1);
      return bin;
    }
    for (let bin = lowest; bin <= highest; bin++) drawn[bin] = occurs[bin]! & Number(random.next() < 0.5);
    return 0;
  }

  /** Takes the drawn cut if it is allowed and better than the best so far. */
  #offer(best: Cut, feature: number, bin: number, from: number, to: number, sum: number): void {
    const { bins } = this.features[feature]!;
    const drawn = this.#drawn;
    let leftSum = 0;
    let leftCount = 0;
    for (let i = from; i < to; i++) {
      const row = this.#rows[i]!;
      const goesLeft = drawn[bins[row]!]!;
      leftCount += goesLeft;
      leftSum += goesLeft * this.target[row]!;
    }
    const rightCount = to - from - leftCount;
    if (Math.min(leftCount, rightCount) < this.rules.minSamplesLeaf) return;
    const rightSum = sum - leftSum;
    const gain = (leftSum * leftSum) / leftCount + (rightSum * rightSum) / rightCount - (sum * sum) / (to - from);
    if (!(gain > best.gain)) return;
    Object.assign(best, { gain, feature, bin });
    best.isLeft.set(drawn);
  }
}

function onesBefore(flags: Uint8Array, end: number): number[] {
  const positions: number[] = [];
  for (let at = 0; at < end; at++) if (flags[at] === 1) positions.push(at);
  return positions;
}
