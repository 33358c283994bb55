import type { MLOpsConfig } from '../config/mlops-config.js';
import { type BaselineProfile, createProfile } from '../data/baseline-profile.js';
import { type Table, type TableInput, tableSteps } from '../data/table.js';
import { predictInSteps } from '../models/predict-in-steps.js';
import { inSteps } from '../util/in-steps.js';
import { algorithmFor, modelColumns, withPatience } from './model-settings.js';
import { largestTarget, numericTarget } from '../models/target.js';
import type { Model, Task } from '../models/model.js';
import { trainerFor } from '../models/trainer.js';
import type { TrainingData } from '../registry/model-record.js';
import { protectWithoutKey } from '../runtime/protection.js';
import { checkName, checkObject, checkOptions, refuse } from '../util/check.js';
import type { JsonObject } from '../util/json.js';
import { type Random, createRandom } from '../util/random.js';
import { teller } from '../util/tell.js';
import { describeData } from './describe-data.js';
import { holdoutMetrics } from './holdout-metrics.js';
import { guessTimeColumn, knownTargets, splitData } from './split-data.js';
import { timeClusters } from './time-clusters.js';
import { checkConfig } from '../runtime/context.js';

/** The data and the algorithm that {@link trainModel} is given. */
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

/** A model that was trained, and what it was trained on. */
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
  /** The features and the target in counts, to be registered with the model. */
  readonly baselineProfile: BaselineProfile;
  /** Rows held back, and how they were chosen. */
  readonly holdout: Table;
  readonly split: string;
  /** Quality on the rows held back, and how well they tell the mean loss, such as `mae_standard_error`. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly trainingTimeSeconds: number;
}

const optionNames = [
  'modelType',
  'data',
  'featureColumns',
  'targetColumn',
  'timeColumn',
  'algorithm',
  'hyperparameters',
  'testSize',
  'random',
  'signal',
  'onProgress',
];

/**
 * Trains a model as the policy says and tests it on rows held back: the latest ones when there is a time column, a
 * seeded random part otherwise. Rows without a target are left out.
 *
 * @throws MLOpsError `INVALID_INPUT` for missing columns, a target that is not numeric or beyond 1e150, or too few rows
 */
export async function trainModel(config: MLOpsConfig, options: TrainModelOptions): Promise<TrainedModel> {
  checkConfig(config);
  checkOptions(options, optionNames, 'trainModel');
  const policy = config.modelPolicy(checkName(options.modelType, 'modelType'));
  if (options.hyperparameters !== undefined) checkObject(options.hyperparameters, 'hyperparameters');
  const { featureColumns, targetColumn } = modelColumns(config, options.modelType, options);
  const watch = { signal: options.signal };
  const given = await inSteps(tableSteps(options.data), watch);
  const all = await protectWithoutKey(config, given, featureColumns);
  const table = knownTargets(all, targetColumn);
  const targetWarnings = checkTarget(all, targetColumn);
  for (const column of featureColumns) table.column(column);
  const timeColumn = options.timeColumn ?? policy.timeColumn ?? guessTimeColumn(table);
  const { retraining } = config.policy;
  const { testSize: policyTestSize, randomState } = retraining;
  if ((options.algorithm ?? policy.algorithm) === 'command') {
    refuse('a trainer program (command) is run by a retraining: triggerRetraining, or bondx-mlops retrain');
  }
  const trainer = trainerFor(algorithmFor(options.algorithm ?? policy.algorithm, table.rowCount, policy));
  const told = options.hyperparameters ?? policy.hyperparameters;
  const hyperparameters = withPatience(told, trainer.algorithm, retraining);
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
    monotoneConstraints: policy.monotoneConstraints,
    categoryOrder: policy.categoryOrder,
    random: random.split('train'),
    ...(options.signal !== undefined && { signal: options.signal }),
    ...(options.onProgress !== undefined && { onProgress: teller('onProgress', options.onProgress) }),
  });
  const trainingTimeSeconds = (performance.now() - began) / 1000;
  const predicted = await predictInSteps(model, test, watch);
  const times = timeClusters(test, timeColumn);
  const metrics = holdoutMetrics(policy.task, numericTarget(test, targetColumn), predicted, times);
  return {
    model,
    task: policy.task,
    algorithm: trainer.algorithm,
    hyperparameters,
    featureColumns,
    targetColumn,
    ...(timeColumn !== null && { timeColumn }),
    trainingData: await describeData(train, [...featureColumns, targetColumn], timeColumn, watch),
    baselineProfile: await createProfile(train.select([...featureColumns, targetColumn]), { signal: options.signal }),
    holdout: test,
    split,
    metrics,
    warnings: [...targetWarnings, ...warnings],
    trainingTimeSeconds,
  };
}

/** Says how many targets are infinite, which are left out like missing ones; refuses those that nothing can be computed with. */
function checkTarget(table: Table, targetColumn: string): string[] {
  const quoted = JSON.stringify(targetColumn);
  let infinite = 0;
  numericTarget(table, targetColumn).forEach((value, row) => {
    const size = Math.abs(value);
    if (size === Infinity) infinite++;
    else if (size > largestTarget)
      refuse(
        `target ${quoted} is ${value} in row ${row}, beyond ${largestTarget}: leave it empty, or take another unit`,
      );
  });
  if (infinite === 0) return [];
  return [
    `target ${quoted} is infinite in ${infinite} of ${table.rowCount} rows, which were left out: no measurement is`,
  ];
}
