import { DecisionTree } from './decision-tree.js';

/**
 * A tree that says how many of the given rows reach each node; unchanged when some node is reached by none.
 *
 * @param tree split by thresholds only
 * @param columns of all rows, without missing values
 * @param rows those to count; they may repeat
 */
export function countCover(tree: DecisionTree, columns: readonly Float64Array[], rows: Int32Array): DecisionTree {
  const { feature, value, right } = tree.arrays;
  const cover = new Float64Array(feature.length);
  for (const row of rows) {
    let node = 0;
    cover[0]!++;
    while (feature[node]! >= 0) {
      node = columns[feature[node]!]![row]! < value[node]! ? node + 1 : right[node]!;
      cover[node]!++;
    }
  }
  return cover.includes(0) ? tree : new DecisionTree({ ...tree.arrays, cover });
}
