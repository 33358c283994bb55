import { DecisionTree } from '../decision-tree.js';
import type { BinnedFeature } from './bin-table.js';
import type { BoostingMemory } from './boosting-memory.js';
import { Histograms } from './histograms.js';
import { type NodeSums, type SplitRules, SplitSearch, leafValue } from './split-search.js';

export interface GrowthRules extends SplitRules {
  readonly maxLeaves: number;
  /** Splits on the longest path. */
  readonly maxDepth: number;
  /** What leaf values are multiplied by. */
  readonly learningRate: number;
}

/** The best value of a leaf where the second order of the loss does not tell. @param rows those of the leaf */
export type LeafSolver = (rows: Int32Array) => number;

/** A node while its tree grows. */
interface GrowingNode extends NodeSums {
  readonly depth: number;
  /** Its rows: `rows[from..to)`. */
  readonly from: number;
  readonly to: number;
  /** Its histogram, while it may be split. */
  readonly slot: number;
  split: NodeSplit | undefined;
}

interface NodeSplit {
  readonly gain: number;
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: number;
  readonly leftGradient: number;
  readonly leftHessian: number;
  readonly leftCount: number;
  /** Of a split by set: the bins that go left. */
  readonly leftBins: Uint8Array | undefined;
  left?: GrowingNode;
  right?: GrowingNode;
}

/**
 * Grows trees leaf by leaf, always at the split that lowers the loss most (Shi 2007; Ke et al. 2017, NeurIPS). Only the
 * smaller of two siblings is counted into a histogram; the other is the difference to the parent. Rows of a leaf are
 * kept side by side.
 */
export class BoostedTreeGrower {
  readonly #search: SplitSearch;
  readonly #histograms: Histograms;

  /** @param memory with the derivatives to grow the next tree for */
  constructor(
    private readonly features: readonly BinnedFeature[],
    private readonly memory: BoostingMemory,
    private readonly rules: GrowthRules,
  ) {
    this.#histograms = new Histograms(memory);
    this.#search = new SplitSearch(features, memory, this.#histograms, rules);
  }

  /**
   * The next tree.
   *
   * @param sample rows to learn from, in rising order
   * @param used features to split by
   * @param visit called with each leaf's rows and value
   */
  grow(
    sample: Int32Array,
    used: Int32Array,
    solve: LeafSolver | undefined,
    visit: (rows: Int32Array, value: number) => void,
  ): DecisionTree {
    this.memory.rows.set(sample);
    const root = this.#root(sample.length, used);
    const leaves = [root];
    while (leaves.length < this.rules.maxLeaves) {
      const next = this.#pickBest(leaves);
      if (next === undefined) break;
      leaves.push(...this.#split(next, used, leaves.length + 2));
    }
    return this.#toTree(root, solve, visit);
  }

  #root(count: number, used: Int32Array): GrowingNode {
    const { gradients, hessians, rows, hasHessians } = this.memory;
    const gradient = sumOver(gradients, rows, count);
    const hessian = hasHessians ? sumOver(hessians, rows, count) : count;
    const bounds = { lower: -Infinity, upper: Infinity };
    const root = { gradient, hessian, count, ...bounds, depth: 0, from: 0, to: count, slot: 0, split: undefined };
    if (this.rules.maxLeaves > 1 && this.#isSplittable(root)) {
      this.#histograms.build(0, 0, count, used);
      return this.#withSplit(root, used);
    }
    return root;
  }

  /** Takes the leaf with the best split out of the list. */
  #pickBest(leaves: GrowingNode[]): GrowingNode | undefined {
    let best = -1;
    for (let i = 0; i < leaves.length; i++) {
      const gain = leaves[i]!.split?.gain ?? 0;
      if (gain > (leaves[best]?.split?.gain ?? 0)) best = i;
    }
    return best < 0 ? undefined : leaves.splice(best, 1)[0];
  }

  /** Splits a leaf and finds its children's best splits, unless the tree is complete with these. */
  #split(node: GrowingNode, used: Int32Array, leafCount: number): GrowingNode[] {
    const split = node.split!;
    const { rules } = this;
    const leftCount = this.#partition(node, split);
    const middle = node.from + leftCount;
    const leftIsSmaller = 2 * leftCount < node.count;
    // The larger child takes over its parent's histogram, the smaller one gets a new one.
    const newSlot = leafCount - 1;
    const leftSums = { gradient: split.leftGradient, hessian: split.leftHessian, count: split.leftCount };
    const rightSums = {
      gradient: node.gradient - split.leftGradient,
      hessian: node.hessian - split.leftHessian,
      count: node.count - split.leftCount,
    };
    const [leftBounds, rightBounds] = this.#childBounds(node, leftSums, rightSums);
    const depth = node.depth + 1;
    let left: GrowingNode = {
      ...leftSums,
      ...leftBounds,
      depth,
      from: node.from,
      to: middle,
      slot: leftIsSmaller ? newSlot : node.slot,
      split: undefined,
    };
    let right: GrowingNode = {
      ...rightSums,
      ...rightBounds,
      depth,
      from: middle,
      to: node.to,
      slot: leftIsSmaller ? node.slot : newSlot,
      split: undefined,
    };
    if (leafCount < rules.maxLeaves && (this.#isSplittable(left) || this.#isSplittable(right))) {
      const smaller = leftIsSmaller ? left : right;
      this.#histograms.build(newSlot, smaller.from, smaller.to, used);
      this.#histograms.subtract(node.slot, newSlot);
      left = this.#withSplit(left, used);
      right = this.#withSplit(right, used);
    }
    split.left = left;
    split.right = right;
    return [left, right];
  }

  /** Between the values of two children of a monotone split lies a border that their descendants do not cross. */
  #childBounds(
    node: GrowingNode,
    left: { gradient: number; hessian: number },
    right: { gradient: number; hessian: number },
  ): [{ lower: number; upper: number }, { lower: number; upper: number }] {
    const { l2, monotone } = this.rules;
    const { lower, upper } = node;
    const direction = monotone[node.split!.feature]!;
    if (direction === 0)
      return [
        { lower, upper },
        { lower, upper },
      ];
    const border =
      (leafValue(left.gradient, left.hessian, l2, lower, upper) +
        leafValue(right.gradient, right.hessian, l2, lower, upper)) /
      2;
    const below = { lower, upper: border };
    const above = { lower: border, upper };
    return direction > 0 ? [below, above] : [above, below];
  }

  #isSplittable(node: GrowingNode): boolean {
    return node.count >= 2 * this.rules.minSamplesLeaf && node.depth < this.rules.maxDepth;
  }

  #withSplit(node: GrowingNode, used: Int32Array): GrowingNode {
    if (!this.#isSplittable(node)) return node;
    const search = this.#search;
    search.search(node, node.slot, used);
    if (search.gain <= 0) return node;
    const { gain, feature, bin, missingLeft, leftGradient, leftHessian, leftCount } = search;
    const leftBins = this.features[feature]!.isSet ? search.leftBins.slice() : undefined;
    node.split = { gain, feature, bin, missingLeft, leftGradient, leftHessian, leftCount, leftBins };
    return node;
  }

  /** Moves the rows of a node that go left before the others. @returns how many do */
  #partition({ from, to }: GrowingNode, { feature, bin, leftBins, missingLeft }: NodeSplit): number {
    const { memory } = this;
    const { kernel, isLeft, spare } = memory;
    if (leftBins === undefined) {
      isLeft.fill(1, 0, bin + 1);
      isLeft.fill(0, bin + 1);
    } else isLeft.set(leftBins);
    isLeft[this.features[feature]!.binCount] = missingLeft;
    return kernel.partition(
      memory.rowsAddress(from),
      to - from,
      memory.binsAddress(feature),
      isLeft.byteOffset,
      spare.byteOffset,
    );
  }

  /** The finished tree in preorder. */
  #toTree(
    root: GrowingNode,
    solve: LeafSolver | undefined,
    visit: (rows: Int32Array, value: number) => void,
  ): DecisionTree {
    const feature: number[] = [];
    const value: number[] = [];
    const right: number[] = [];
    const missingLeft: number[] = [];
    const cover: number[] = [];
    const sets: number[][] = [];
    const { l2, learningRate, monotone } = this.rules;
    const rowsOf = ({ from, to }: GrowingNode): Int32Array => this.memory.rows.subarray(from, to);
    const bestOf = (node: GrowingNode, lower: number, upper: number): number =>
      solve === undefined
        ? leafValue(node.gradient, node.hessian, l2, node.lower, node.upper)
        : Math.min(upper, Math.max(lower, solve(rowsOf(node))));
    // The bounds of solved values, whose unit is the target's: those of the nodes are in units of the derivatives.
    const write = (node: GrowingNode, lower: number, upper: number): void => {
      const at = feature.length;
      right.push(0);
      cover.push(node.count);
      const { split } = node;
      if (split?.left === undefined || split.right === undefined) {
        const rows = rowsOf(node);
        const best = bestOf(node, lower, upper);
        const scaled = learningRate * best;
        feature.push(-1);
        value.push(scaled);
        missingLeft.push(0);
        visit(rows, scaled);
        return;
      }
      feature.push(split.feature);
      missingLeft.push(split.missingLeft);
      const binned = this.features[split.feature]!;
      if (split.leftBins === undefined) value.push(binned.thresholdAfter(split.bin));
      else value.push(sets.push(positionsOfOnes(split.leftBins)) - 1);
      const direction = solve === undefined ? 0 : monotone[split.feature]!;
      const border = direction === 0 ? 0 : (bestOf(split.left, lower, upper) + bestOf(split.right, lower, upper)) / 2;
      write(split.left, direction < 0 ? border : lower, direction > 0 ? border : upper);
      right[at] = feature.length;
      write(split.right, direction > 0 ? border : lower, direction < 0 ? border : upper);
    };
    write(root, -Infinity, Infinity);
    return new DecisionTree({
      feature: Int32Array.from(feature),
      value: Float64Array.from(value),
      right: Int32Array.from(right),
      missingLeft: Uint8Array.from(missingLeft),
      cover: Float64Array.from(cover),
      sets,
    });
  }
}

function positionsOfOnes(flags: Uint8Array): number[] {
  const positions: number[] = [];
  flags.forEach((flag, position) => {
    if (flag === 1) positions.push(position);
  });
  return positions;
}

function sumOver(values: Float64Array, rows: Int32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[rows[i]!]!;
  return sum;
}
