import type { Row, Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';
import type { Random } from '../util/random.js';

/** What a model predicts: a number, or the probability of the positive class (1) of two. */
export type Task = 'regression' | 'classification';

/** A column that a model reads. */
export interface FeatureSpec {
  readonly name: string;
  readonly type: 'numeric' | 'categorical';
}

/** A trained model: immutable, synchronous, and data all the way through. */
export interface Model {
  /** Kind of the model, the `kind` of its JSON. */
  readonly format: string;
  readonly formatVersion: number;
  readonly task: Task;
  /** Columns it reads; others are ignored. */
  readonly features: readonly FeatureSpec[];
  /**
   * The prediction for one record. Never throws for what a record holds: missing columns, missing values, values of the
   * wrong type and categories never seen in training are all predicted as missing values are.
   */
  predict(row: Row): number;
  /** Predictions for all rows of a table, the same bits as {@link predict} gives row by row. */
  predictBatch(table: Table): Float64Array;
  /** `{ kind, formatVersion, ... }`, for `loadModel` to read. */
  toJSON(): JsonObject;
}

/** Which way predictions may move as a feature rises. */
export type MonotoneDirection = 'increasing' | 'decreasing';

/** What a trainer is given. */
export interface TrainingRequest {
  /** Rows to learn from. */
  readonly table: Table;
  /** Numbers; for classification 0 and 1, or `false` and `true`. No value may be missing. */
  readonly targetColumn: string;
  readonly featureColumns: readonly string[];
  readonly task: Task;
  readonly hyperparameters: JsonObject;
  /** Rows to stop early by, for trainers that do; they must not be among those that the model is judged by. */
  readonly validation?: Table;
  /** Features that predictions must follow, all else equal: `{ leverage: 'increasing' }`. */
  readonly monotoneConstraints?: Readonly<Record<string, MonotoneDirection>>;
  /** Orders of ordinal categories, lowest first: `{ rating: ['D', 'C', 'B', 'A'] }`. */
  readonly categoryOrder?: Readonly<Record<string, readonly string[]>>;
  /** The only source of randomness: the same seed and data give the same model. */
  readonly random: Random;
  readonly signal?: AbortSignal;
  /** Called with the share done, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Keeps a file beside the run, such as a log; called whether or not a model comes of the training. */
  readonly keepFile?: (name: string, content: Uint8Array) => Promise<void>;
}

/** What a trainer gives back. */
export interface TrainingResult<M = Model> {
  readonly model: M;
  /** What the reader should know: options ignored, columns without values, long running times. */
  readonly warnings: readonly string[];
  /** What the trainer measured itself, by name: recorded, not relied on. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** A way to make models: of this library's own kind, unless it says otherwise. */
export interface Trainer<M = Model> {
  readonly algorithm: string;
  /** Whether one training takes so long that a retraining has only one: neither tuned nor cross-validated. */
  readonly isCostly?: boolean;
  /** @throws MLOpsError `INVALID_INPUT` for data or hyperparameters that cannot be used, `ABORTED` */
  train(request: TrainingRequest): Promise<TrainingResult<M>>;
}
