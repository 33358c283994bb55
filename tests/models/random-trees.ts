import fc from 'fast-check';
import { DecisionTree, type TreeColumns } from '../../src/models/decision-tree.js';

/** Columns 0 to 2 are split by thresholds, 3 by sets of three. */
export const columns: TreeColumns = { width: 4, categoryCount: (column) => (column === 3 ? 3 : 0) };

export type Node =
  { leaf: number } | { column: number; at: number; missing: 0 | 1; share: number; left: Node; right: Node };
export const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.record({ leaf: fc.integer({ min: -9, max: 9 }) }),
    fc.record({
      column: fc.nat(3),
      at: fc.nat(6),
      missing: fc.constantFrom(0 as const, 1 as const),
      share: fc.integer({ min: 1, max: 9 }),
      left: tie('node'),
      right: tie('node'),
    }),
  ),
}));

/** In preorder; each split's rows are divided `share` to 10 − `share`, ten at each leaf at the very least. */
export function toTree(root: Node): DecisionTree {
  const [feature, value, right, missingLeft, cover]: number[][] = [[], [], [], [], []];
  const sets: number[][] = [];
  const write = (at: Node, rows: number): void => {
    const here = feature!.push('leaf' in at ? -1 : at.column) - 1;
    right!.push(0);
    cover!.push(rows);
    missingLeft!.push('leaf' in at ? 0 : at.missing);
    if ('leaf' in at) {
      value!.push(at.leaf);
      return;
    }
    value!.push(at.column === 3 ? sets.push([0, 1, 2].filter((code) => (at.at >> code) & 1)) - 1 : at.at - 3);
    write(at.left, (rows * at.share) / 10);
    right![here] = feature!.length;
    write(at.right, (rows * (10 - at.share)) / 10);
  };
  write(root, 1e6);
  return new DecisionTree({
    feature: Int32Array.from(feature!),
    value: Float64Array.from(value!),
    right: Int32Array.from(right!),
    missingLeft: Uint8Array.from(missingLeft!),
    cover: Float64Array.from(cover!),
    sets,
  });
}

export const rows = fc
  .tuple(...[0, 1, 2].map(() => fc.option(fc.integer({ min: -4, max: 4 }))), fc.option(fc.nat(2)))
  .map((cells) => Float64Array.from(cells, (cell) => cell ?? NaN));
