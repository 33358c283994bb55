import type { Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';
import type { Random } from '../util/random.js';
import type { Model, Task } from './model.js';

export interface TrainingRequest {
  /** Rows whose target is known. */
  readonly table: Table;
  /** Numeric; 0 and 1 for a classification. */
  readonly targetColumn: string;
  readonly featureColumns: readonly string[];
  readonly task: Task;
  /** Settings of the algorithm; an unknown one is refused. */
  readonly hyperparameters: JsonObject;
  /** Every random choice comes from here: the same seed and data give the same model. */
  readonly random: Random;
  readonly signal?: AbortSignal;
  /** Called with the share done, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface TrainingResult {
  readonly model: Model;
  /** What a person should know, such as data too large for the algorithm. */
  readonly warnings: readonly string[];
}

/** An algorithm that makes a model from a table. */
export interface Trainer {
  readonly algorithm: string;
  train(request: TrainingRequest): Promise<TrainingResult>;
}
