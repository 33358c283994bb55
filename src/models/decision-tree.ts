import type { JsonObject } from '../util/json.js';
import type { ModelJson } from './model-json.js';

/** One node of a tree under construction. */
export type TreeNode =
  | { readonly prediction: number }
  | { readonly feature: number; readonly threshold: number; readonly left: TreeNode; readonly right: TreeNode };

/**
 * A binary tree as flat arrays, a node a position, in preorder: the left child of node i is i + 1, the right one lies
 * further on. Every step of a walk therefore moves forward, and no walk is longer than the arrays.
 */
export class DecisionTree {
  private constructor(
    /** Column a node splits by; -1 at a leaf. */
    private readonly feature: Int32Array,
    /** At a split: values below go left, the others right. At a leaf: the prediction. */
    private readonly value: Float64Array,
    /** Position of the right child; 0 at a leaf. */
    private readonly right: Int32Array,
  ) {}

  static fromNodes(root: TreeNode): DecisionTree {
    const feature: number[] = [];
    const value: number[] = [];
    const right: number[] = [];
    // Each pending node carries the split whose right child it is, if it is one.
    const pending: { node: TreeNode; parent: number }[] = [{ node: root, parent: -1 }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { node, parent } = next;
      const at = feature.length;
      if (parent >= 0) right[parent] = at;
      right.push(0);
      if ('prediction' in node) {
        feature.push(-1);
        value.push(node.prediction);
      } else {
        feature.push(node.feature);
        value.push(node.threshold);
        pending.push({ node: node.right, parent: at }, { node: node.left, parent: -1 });
      }
    }
    return new DecisionTree(Int32Array.from(feature), Float64Array.from(value), Int32Array.from(right));
  }

  /** @param width columns the tree may split by */
  static fromJson(json: ModelJson, width: number): DecisionTree {
    const feature = json.numbers('feature');
    const size = feature.length;
    const value = json.numbers('value', size);
    const right = json.numbers('right', size);
    if (!isPreorder(feature, right, width)) {
      throw json.wrong('right', `positions that make one tree of ${size} nodes over ${width} columns`);
    }
    return new DecisionTree(Int32Array.from(feature), Float64Array.from(value), Int32Array.from(right));
  }

  toJSON(): JsonObject {
    return { feature: [...this.feature], value: [...this.value], right: [...this.right] };
  }

  /** @param row the encoded record */
  predict(row: Float64Array): number {
    const { feature, value, right } = this;
    let node = 0;
    for (let column = feature[0]!; column >= 0; column = feature[node]!) {
      node = row[column]! < value[node]! ? node + 1 : right[node]!;
    }
    return value[node]!;
  }
}

/** Whether walking the nodes in order visits each once, every right child exactly where its split says. */
function isPreorder(feature: readonly number[], right: readonly number[], width: number): boolean {
  const expected: number[] = [];
  for (let node = 0; node < feature.length; node++) {
    const column = feature[node]!;
    if (!Number.isInteger(column) || column < -1 || column >= width) return false;
    if (column >= 0) {
      expected.push(right[node]!);
      continue;
    }
    if (right[node] !== 0) return false;
    const next = expected.pop();
    if (next === undefined) return node === feature.length - 1;
    if (next !== node + 1) return false;
  }
  return false;
}
