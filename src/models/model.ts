import type { Row, Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';

export type Task = 'regression' | 'classification';

/** A column a model reads. */
export interface FeatureSpec {
  readonly name: string;
  readonly type: 'numeric' | 'categorical';
}

/**
 * A trained model. Missing values and categories never seen in training are answered, not refused: real rows have both.
 */
export interface Model {
  /** Name of the format it is stored in, such as `cart`. */
  readonly kind: string;
  readonly task: Task;
  /** What it reads; empty when it reads nothing. */
  readonly features: readonly FeatureSpec[];
  /** For a regression the value, for a classification the probability of the positive class. */
  predict(row: Row): number;
  /** One prediction a row. */
  predictBatch(table: Table): Float64Array;
  /** The stored form, with `kind` and `formatVersion`; {@link loadModel} reads it back to the same predictions. */
  toJSON(): JsonObject;
}
