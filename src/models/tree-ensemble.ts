import type { DecisionTree, TreeColumns } from './decision-tree.js';
import { QuickScorer } from './quick-scorer.js';

/** Words of 32 bits that a set of categories takes; the last bit says where missing values go. */
const wordsPerSet = 8;
const missingCode = wordsPerSet * 32 - 1;
/** Most categories of a column that is split by sets of them. */
export const mostCategories = missingCode;

/**
 * Trees one after the other in the same flat arrays, for fast walks. A row is one number a column: NaN where missing,
 * the code of the category in columns that are split by sets.
 *
 * The right child of a node follows its left one, so that a step is an addition without a branch, which a processor
 * would mispredict every other time. A leaf is its own left child. Missing values become infinities that fall to the
 * side they belong to, which takes two columns for each, one a side. Four trees are walked at once.
 */
export class TreeEnsemble {
  /** Column of the doubled row that a node splits by; -1 - column at a split by set. */
  readonly #column: Int32Array;
  /** Lesser values go left; NaN, to which nothing compares, at a leaf; the first word of the set at a split by set. */
  readonly #threshold: Float64Array;
  readonly #left: Int32Array;
  readonly #prediction: Float64Array;
  readonly #sets: Uint32Array;
  readonly #roots: Int32Array;
  /** Steps that lead to a leaf in each group of four trees; -1 where sets have to be looked into. */
  readonly #steps: Int32Array;
  readonly #doubled: Float64Array;
  /** For small trees, which need no walk. */
  readonly #quick: QuickScorer | undefined;

  constructor(
    trees: readonly DecisionTree[],
    private readonly columns: TreeColumns,
  ) {
    this.#quick = QuickScorer.of(trees, columns);
    const nodeCount = trees.reduce((sum, { arrays }) => sum + arrays.feature.length, 0);
    this.#column = new Int32Array(nodeCount);
    this.#threshold = new Float64Array(nodeCount).fill(NaN);
    this.#left = new Int32Array(nodeCount);
    this.#prediction = new Float64Array(nodeCount);
    this.#roots = new Int32Array(trees.length);
    this.#steps = new Int32Array(Math.ceil(trees.length / 4));
    this.#doubled = new Float64Array(2 * columns.width);
    const words: number[] = [];
    let next = 0;
    trees.forEach((tree, i) => {
      this.#roots[i] = next;
      const { depth, hasSets, nodes } = this.#add(tree, next, words);
      const group = i >> 2;
      this.#steps[group] = hasSets || this.#steps[group] === -1 ? -1 : Math.max(depth, this.#steps[group]!);
      next += nodes;
    });
    // The rest of the last group is walked one by one.
    if (trees.length % 4 > 0) this.#steps[this.#steps.length - 1] = -1;
    this.#sets = Uint32Array.from(words);
  }

  /** Lays out a tree level by level from position `root`. */
  #add({ arrays }: DecisionTree, root: number, words: number[]): { depth: number; hasSets: boolean; nodes: number } {
    const { feature, value, right, missingLeft, sets } = arrays;
    const { width } = this.columns;
    let level = [0]; // nodes of the tree; their positions follow each other
    let position = root;
    let depth = -1;
    let hasSets = false;
    for (; level.length > 0; depth++) {
      const children: number[] = [];
      const below = position + level.length;
      for (const node of level) {
        const column = feature[node]!;
        const isLeaf = column < 0;
        this.#left[position] = isLeaf ? position : below + children.length;
        if (isLeaf) this.#prediction[position] = value[node]!;
        else {
          children.push(node + 1, right[node]!);
          const goesLeft = missingLeft[node] === 1;
          if (this.columns.categoryCount(column) > 0) {
            hasSets = true;
            this.#column[position] = -1 - column;
            this.#threshold[position] = words.length;
            words.push(...bitsOf(sets[value[node]!]!, goesLeft));
          } else {
            this.#column[position] = goesLeft ? width + column : column;
            this.#threshold[position] = value[node]!;
          }
        }
        position++;
      }
      level = children;
    }
    return { depth, hasSets, nodes: position - root };
  }

  /** The sum of what all trees predict for a row. */
  sum(row: Float64Array): number {
    return this.#quick === undefined ? this.walk(row) : this.#quick.sum(row);
  }

  /** The same by walking the trees. */
  walk(row: Float64Array): number {
    const column = this.#column;
    const threshold = this.#threshold;
    const left = this.#left;
    const prediction = this.#prediction;
    const roots = this.#roots;
    const doubled = this.#doubled;
    const { width } = this.columns;
    for (let i = 0; i < width; i++) {
      const x = row[i]!;
      doubled[i] = Number.isNaN(x) ? Infinity : x;
      doubled[width + i] = Number.isNaN(x) ? -Infinity : x;
    }
    let sum = 0;
    for (let group = 0, tree = 0; group < this.#steps.length; group++) {
      const steps = this.#steps[group]!;
      if (steps < 0) {
        for (const end = Math.min(roots.length, tree + 4); tree < end; tree++) sum += this.#walk(roots[tree]!, row);
        continue;
      }
      let a = roots[tree++]!;
      let b = roots[tree++]!;
      let c = roots[tree++]!;
      let d = roots[tree++]!;
      for (let i = steps; i > 0; i--) {
        a = left[a]! + Number(doubled[column[a]!]! >= threshold[a]!);
        b = left[b]! + Number(doubled[column[b]!]! >= threshold[b]!);
        c = left[c]! + Number(doubled[column[c]!]! >= threshold[c]!);
        d = left[d]! + Number(doubled[column[d]!]! >= threshold[d]!);
      }
      sum = sum + prediction[a]! + prediction[b]! + prediction[c]! + prediction[d]!;
    }
    return sum;
  }

  /** What the tree with this root predicts. */
  #walk(root: number, row: Float64Array): number {
    const column = this.#column;
    const threshold = this.#threshold;
    const left = this.#left;
    const doubled = this.#doubled;
    const sets = this.#sets;
    let node = root;
    for (let next = left[node]!; next !== node; next = left[node]!) {
      const at = column[node]!;
      if (at >= 0) node = next + Number(doubled[at]! >= threshold[node]!);
      else {
        const x = row[-1 - at]!;
        const code = Number.isNaN(x) ? missingCode : x;
        const goesLeft = (sets[threshold[node]! + (code >> 5)]! >>> (code & 31)) & 1;
        node = next + 1 - goesLeft;
      }
    }
    return this.#prediction[node]!;
  }

  /** Adds to `out` the sum of what all trees predict for each row. @param columns the rows' numbers, an array a column */
  addTo(out: Float64Array, columns: readonly Float64Array[]): void {
    const row = new Float64Array(columns.length);
    for (let i = 0; i < out.length; i++) {
      for (let column = 0; column < columns.length; column++) row[column] = columns[column]![i]!;
      out[i]! += this.sum(row);
    }
  }
}

function bitsOf(codes: readonly number[], hasMissing: boolean): Uint32Array {
  const words = new Uint32Array(wordsPerSet);
  for (const code of hasMissing ? [...codes, missingCode] : codes) words[code >> 5]! |= 1 << (code & 31);
  return words;
}
