/**
 * A binary decision tree in flat arrays, root first. A node splits on `feature` at `threshold`: rows below go to `left`,
 * the others to `right`. A leaf has feature −1 and answers `value`. Children come after their parent, so a walk ends.
 */
export interface FlatTree {
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly value: readonly number[];
}

/** A node as the tree libraries hold it. */
export interface LinkedNode {
  readonly splitColumn?: number;
  readonly splitValue?: number;
  readonly distribution?: number;
  readonly left?: LinkedNode;
  readonly right?: LinkedNode;
}

/** @param featureAt maps a node's column to the model's feature, for trees that saw only some features */
export function flattenTree(root: LinkedNode, featureAt: (column: number) => number = (column) => column): FlatTree {
  const tree = { feature: [], threshold: [], left: [], right: [], value: [] } as Record<keyof FlatTree, number[]>;
  const add = (node: LinkedNode): number => {
    const at = tree.feature.length;
    const isLeaf = node.left === undefined || node.right === undefined;
    tree.feature.push(isLeaf ? -1 : featureAt(node.splitColumn!));
    tree.threshold.push(isLeaf ? 0 : node.splitValue!);
    tree.value.push(isLeaf ? node.distribution! : 0);
    tree.left.push(0);
    tree.right.push(0);
    if (!isLeaf) {
      tree.left[at] = add(node.left);
      tree.right[at] = add(node.right);
    }
    return at;
  };
  add(root);
  return tree;
}

/** @param valueOf the row's value of a feature */
export function walkTree(tree: FlatTree, valueOf: (feature: number) => number): number {
  let node = 0;
  for (;;) {
    const feature = tree.feature[node]!;
    if (feature < 0) return tree.value[node]!;
    node = valueOf(feature) < tree.threshold[node]! ? tree.left[node]! : tree.right[node]!;
  }
}
