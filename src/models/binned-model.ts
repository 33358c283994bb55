import type { Row, Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';
import { logistic } from './binned/losses.js';
import type { FeatureSpec, Task } from './contract.js';
import { DecisionTree } from './decision-tree.js';
import type { TreeBasedModel, TreeParts } from './explanation/tree-parts.js';
import { FeatureReader } from './feature-reader.js';
import type { ModelJson } from './model-json.js';
import { TreeEnsemble } from './tree-ensemble.js';

export type BinnedModelFormat = 'gradient_boosting' | 'extra_forest';

/**
 * Trees over numbers and categories as they are: `base` and the sum of the trees. Of boosted classifiers that is the
 * log-odds of the prediction; trees of an extra forest are weighted already, so that their sum is a mean.
 */
export class BinnedModel implements TreeBasedModel {
  readonly formatVersion = 1;
  readonly features: readonly FeatureSpec[];
  readonly #ensemble: TreeEnsemble;
  readonly #buffer: Float64Array;

  constructor(
    readonly format: BinnedModelFormat,
    readonly task: Task,
    readonly reader: FeatureReader,
    readonly base: number,
    readonly trees: readonly DecisionTree[],
  ) {
    this.features = reader.features;
    this.#ensemble = new TreeEnsemble(trees, reader);
    this.#buffer = new Float64Array(reader.width);
  }

  static fromJson(json: ModelJson): BinnedModel {
    const format = json.oneOf('kind', ['gradient_boosting', 'extra_forest'] as const);
    const task = json.oneOf('task', ['regression', 'classification'] as const);
    const reader = FeatureReader.fromJson(json.object('reader'));
    const base = json.number('base');
    const trees = json.objects('trees').map((tree) => DecisionTree.fromJson(tree, reader));
    return new BinnedModel(format, task, reader, base, trees);
  }

  predict(row: Row): number {
    this.reader.readRow(row, this.#buffer);
    return this.#finish(this.#ensemble.sum(this.#buffer));
  }

  predictBatch(table: Table): Float64Array {
    const sums = new Float64Array(table.rowCount);
    this.#ensemble.addTo(sums, this.reader.readTable(table));
    return sums.map((sum) => this.#finish(sum));
  }

  get parts(): TreeParts {
    const { reader, trees, base } = this;
    return {
      trees,
      columns: reader,
      featureOf: Int32Array.from(reader.readings, (_, i) => i),
      base,
      weight: 1,
      scale: this.#isLogOdds ? 'log_odds' : 'prediction',
      readRow: (row, out) => reader.readRow(row, out),
      readTable: (table) => reader.readTable(table),
    };
  }

  #finish(sum: number): number {
    const score = this.base + sum;
    if (this.task === 'regression') return score;
    return this.#isLogOdds ? logistic(score) : Math.min(1, Math.max(0, score)); // rounding errors reach beyond
  }

  get #isLogOdds(): boolean {
    return this.task === 'classification' && this.format === 'gradient_boosting';
  }

  toJSON(): JsonObject {
    return {
      kind: this.format,
      formatVersion: this.formatVersion,
      task: this.task,
      reader: this.reader.toJSON(),
      base: this.base,
      trees: this.trees.map((tree) => tree.toJSON()),
    };
  }
}
