import type { Row, Table } from '../../data/table.js';
import type { AnyModel } from '../async-model.js';
import type { Model } from '../contract.js';
import type { DecisionTree, TreeColumns } from '../decision-tree.js';

/** What a model of trees is made of: it predicts `link(base + weight · (sum of the trees))`. */
export interface TreeParts {
  readonly trees: readonly DecisionTree[];
  /** What the trees split by. */
  readonly columns: TreeColumns;
  /** The feature that each column is made from, by its position in the model's features. */
  readonly featureOf: Int32Array;
  readonly base: number;
  readonly weight: number;
  /** What the sum is: the prediction itself, or the logarithm of the odds of the positive class. */
  readonly scale: 'prediction' | 'log_odds';
  /** Writes the columns of one record. */
  readRow(row: Row, out: Float64Array): void;
  /** The columns of all rows. */
  readTable(table: Table): readonly Float64Array[];
}

/** A model whose trees can be looked into. */
export interface TreeBasedModel extends Model {
  readonly parts: TreeParts;
}

export const isTreeBased = (model: AnyModel): model is TreeBasedModel => 'parts' in model;
