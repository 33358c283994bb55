import { mostCuts, padCuts } from './binned/count-at-or-below.js';
import { kernelOn } from './binned/kernel.js';
import { layOut } from './binned/memory-layout.js';
import type { DecisionTree, TreeArrays, TreeColumns } from './decision-tree.js';

/** Leaves of a tree that fit a word, one a bit. */
const mostLeaves = 32;
/** Trees looked at together. */
const perStep = 8;
/** Numbers in the table of a scorer: 32 MB. */
const largestTable = 1 << 23;

/** A split of a tree by one column. */
interface ColumnSplit {
  readonly tree: number;
  readonly node: number;
  /** 0 for each leaf of the left side: those out of reach when a row goes right. */
  readonly mask: number;
}

/**
 * The sum of small trees without walking them. After QuickScorer (Lucchese et al. 2015, SIGIR): a word a tree says which
 * leaves are in reach, and every split at which a row goes right puts out those on its left; the first one left is the
 * leaf. Here a table holds, for each step of a column between neighbouring thresholds (and each category, and a missing
 * value), the words that all splits by that column leave of all trees: a prediction is a row of the table for each
 * column, and-ed. No step waits for another, unlike in a walk. The loops are in assembly/scoring.ts.
 */
export class QuickScorer {
  readonly #row: Float64Array;
  readonly #sum: () => number;

  /** A scorer, unless the trees are too few to be worth it, or too large, or there is no memory for it. */
  static of(trees: readonly DecisionTree[], columns: TreeColumns): QuickScorer | undefined {
    const isSmall = ({ arrays }: DecisionTree): boolean => arrays.feature.length < 2 * mostLeaves;
    if (trees.length < 8 || !trees.every(isSmall)) return undefined;
    const splits = splitsByColumn(trees, columns.width);
    const steps = splits.map((list, column) => stepsOf(trees, list, columns.categoryCount(column)));
    const rows = steps.reduce((sum, { count }) => sum + count + 1, 0);
    if (rows * trees.length > largestTable || steps.some(({ cuts }) => cuts !== undefined && cuts.length > mostCuts)) {
      return undefined;
    }
    try {
      return new QuickScorer(trees, splits, steps, rows);
    } catch (error) {
      if (error instanceof RangeError) return undefined; // no address space for one more memory
      throw error;
    }
  }

  private constructor(
    trees: readonly DecisionTree[],
    splits: readonly (readonly ColumnSplit[])[],
    steps: readonly Steps[],
    rowCount: number,
  ) {
    const size = Math.ceil(trees.length / perStep) * perStep;
    const scored = splits.flatMap((list, column) => (list.length === 0 ? [] : [column]));
    const { memory, arrays } = layOut({
      row: [Float64Array, splits.length],
      cuts: [Float64Array, 256 * scored.length],
      values: [Float64Array, size * mostLeaves],
      columns: [Int32Array, 4 * scored.length],
      words: [Int32Array, scored.length],
      table: [Int32Array, rowCount * size],
    });
    const { row, cuts, values, table } = arrays;
    trees.forEach(({ arrays: tree }, i) => {
      const leaves = tree.value.filter((_, node) => tree.feature[node]! < 0);
      values.set(leaves, i * mostLeaves); // in preorder: from left to right
    });
    table.fill(-1);
    let first = 0;
    scored.forEach((column, i) => {
      const { count, cuts: thresholds } = steps[column]!;
      for (const { tree, node, mask } of splits[column]!) {
        const { value, missingLeft, sets } = trees[tree]!.arrays;
        // A row is put out from the step on that lies above the threshold.
        const from = thresholds === undefined ? 0 : thresholds.indexOf(value[node]!) + 1;
        const set = thresholds === undefined ? new Set(sets[value[node]!]) : undefined;
        for (let step = from; step < count; step++) {
          if (set?.has(step) !== true) table[(first + step) * size + tree]! &= mask;
        }
        if (missingLeft[node] === 0) table[(first + count) * size + tree]! &= mask;
      }
      const ownCuts = cuts.subarray(256 * i, 256 * (i + 1));
      if (thresholds !== undefined) ownCuts.set(padCuts(thresholds));
      const rowAddress = (at: number): number => table.byteOffset + 4 * size * at;
      arrays.columns.set(
        [
          row.byteOffset + 8 * column,
          thresholds === undefined ? 0 : ownCuts.byteOffset,
          rowAddress(first),
          rowAddress(first + count),
        ],
        4 * i,
      );
      first += count + 1;
    });
    this.#row = row;
    const kernel = kernelOn(memory);
    const [columnsAt, wordsAt, valuesAt] = [arrays.columns.byteOffset, arrays.words.byteOffset, values.byteOffset];
    this.#sum = () => kernel.sumTrees(columnsAt, scored.length, size, wordsAt, valuesAt);
  }

  /** The sum of what all trees predict for a row. */
  sum(row: Float64Array): number {
    const own = this.#row;
    for (let i = 0; i < own.length; i++) own[i] = row[i]!;
    return this.#sum();
  }
}

/** How many values of a column are told apart, and by which thresholds if by those. */
interface Steps {
  readonly count: number;
  readonly cuts: Float64Array | undefined;
}

function stepsOf(trees: readonly DecisionTree[], splits: readonly ColumnSplit[], categories: number): Steps {
  if (splits.length === 0) return { count: 0, cuts: undefined };
  if (categories > 0) return { count: categories, cuts: undefined };
  const thresholds = splits.map(({ tree, node }) => trees[tree]!.arrays.value[node]!);
  const cuts = Float64Array.from(new Set(thresholds)).sort();
  return { count: cuts.length + 1, cuts };
}

function splitsByColumn(trees: readonly DecisionTree[], width: number): readonly ColumnSplit[][] {
  const splits: ColumnSplit[][] = Array.from({ length: width }, () => []);
  trees.forEach(({ arrays }, tree) => {
    const masks = leftMasks(arrays);
    arrays.feature.forEach((column, node) => {
      if (column >= 0) splits[column]!.push({ tree, node, mask: masks[node]! });
    });
  });
  return splits;
}

/** For each split all bits but those of the leaves on its left; the first leaf is the highest bit. */
function leftMasks({ feature, right }: TreeArrays): Int32Array {
  const masks = new Int32Array(feature.length);
  let leaf = 0;
  const walk = (node: number): number => {
    if (feature[node]! < 0) return 1 << (mostLeaves - 1 - leaf++);
    const left = walk(node + 1);
    masks[node] = ~left;
    return left | walk(right[node]!);
  };
  walk(0);
  return masks;
}
