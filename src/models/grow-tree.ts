import type { CartNode, DecisionTreeRegression } from 'ml-cart';
import { bestSplit } from './best-split.js';
import type { TreeNode } from './decision-tree.js';
import type { Pace } from './pace.js';

export interface GrowthLimits {
  /** Splits on the longest path. */
  readonly maxDepth: number;
  /** Fewest rows that are split. */
  readonly minSamplesSplit: number;
}

/**
 * ml-cart tries every pair of neighbouring rows as a split and walks all rows for each: quadratic in rows. Parts larger
 * than this are therefore split by {@link bestSplit}, which judges splits the same way from sorted columns; ml-cart grows
 * the rest of the tree. The tree is the one that ml-cart would have grown alone.
 */
export const largestPart = 256;

/** Seconds ml-cart takes for a part, per row squared and column, measured on one core of a 2020s server. */
export const cartSecondsPerCell = 2.5e-8;

type TreeLibrary = Pick<typeof import('ml-cart'), 'DecisionTreeRegression'>;

/** @param columns encoded features; all numbers at most 1e300 in size */
export async function growTree(
  columns: readonly Float64Array[],
  target: Float64Array,
  limits: GrowthLimits,
  pace: Pace,
): Promise<TreeNode> {
  const library = (await import('ml-cart')) as TreeLibrary | { readonly default: TreeLibrary };
  // Bundlers that make several files leave what such packages export under "default" alone.
  const { DecisionTreeRegression: Cart } = 'DecisionTreeRegression' in library ? library : library.default;
  const total = target.length;
  let done = 0;

  const grow = async (rows: Int32Array, depth: number): Promise<TreeNode> => {
    await pace.step(done / total);
    const isSplittable = depth < limits.maxDepth && rows.length >= limits.minSamplesSplit;
    if (rows.length > largestPart && isSplittable) {
      const split = bestSplit(columns, target, rows);
      if (split !== undefined) {
        const values = columns[split.column]!;
        const left = await grow(
          rows.filter((row) => values[row]! < split.threshold),
          depth + 1,
        );
        const right = await grow(
          rows.filter((row) => values[row]! >= split.threshold),
          depth + 1,
        );
        return { feature: split.column, threshold: split.threshold, left, right };
      }
    }
    done += rows.length;
    if (rows.length > largestPart || !isSplittable) return { prediction: meanOf(target, rows) };
    const cart: DecisionTreeRegression = new Cart(cartOptions({ ...limits, maxDepth: limits.maxDepth - depth }));
    cart.train(
      Array.from(rows, (row) => columns.map((values) => values[row]!)),
      Array.from(rows, (row) => target[row]!),
    );
    return fromCart(cart.root, columns, target, rows, limits);
  };
  return grow(
    Int32Array.from(target, (_, row) => row),
    0,
  );
}

/**
 * A tree of ml-cart in our own form.
 *
 * @param columns what ml-cart saw, of all rows; `rows` are those it was given
 */
export function fromCart(
  root: CartNode,
  columns: readonly Float64Array[],
  target: Float64Array,
  rows: Int32Array,
  limits: GrowthLimits,
): TreeNode {
  if (root.left !== undefined || rows.length < limits.minSamplesSplit) return toTreeNode(root);
  // At its root ml-cart refuses the best of all splits, the one after which no error is left: its children are leaves.
  const split = bestSplit(columns, target, rows);
  if (split === undefined) return toTreeNode(root);
  const values = columns[split.column]!;
  return {
    feature: split.column,
    threshold: split.threshold,
    left: {
      prediction: meanOf(
        target,
        rows.filter((row) => values[row]! < split.threshold),
      ),
    },
    right: {
      prediction: meanOf(
        target,
        rows.filter((row) => values[row]! >= split.threshold),
      ),
    },
  };
}

function toTreeNode(node: CartNode): TreeNode {
  const { left, right } = node;
  if (left === undefined || right === undefined) return { prediction: node.distribution! };
  return { feature: node.splitColumn!, threshold: node.splitValue!, left: toTreeNode(left), right: toTreeNode(right) };
}

export const cartOptions = (limits: GrowthLimits) => ({
  maxDepth: limits.maxDepth,
  minNumSamples: limits.minSamplesSplit - 1,
  // Unless told, ml-cart refuses splits after which no error is left.
  gainThreshold: -1,
});

function meanOf(target: Float64Array, rows: Int32Array): number {
  let sum = 0;
  for (const row of rows) sum += target[row]!;
  return sum / rows.length;
}
