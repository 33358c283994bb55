import type { JsonObject } from '../util/json.js';
import type { ModelJson } from './model-json.js';

/** One node of a tree under construction. */
export type TreeNode =
  | { readonly prediction: number }
  | {
      readonly feature: number;
      readonly threshold: number;
      readonly left: TreeNode;
      readonly right: TreeNode;
    };

/** What a tree may split by. */
export interface TreeColumns {
  readonly width: number;
  /** Categories of a column that is split by sets of them; 0 for one that is split by thresholds. */
  categoryCount(column: number): number;
}

export interface TreeArrays {
  /** Column a node splits by; -1 at a leaf. */
  readonly feature: Int32Array;
  /** At a leaf: the prediction. At a split by threshold: lesser values go left. At one by categories: which of `sets`. */
  readonly value: Float64Array;
  /** Position of the right child; 0 at a leaf. */
  readonly right: Int32Array;
  /** 1 at splits where missing values go left. */
  readonly missingLeft: Uint8Array;
  /** Training rows that reached each node; undefined in models of releases that did not count them. */
  readonly cover?: Float64Array;
  /** Categories that go left, of the splits by categories. */
  readonly sets: readonly (readonly number[])[];
}

/**
 * A binary tree as flat arrays, a node a position, in preorder: the left child of node i is i + 1, the right one lies
 * further on. Every step of a walk therefore moves forward, and no walk is longer than the arrays.
 */
export class DecisionTree {
  constructor(readonly arrays: TreeArrays) {}

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
    return new DecisionTree({
      feature: Int32Array.from(feature),
      value: Float64Array.from(value),
      right: Int32Array.from(right),
      missingLeft: new Uint8Array(feature.length),
      sets: [],
    });
  }

  static fromJson(json: ModelJson, columns: TreeColumns): DecisionTree {
    const feature = json.numbers('feature');
    const size = feature.length;
    const value = json.numbers('value', size);
    const right = json.numbers('right', size);
    if (!isPreorder(feature, right, columns.width)) {
      throw json.wrong('right', `positions that make one tree of ${size} nodes over ${columns.width} columns`);
    }
    const missingLeft = json.has('missingLeft') ? json.numbers('missingLeft', size) : new Uint8Array(size);
    if (!missingLeft.every((flag) => flag === 0 || flag === 1)) throw json.wrong('missingLeft', 'zeros and ones only');
    const sets = json.has('sets') ? json.numberLists('sets') : [];
    checkSets(json, feature, value, sets, columns);
    const cover = json.has('cover') ? Float64Array.from(json.numbers('cover', size)) : undefined;
    if (cover !== undefined && !isPartition(cover, feature, right)) {
      throw json.wrong('cover', 'counts above 0, those of two children adding up to that of their split');
    }
    return new DecisionTree({
      feature: Int32Array.from(feature),
      value: Float64Array.from(value),
      right: Int32Array.from(right),
      missingLeft: Uint8Array.from(missingLeft),
      ...(cover !== undefined && { cover }),
      sets,
    });
  }

  toJSON(): JsonObject {
    const { feature, value, right, missingLeft, cover, sets } = this.arrays;
    return {
      feature: [...feature],
      value: [...value],
      right: [...right],
      ...(missingLeft.includes(1) && { missingLeft: [...missingLeft] }),
      ...(sets.length > 0 && { sets: sets.map((set) => [...set]) }),
      ...(cover !== undefined && { cover: [...cover] }),
    };
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

function checkSets(
  json: ModelJson,
  feature: readonly number[],
  value: readonly number[],
  sets: readonly (readonly number[])[],
  columns: TreeColumns,
): void {
  feature.forEach((column, node) => {
    const categories = column < 0 ? 0 : columns.categoryCount(column);
    if (categories === 0) return;
    const set = sets[value[node]!];
    if (set === undefined) throw json.wrong('value', `the position of a set at node ${node}`);
    if (!set.every((code) => Number.isInteger(code) && code >= 0 && code < categories)) {
      throw json.wrong('sets', `integers from 0 to ${categories - 1} in set ${value[node]!}`);
    }
  });
}

function isPartition(cover: Float64Array, feature: readonly number[], right: readonly number[]): boolean {
  return cover.every(
    (rows, node) => rows > 0 && (feature[node]! < 0 || rows === cover[node + 1]! + cover[right[node]!]!),
  );
}
