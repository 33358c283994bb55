import type { MLOpsConfig } from '../config/mlops-config.js';
import { splitByTime, splitRandom } from '../data/split.js';
import { type Table, type TableInput, toTable } from '../data/table.js';
import { metricsOf, numericTarget } from '../models/metrics/metrics-of.js';
import type { Model, Task } from '../models/model.js';
import { trainerFor } from '../models/trainer.js';
import type { TrainingData } from '../registry/model-record.js';
import { refuse } from '../util/check.js';
import { toIso } from '../util/clock.js';
import type { JsonObject } from '../util/json.js';
import { type Random, createRandom } from '../util/random.js';

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
  const featureColumns = options.featureColumns ?? policy.featureColumns;
  if (featureColumns.length === 0) {
    refuse(`no feature columns: pass them, or list models.${options.modelType}.feature_columns in the policy`);
  }
  const targetColumn = options.targetColumn ?? policy.targetColumn;
  if (targetColumn === null)
    refuse(`no target column: pass it, or set models.${options.modelType}.target_column in the policy`);
  if (featureColumns.includes(targetColumn))
    refuse(`the target ${targetColumn} is among the features; a model must not see it`);
  const table = knownTargets(toTable(options.data), targetColumn);
  for (const column of featureColumns) table.column(column);
  const timeColumn = options.timeColumn ?? policy.timeColumn ?? guessTimeColumn(table);
  const trainer = trainerFor(options.algorithm ?? policy.algorithm);
  const hyperparameters = options.hyperparameters ?? policy.hyperparameters;
  const { testSize: policyTestSize, randomState } = config.policy.retraining;
  const testSize = options.testSize ?? policyTestSize;
  const random = options.random ?? createRandom(randomState);
  const { train, test, split } = splitData(table, timeColumn, testSize, random.split('split'));

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
    ...(timeColumn !== undefined && { timeColumn }),
    trainingData: describeData(train, timeColumn),
    holdout: test,
    split,
    metrics,
    warnings,
    trainingTimeSeconds,
  };
}

/** Fewer rows than this on either side of the split decide nothing. */
const minRows = 20;

function splitData(
  table: Table,
  timeColumn: string | undefined,
  testSize: number,
  random: Random,
): { train: Table; test: Table; split: string } {
  const parts =
    timeColumn === undefined
      ? { ...splitRandom(table, testSize, random), split: `a random ${testSize} of the rows` }
      : { ...splitByTime(table, timeColumn, testSize), split: `the latest ${testSize} by ${timeColumn}` };
  if (parts.train.rowCount < minRows || parts.test.rowCount < minRows) {
    refuse(
      `${table.rowCount} rows with a target split into ${parts.train.rowCount} and ${parts.test.rowCount}; ` +
        `both sides need at least ${minRows}: bring more data or change retraining.test_size`,
    );
  }
  return parts;
}

/** Rows whose target is known: the others can neither teach nor test. */
function knownTargets(table: Table, targetColumn: string): Table {
  const rows: number[] = [];
  numericTarget(table, targetColumn).forEach((value, row) => {
    if (Number.isFinite(value)) rows.push(row);
  });
  if (rows.length === 0) refuse(`no row has a value in the target column ${targetColumn}`);
  return rows.length === table.rowCount ? table : table.take(rows);
}

const guessTimeColumn = (table: Table): string | undefined =>
  table.columns.get('date')?.kind === 'date' ? 'date' : undefined;

function describeData(table: Table, timeColumn: string | undefined): TrainingData {
  const base = { digest: table.digest(), rowCount: table.rowCount };
  const column = timeColumn === undefined ? undefined : table.column(timeColumn);
  if (column?.kind !== 'date') return base;
  let from = Infinity;
  let to = -Infinity;
  for (const at of column.values) {
    if (at < from) from = at;
    if (at > to) to = at;
  }
  return Number.isFinite(from) ? { ...base, from: toIso(from), to: toIso(to) } : base;
}
