import type { Row, Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';
import { type FeatureEncoding, FeatureEncoder } from './feature-encoder.js';
import { type FlatTree, walkTree } from './flat-tree.js';
import type { FeatureSpec, Model, Task } from './model.js';

/** The mean of one or more decision trees. */
export class TreeModel implements Model {
  readonly #encoder: FeatureEncoder;

  constructor(
    readonly kind: 'cart' | 'random_forest',
    readonly task: Task,
    private readonly encodings: readonly FeatureEncoding[],
    private readonly trees: readonly FlatTree[],
  ) {
    this.#encoder = new FeatureEncoder(encodings);
  }

  get features(): readonly FeatureSpec[] {
    return this.#encoder.features;
  }

  predict(row: Row): number {
    const encoded = this.#encoder.encodeRow(row);
    let sum = 0;
    for (const tree of this.trees) sum += walkTree(tree, (feature) => encoded[feature]!);
    return sum / this.trees.length;
  }

  predictBatch(table: Table): Float64Array {
    const columns = this.#encoder.encodeTable(table);
    const predictions = new Float64Array(table.rowCount);
    for (let row = 0; row < predictions.length; row++) {
      let sum = 0;
      for (const tree of this.trees) sum += walkTree(tree, (feature) => columns[feature]![row]!);
      predictions[row] = sum / this.trees.length;
    }
    return predictions;
  }

  toJSON(): JsonObject {
    const { kind, task, encodings, trees } = this;
    return { kind, formatVersion: 1, task, encodings, trees } as unknown as JsonObject;
  }
}
