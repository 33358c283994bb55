import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuickScorer } from '../../src/models/quick-scorer.js';
import { TreeEnsemble } from '../../src/models/tree-ensemble.js';
import { columns, node, rows, toTree } from './random-trees.js';

const isSmall = (tree: ReturnType<typeof toTree>): boolean => tree.arrays.feature.length <= 63;
const trees = fc.array(node.map(toTree).filter(isSmall), { minLength: 8, maxLength: 14 });

describe('TreeEnsemble', () => {
  it('adds up small trees without walking them to the same bits', () => {
    fc.assert(
      fc.property(trees, fc.array(rows, { minLength: 5, maxLength: 5 }), (forest, table) => {
        const ensemble = new TreeEnsemble(forest, columns);
        const quick = QuickScorer.of(forest, columns)!;
        for (const row of table) {
          expect(quick.sum(row)).toBe(ensemble.walk(row));
          expect(ensemble.sum(row)).toBe(quick.sum(row));
        }
      }),
    );
  });

  it('walks where trees are few or large', () => {
    const leaf = toTree({ leaf: 1 });
    expect(QuickScorer.of([leaf], columns)).toBeUndefined();
    expect(new TreeEnsemble([leaf], columns).sum(new Float64Array(4))).toBe(1);
    const comb = (depth: number): Parameters<typeof toTree>[0] =>
      depth === 0
        ? { leaf: depth }
        : { column: 0, at: depth % 7, missing: 0, share: 5, left: { leaf: depth }, right: comb(depth - 1) };
    expect(
      QuickScorer.of(
        Array.from({ length: 9 }, () => toTree(comb(31))),
        columns,
      ),
    ).toBeDefined();
    expect(
      QuickScorer.of(
        Array.from({ length: 9 }, () => toTree(comb(32))),
        columns,
      ),
    ).toBeUndefined();
  });
});
