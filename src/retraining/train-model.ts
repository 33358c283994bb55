import type { MLOpsConfig } from '../config/mlops-config.js';
import { type Table, type TableInput, toTable } from '../data/table.js';
import { metricsOf, numericTarget } from '../models/metrics/metrics-of.js';
import type { Model, Task } from '../models/model.js';
import { trainerFor } from '../models/trainer.js';
import type { TrainingData } from '../registry/model-record.js';
import { refuse } from '../util/check.js';
import type { JsonObject } from '../util/json.js';
import { type Random, createRandom } from '../util/random.js';
import { describeData } from './describe-data.js';
import { guessTimeColumn, knownTargets, splitData } from './split-data.js';

export interface TrainModelOptions {
  /** Which policy section under `models` applies: columns, algorithm, hyperparameters, task. */
  readonly modelType: string;
  readonly data: TableInput;
  readonly featureColumns?: readonly string[];
  readonly targetColumn?: string;
  /** Column to split by; `models.<type>.time_column` or a date column called `date` unless told. */
  readonly timeColumn?: string;
  readonly algorithm?: string;
  readonly hyperparameters?: JsonObject;
  /** Share held back for testing; `retraining.test_size` unless told. */
  readonly testSize?: number;
  /** Source of randomness; seeded with `retraining.random_state` unless told. */
  readonly random?: Random;
  readonly signal?: AbortSignal;
  /** Called with the share done, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface TrainedModel {
  readonly model: Model;
  readonly task: Task;
  readonly algorithm: string;
  readonly hyperparameters: JsonObject;
  readonly featureColumns: readonly string[];
  readonly targetColumn: string;
  readonly timeColumn?: string;
  /** Rows it was trained on. */
  readonly trainingData: TrainingData;
  /** Rows held back, and how they were chosen. */
  readonly holdout: Table;
  readonly split: string;
  /** Quality on the rows held back. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly trainingTimeSeconds: number;
}

/**
 * Trains a model as the policy says and tests it on rows held back: the latest ones when there is a time column, a
 * seeded random part otherwise. Rows without a target are left out.
 *
 * @throws MLOpsError `INVALID_INPUT` for missing columns, a target that is not numeric, or too few rows
 */
export async function trainModel(config: MLOpsConfig, options: TrainModelOptions): Promise<TrainedModel> {
  const policy = config.modelPolicy(options.modelType);
  const { featureColumns, targetColumn } = modelColumns(config, options.modelType, options);
  const table = knownTargets(toTable(options.data), targetColumn);
  for (const column of featureColumns) table.column(column);
  const timeColumn = options.timeColumn ?? policy.timeColumn ?? guessTimeColumn(table);
  const trainer = trainerFor(options.algorithm ?? policy.algorithm);
  const hyperparameters = options.hyperparameters ?? policy.hyperparameters;
  const { testSize: policyTestSize, randomState } = config.policy.retraining;
  const random = options.random ?? createRandom(randomState);
  const { train, test, split } = splitData(table, {
    task: policy.task,
    targetColumn,
    timeColumn,
    testSize: options.testSize ?? policyTestSize,
    random: random.split('split'),
  });

  const began = performance.now();
  const { model, warnings } = await trainer.train({
    table: train,
    targetColumn,
    featureColumns,
    task: policy.task,
    hyperparameters,
    random: random.split('train'),
    ...(options.signal !== undefined && { signal: options.signal }),
    ...(options.onProgress !== undefined && { onProgress: options.onProgress }),
  });
  const trainingTimeSeconds = (performance.now() - began) / 1000;
  const metrics = metricsOf(policy.task, numericTarget(test, targetColumn), model.predictBatch(test));
  return {
    model,
    task: policy.task,
    algorithm: trainer.algorithm,
    hyperparameters,
    featureColumns,
    targetColumn,
    ...(timeColumn !== null && { timeColumn }),
    trainingData: describeData(train, [...featureColumns, targetColumn], timeColumn),
    holdout: test,
    split,
    metrics,
    warnings,
    trainingTimeSeconds,
  };
}

/**
 * The columns of a model: what the caller says, else what the policy says.
 *
 * @throws MLOpsError `INVALID_INPUT` when nobody says, or the target is among the features
 */
export function modelColumns(
  config: MLOpsConfig,
  modelType: string,
  told: { readonly featureColumns?: readonly string[]; readonly targetColumn?: string },
): { readonly featureColumns: readonly string[]; readonly targetColumn: string } {
  const policy = config.modelPolicy(modelType);
  const featureColumns = told.featureColumns ?? policy.featureColumns;
  if (featureColumns.length === 0) {
    refuse(`no feature columns: pass them, or list models.${modelType}.feature_columns in the policy`);
  }
  const targetColumn = told.targetColumn ?? policy.targetColumn;
  if (targetColumn === null) {
    refuse(`no target column: pass it, or set models.${modelType}.target_column in the policy`);
  }
  if (featureColumns.includes(targetColumn)) {
    refuse(`the target ${targetColumn} is among the features; a model must not see it`);
  }
  return { featureColumns, targetColumn };
}
