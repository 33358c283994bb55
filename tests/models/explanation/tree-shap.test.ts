import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecisionTree, type TreeArrays, type TreeColumns } from '../../../src/models/decision-tree.js';
import { TreeShap } from '../../../src/models/explanation/tree-shap.js';
import { ModelJson } from '../../../src/models/model-json.js';
import { columns, node, rows, toTree } from '../random-trees.js';

/** From the package shap; see make_shap_reference.py beside it. */
const reference = JSON.parse(readFileSync('tests/reference-models/shap.json', 'utf8')) as {
  width: number;
  trees: object[];
  rows: (number | null)[][];
  expectedValue: number;
  values: number[][];
};

/** Columns 0 and 1 belong to one feature. */
const featureOf = Int32Array.of(0, 0, 1, 2);
const featureCount = 3;

const goesLeft = ({ missingLeft, value, sets }: TreeArrays, at: number, column: number, x: number): boolean => {
  if (Number.isNaN(x)) return missingLeft[at] === 1;
  return column === 3 ? sets[value[at]!]!.includes(x) : x < value[at]!;
};

/** The prediction when only some features are known (algorithm 1 of the paper). */
function predictKnowing({ arrays }: DecisionTree, row: Float64Array, isKnown: (feature: number) => boolean): number {
  const cover = arrays.cover!;
  const walk = (at: number): number => {
    const column = arrays.feature[at]!;
    if (column < 0) return arrays.value[at]!;
    const [left, right] = [at + 1, arrays.right[at]!];
    if (isKnown(featureOf[column]!)) return walk(goesLeft(arrays, at, column, row[column]!) ? left : right);
    return (walk(left) * cover[left]! + walk(right) * cover[right]!) / cover[at]!;
  };
  return walk(0);
}

/** The mean over all orders of what a feature changes when it becomes known. */
function enumerated(tree: DecisionTree, row: Float64Array, feature: number): number {
  const weights = [1 / 3, 1 / 6, 1 / 3]; // |S|! (3 − |S| − 1)! / 3!
  let sum = 0;
  for (let set = 0; set < 1 << featureCount; set++) {
    if ((set >> feature) & 1) continue;
    const known = (extra: number) => predictKnowing(tree, row, (other) => (((set | extra) >> other) & 1) === 1);
    const size = [0, 1, 2].filter((other) => (set >> other) & 1).length;
    sum += weights[size]! * (known(1 << feature) - known(0));
  }
  return sum;
}

const explain = (tree: DecisionTree, row: Float64Array): Float64Array => {
  const out = new Float64Array(featureCount);
  new TreeShap(tree, columns, featureOf).addTo(out, row);
  return out;
};

describe('TreeShap', () => {
  it('gives the values of the package shap, with missing values, to 1e-9', () => {
    const { width } = reference;
    const plain: TreeColumns = { width, categoryCount: () => 0 };
    const same = Int32Array.from({ length: width }, (_, i) => i);
    const trees = reference.trees.map(
      (json) => new TreeShap(DecisionTree.fromJson(new ModelJson(json, 'tree'), plain), plain, same),
    );
    const expected = trees.reduce((sum, tree) => sum + tree.expectedValue, 0);
    expect(Math.abs(expected - reference.expectedValue)).toBeLessThan(1e-9);
    reference.rows.forEach((cells, i) => {
      const out = new Float64Array(width);
      const row = Float64Array.from(cells, (cell) => cell ?? NaN);
      for (const tree of trees) tree.addTo(out, row);
      out.forEach((value, feature) => expect(Math.abs(value - reference.values[i]![feature]!)).toBeLessThan(1e-9));
    });
  });

  it('is the mean over all orders, with sets of categories and features of two columns', () => {
    fc.assert(
      fc.property(node, rows, (root, row) => {
        const tree = toTree(root);
        explain(tree, row).forEach((value, feature) =>
          expect(Math.abs(value - enumerated(tree, row, feature))).toBeLessThan(1e-9),
        );
      }),
    );
  });

  it('adds up to the prediction', () => {
    fc.assert(
      fc.property(node, rows, (root, row) => {
        const tree = toTree(root);
        const total = explain(tree, row).reduce((sum, value) => sum + value, 0);
        const { expectedValue } = new TreeShap(tree, columns, featureOf);
        expect(Math.abs(expectedValue + total - predictKnowing(tree, row, () => true))).toBeLessThan(1e-9);
      }),
    );
  });

  it('refuses trees that do not say how many rows reached their nodes', () => {
    const { cover: _cover, ...arrays } = toTree({ leaf: 1 }).arrays;
    expect(() => new TreeShap(new DecisionTree(arrays), columns, featureOf)).toThrow('train it again');
  });
});
