import { countAtOrBelow, mostCuts, padCuts } from './binned/count-at-or-below.js';
import type { DecisionTree, TreeArrays, TreeColumns } from './decision-tree.js';

/** Leaves of a tree that fit a word, one a bit. */
const mostLeaves = 32;
/** Columns looked at together. */
const together = 4;
/** Numbers in the table of a scorer: 32 MB. */
const largestTable = 1 << 23;

/** A split of a tree by one column. */
interface ColumnSplit {
  readonly tree: number;
  readonly node: number;
  /** 0 for each leaf of the left side: those out of reach when a row goes right. */
  readonly mask: number;
}

/** What a value of a column means: which row of the table. */
interface ScoredColumn {
  readonly column: number;
  /** Where the column's rows begin; undefined cuts: the value is the code of a category. */
  readonly first: number;
  readonly cuts: Float64Array | undefined;
  /** The row of missing values. */
  readonly missing: number;
}

/**
 * The sum of small trees without walking them. After QuickScorer (Lucchese et al. 2015, SIGIR): a word a tree says which
 * leaves are in reach, and every split at which a row goes right puts out those on its left; the first one left is the
 * leaf. Here a table holds, for each step of a column between neighbouring thresholds (and each category, and a missing
 * value), the words that all splits by that column leave of all trees: a prediction is a row of the table for each
 * column, and-ed. No step waits for another, unlike in a walk.
 */
export class QuickScorer {
  readonly #columns: readonly ScoredColumn[];
  /** A row of words, one a tree, after the other. The first has all bits set. */
  readonly #table: Int32Array;
  readonly #values: Float64Array;
  readonly #reach: Int32Array;
  readonly #rows: Int32Array;

  /** A scorer, unless the trees are too few to be worth it, or too large. */
  static of(trees: readonly DecisionTree[], columns: TreeColumns): QuickScorer | undefined {
    const isSmall = ({ arrays }: DecisionTree): boolean => arrays.feature.length < 2 * mostLeaves;
    if (trees.length < 8 || !trees.every(isSmall)) return undefined;
    const splits = splitsByColumn(trees, columns.width);
    const steps = splits.map((list, column) => stepsOf(trees, list, columns.categoryCount(column)));
    const rows = steps.reduce((sum, { count }) => sum + count + 1, 1);
    if (rows * trees.length > largestTable || steps.some(({ cuts }) => cuts !== undefined && cuts.length > mostCuts)) {
      return undefined;
    }
    return new QuickScorer(trees, splits, steps, rows);
  }

  private constructor(
    trees: readonly DecisionTree[],
    splits: readonly (readonly ColumnSplit[])[],
    steps: readonly Steps[],
    rowCount: number,
  ) {
    const size = trees.length;
    this.#values = new Float64Array(size * mostLeaves);
    trees.forEach(({ arrays }, tree) => {
      const leaves = arrays.value.filter((_, node) => arrays.feature[node]! < 0);
      this.#values.set(leaves, tree * mostLeaves); // in preorder: from left to right
    });
    this.#table = new Int32Array(rowCount * size).fill(-1);
    this.#reach = new Int32Array(size);
    const columns: ScoredColumn[] = [];
    let first = 1;
    splits.forEach((list, column) => {
      const { cuts, count } = steps[column]!;
      if (list.length === 0) return;
      for (const { tree, node, mask } of list) {
        const { value, missingLeft, sets } = trees[tree]!.arrays;
        // A row is put out from the step on that lies above the threshold.
        const from = cuts === undefined ? 0 : cuts.indexOf(value[node]!) + 1;
        const set = cuts === undefined ? new Set(sets[value[node]!]) : undefined;
        for (let step = from; step < count; step++) {
          if (set?.has(step) !== true) this.#table[(first + step) * size + tree]! &= mask;
        }
        if (missingLeft[node] === 0) this.#table[(first + count) * size + tree]! &= mask;
      }
      columns.push({
        column,
        first: first * size,
        cuts: cuts && padCuts(cuts),
        missing: (first + count) * size,
      });
      first += count + 1;
    });
    this.#columns = columns;
    this.#rows = new Int32Array(Math.ceil(columns.length / together) * together);
  }

  /** The sum of what all trees predict for a row. */
  sum(row: Float64Array): number {
    const rows = this.#rows;
    const columns = this.#columns;
    const reach = this.#reach;
    const size = reach.length;
    for (let i = 0; i < columns.length; i++) {
      const { column, first, cuts, missing } = columns[i]!;
      const x = row[column]!;
      rows[i] = Number.isNaN(x) ? missing : first + size * (cuts === undefined ? x : countAtOrBelow(cuts, x));
    }
    const table = this.#table;
    reach.fill(-1);
    for (let i = 0; i < rows.length; i += together) {
      const [a, b, c, d] = [rows[i]!, rows[i + 1]!, rows[i + 2]!, rows[i + 3]!];
      for (let tree = 0; tree < size; tree++) {
        reach[tree]! &= table[a + tree]! & table[b + tree]! & table[c + tree]! & table[d + tree]!;
      }
    }
    const values = this.#values;
    let sum = 0;
    for (let tree = 0; tree < size; tree++) sum += values[tree * mostLeaves + Math.clz32(reach[tree]!)]!;
    return sum;
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
