import type { Row, Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';
import type { FeatureSpec, Task } from './contract.js';
import { DecisionTree, type TreeColumns } from './decision-tree.js';
import type { TreeBasedModel, TreeParts } from './explanation/tree-parts.js';
import { FeatureEncoder } from './feature-encoder.js';
import type { ModelJson } from './model-json.js';
import { TreeEnsemble } from './tree-ensemble.js';

export type TreeModelFormat = 'cart' | 'random_forest';

/** The mean of one or more decision trees over encoded features. */
export class TreeModel implements TreeBasedModel {
  readonly formatVersion = 1;
  readonly features: readonly FeatureSpec[];
  readonly #ensemble: TreeEnsemble;
  readonly #buffer: Float64Array;

  constructor(
    readonly format: TreeModelFormat,
    readonly task: Task,
    readonly encoder: FeatureEncoder,
    readonly trees: readonly DecisionTree[],
  ) {
    this.features = encoder.features;
    this.#ensemble = new TreeEnsemble(trees, thresholdsOnly(encoder.width));
    this.#buffer = new Float64Array(encoder.width);
  }

  static fromJson(json: ModelJson): TreeModel {
    const format = json.oneOf('kind', ['cart', 'random_forest'] as const);
    const task = json.oneOf('task', ['regression', 'classification'] as const);
    const encoder = FeatureEncoder.fromJson(json.object('encoder'));
    const trees = json.objects('trees').map((tree) => DecisionTree.fromJson(tree, thresholdsOnly(encoder.width)));
    if (trees.length === 0 || (format === 'cart' && trees.length > 1)) {
      throw json.wrong('trees', format === 'cart' ? 'an array of 1' : 'an array of 1 or more');
    }
    return new TreeModel(format, task, encoder, trees);
  }

  predict(row: Row): number {
    this.encoder.encodeRow(row, this.#buffer);
    return this.#ensemble.sum(this.#buffer) / this.trees.length;
  }

  predictBatch(table: Table): Float64Array {
    const sums = new Float64Array(table.rowCount);
    this.#ensemble.addTo(sums, this.encoder.encodeTable(table));
    return sums.map((sum) => sum / this.trees.length);
  }

  get parts(): TreeParts {
    const { encoder, trees } = this;
    return {
      trees,
      columns: thresholdsOnly(encoder.width),
      featureOf: encoder.featureOfColumns(),
      base: 0,
      weight: 1 / trees.length,
      scale: 'prediction',
      readRow: (row, out) => encoder.encodeRow(row, out),
      readTable: (table) => encoder.encodeTable(table),
    };
  }

  toJSON(): JsonObject {
    return {
      kind: this.format,
      formatVersion: this.formatVersion,
      task: this.task,
      encoder: this.encoder.toJSON(),
      trees: this.trees.map((tree) => tree.toJSON()),
    };
  }
}

const thresholdsOnly = (width: number): TreeColumns => ({ width, categoryCount: () => 0 });
