import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecisionTree, type TreeColumns, type TreeNode } from '../../src/models/decision-tree.js';
import { ModelJson } from '../../src/models/model-json.js';
import { TreeEnsemble } from '../../src/models/tree-ensemble.js';

const width = 3;
const { node } = fc.letrec<{ node: TreeNode }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ prediction: fc.integer() }),
    fc.record({
      feature: fc.nat(width - 1),
      threshold: fc.integer({ min: -5, max: 5 }),
      left: tie('node'),
      right: tie('node'),
    }),
  ),
}));

const walk = (at: TreeNode, row: readonly number[]): number =>
  'prediction' in at ? at.prediction : walk(row[at.feature]! < at.threshold ? at.left : at.right, row);

const columns: TreeColumns = { width, categoryCount: () => 0 };
const fromJson = (json: unknown): DecisionTree => DecisionTree.fromJson(new ModelJson(json, 'tree'), columns);
const predict = (tree: DecisionTree, row: Float64Array): number => new TreeEnsemble([tree], columns).sum(row);

describe('DecisionTree', () => {
  it('predicts what walking the nodes predicts, before and after JSON', () => {
    fc.assert(
      fc.property(
        node,
        fc.array(fc.integer({ min: -6, max: 6 }), { minLength: width, maxLength: width }),
        (root, row) => {
          const tree = DecisionTree.fromNodes(root);
          const again = fromJson(JSON.parse(JSON.stringify(tree)));
          expect(predict(tree, Float64Array.from(row))).toBe(walk(root, row));
          expect(predict(again, Float64Array.from(row))).toBe(walk(root, row));
        },
      ),
    );
  });

  it('whatever JSON it accepts, every walk ends', () => {
    const integers = fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(integers, fc.infiniteStream(fc.nat(5)), (feature, stream) => {
        const right = [...stream.take(feature.length)];
        let tree: DecisionTree;
        try {
          tree = fromJson({ feature, value: feature.map(() => 0), right });
        } catch (error) {
          expect(error).toMatchObject({ code: 'CORRUPT' });
          return;
        }
        for (const x of [-1, 1]) expect(predict(tree, new Float64Array(width).fill(x))).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a node that points to itself', { feature: [0, -1, -1], value: [0, 1, 2], right: [0, 0, 0] }],
    ['a node that points back', { feature: [0, 0, -1, -1, -1], value: [0, 0, 1, 2, 3], right: [4, 0, 0, 0, 0] }],
    ['a node that points outside', { feature: [0, -1, -1], value: [0, 1, 2], right: [9, 0, 0] }],
    ['a tree that is cut off', { feature: [0, -1], value: [0, 1], right: [2, 0] }],
    ['two trees in one', { feature: [-1, -1], value: [0, 1], right: [0, 0] }],
    ['no nodes', { feature: [], value: [], right: [] }],
    ['a column that is not there', { feature: [3, -1, -1], value: [0, 1, 2], right: [2, 0, 0] }],
    ['half a column', { feature: [0.5, -1, -1], value: [0, 1, 2], right: [2, 0, 0] }],
    ['a leaf with a child', { feature: [-1], value: [0], right: [1] }],
    ['lengths that differ', { feature: [-1], value: [0, 1], right: [0] }],
    ['a value that is no number', { feature: [-1], value: ['0'], right: [0] }],
    ['a member missing', { feature: [-1], value: [0] }],
  ])('refuses %s', (_, json) => {
    expect(() => fromJson(json)).toThrow(expect.objectContaining({ code: 'CORRUPT' }) as Error);
  });
});
