import { MLOpsError } from '../../errors.js';
import type { DecisionTree, TreeArrays, TreeColumns } from '../decision-tree.js';

/**
 * Exact Shapley values of one tree's prediction: what each feature contributes when features become known in every order
 * alike, and a split by an unknown feature sends a row both ways in the proportion of the training rows
 * (path-dependent TreeSHAP, Lundberg, Erion, Lee 2018, arXiv 1802.03888, algorithm 2). Columns of one feature are known
 * together. Takes O(leaves × depth²) a row.
 */
export class TreeShap {
  /** The mean prediction over the training rows: what is predicted when nothing is known. */
  readonly expectedValue: number;
  readonly #arrays: TreeArrays;
  readonly #cover: Float64Array;
  /** Of each set of categories: 1 for those that go left. */
  readonly #goesLeft: readonly Uint8Array[];
  // The path to the node being visited, once for each depth: the features split by, the share of rows that goes this way
  // without knowing the feature (zero) and with it (one), and the weights of the subsets of each size.
  readonly #feature: Int32Array;
  readonly #zero: Float64Array;
  readonly #one: Float64Array;
  readonly #weight: Float64Array;
  // The row being explained, and where its values are added.
  #row!: Float64Array;
  #out!: Float64Array;

  /** @throws MLOpsError `UNSUPPORTED` for a tree that does not say how many training rows reached its nodes */
  constructor(
    tree: DecisionTree,
    private readonly columns: TreeColumns,
    private readonly featureOf: Int32Array,
  ) {
    const { arrays } = tree;
    if (arrays.cover === undefined) {
      throw new MLOpsError(
        'UNSUPPORTED',
        'this model does not say how many training rows reached each node, which explanations need; train it again with this release',
      );
    }
    this.#arrays = arrays;
    this.#cover = arrays.cover;
    this.#goesLeft = arrays.sets.map((set) => {
      const flags = new Uint8Array(256);
      for (const code of set) flags[code] = 1;
      return flags;
    });
    this.expectedValue = meanOfLeaves(arrays, arrays.cover);
    const depth = depthOf(arrays);
    const size = ((depth + 2) * (depth + 3)) / 2;
    this.#feature = new Int32Array(size);
    this.#zero = new Float64Array(size);
    this.#one = new Float64Array(size);
    this.#weight = new Float64Array(size);
  }

  /** Adds each feature's contribution to the prediction for a row, one number a column, to `out`. */
  addTo(out: Float64Array, row: Float64Array): void {
    this.#row = row;
    this.#out = out;
    this.#visit(0, 0, 0, 1, 1, -1);
  }

  /** @param parent where the path of the node above begins, @param length steps of that path */
  #visit(node: number, parent: number, length: number, zero: number, one: number, feature: number): void {
    const path = parent + length;
    this.#copyPath(parent, path, length);
    this.#extend(path, length, zero, one, feature);
    const column = this.#arrays.feature[node]!;
    if (column < 0) {
      this.#addLeaf(path, length, this.#arrays.value[node]!);
      return;
    }
    const [left, right] = [node + 1, this.#arrays.right[node]!];
    const [hot, cold] = this.#isLeft(node, column) ? [left, right] : [right, left];
    const split = this.featureOf[column]!;
    let steps = length;
    let knownZero = 1;
    let knownOne = 1;
    for (let i = 1; i <= length; i++) {
      if (this.#feature[path + i] !== split) continue;
      knownZero = this.#zero[path + i]!;
      knownOne = this.#one[path + i]!;
      this.#unwind(path, length, i);
      steps--;
      break;
    }
    const all = this.#cover[node]!;
    this.#visit(hot, path, steps + 1, (knownZero * this.#cover[hot]!) / all, knownOne, split);
    this.#visit(cold, path, steps + 1, (knownZero * this.#cover[cold]!) / all, 0, split);
  }

  #isLeft(node: number, column: number): boolean {
    const x = this.#row[column]!;
    if (Number.isNaN(x)) return this.#arrays.missingLeft[node] === 1;
    const value = this.#arrays.value[node]!;
    return this.columns.categoryCount(column) > 0 ? this.#goesLeft[value]![x] === 1 : x < value;
  }

  #copyPath(from: number, to: number, length: number): void {
    for (const array of [this.#feature, this.#zero, this.#one, this.#weight]) array.copyWithin(to, from, from + length);
  }

  /** Adds a step to a path of so many: every subset grows with the chance of its size. */
  #extend(path: number, length: number, zero: number, one: number, feature: number): void {
    const weight = this.#weight;
    this.#feature[path + length] = feature;
    this.#zero[path + length] = zero;
    this.#one[path + length] = one;
    weight[path + length] = length === 0 ? 1 : 0;
    for (let i = length - 1; i >= 0; i--) {
      const before = weight[path + i]!;
      weight[path + i + 1]! += (one * before * (i + 1)) / (length + 1);
      weight[path + i] = (zero * before * (length - i)) / (length + 1);
    }
  }

  /** Takes step `at` out of a path whose last step is `length`: undoes {@link #extend}. */
  #unwind(path: number, length: number, at: number): void {
    const [feature, zeros, ones, weight] = [this.#feature, this.#zero, this.#one, this.#weight];
    const one = ones[path + at]!;
    const zero = zeros[path + at]!;
    let next = weight[path + length]!;
    for (let i = length - 1; i >= 0; i--) {
      if (one === 0) weight[path + i] = (weight[path + i]! * (length + 1)) / (zero * (length - i));
      else {
        const before = weight[path + i]!;
        weight[path + i] = (next * (length + 1)) / ((i + 1) * one);
        next = before - (weight[path + i]! * zero * (length - i)) / (length + 1);
      }
    }
    for (let i = at; i < length; i++) {
      feature[path + i] = feature[path + i + 1]!;
      zeros[path + i] = zeros[path + i + 1]!;
      ones[path + i] = ones[path + i + 1]!;
    }
  }

  /** Shares a leaf's value out among the features on its path. */
  #addLeaf(path: number, length: number, value: number): void {
    for (let i = 1; i <= length; i++) {
      const difference = this.#one[path + i]! - this.#zero[path + i]!;
      this.#out[this.#feature[path + i]!]! += this.#unwoundSum(path, length, i) * difference * value;
    }
  }

  /** The sum of the weights after {@link #unwind}, without changing them. */
  #unwoundSum(path: number, length: number, at: number): number {
    const weight = this.#weight;
    const one = this.#one[path + at]!;
    const zero = this.#zero[path + at]!;
    let next = weight[path + length]!;
    let sum = 0;
    for (let i = length - 1; i >= 0; i--) {
      if (one === 0) sum += weight[path + i]! / (zero * (length - i));
      else {
        const unwound = next / ((i + 1) * one);
        sum += unwound;
        next = weight[path + i]! - unwound * zero * (length - i);
      }
    }
    return sum * (length + 1);
  }
}

function meanOfLeaves({ feature, value }: TreeArrays, cover: Float64Array): number {
  let sum = 0;
  for (let node = 0; node < feature.length; node++) if (feature[node]! < 0) sum += value[node]! * cover[node]!;
  return sum / cover[0]!;
}

/** Splits on the longest path. */
function depthOf({ feature, right }: TreeArrays): number {
  const depths = new Int32Array(feature.length);
  let deepest = 0;
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! < 0) continue;
    const below = depths[node]! + 1;
    depths[node + 1] = below;
    depths[right[node]!] = below;
    if (below > deepest) deepest = below;
  }
  return deepest;
}
