import { splitRandom } from '../data/split.js';
import type { Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';
import { binFeatures } from './binned/bin-table.js';
import { Boosting } from './binned/boosting.js';
import { EarlyStopping } from './binned/early-stopping.js';
import { type Loss, absoluteLoss, logLoss, quantileLoss, squaredLoss } from './binned/losses.js';
import { BinnedModel } from './binned-model.js';
import type { Task, Trainer, TrainingRequest, TrainingResult } from './contract.js';
import { FeatureReader } from './feature-reader.js';
import { type HyperparameterChoice, type HyperparameterRange, readHyperparameters } from './hyperparameters.js';
import { monotoneDirections } from './monotone-directions.js';
import { Pace } from './pace.js';
import { trainingTarget } from './target.js';
import { featureWarnings, leftOutWarnings } from './training-warnings.js';

const hyperparameters = {
  max_iterations: { default: 100, min: 1, max: 10_000, isInteger: true },
  learning_rate: { default: 0.1, min: 1e-6, max: 1 },
  max_leaf_nodes: { default: 31, min: 2, max: 1024, isInteger: true },
  max_depth: { default: 100, min: 1, max: 100, isInteger: true },
  min_samples_leaf: { default: 20, min: 1, max: 1e9, isInteger: true },
  l2_regularization: { default: 0, min: 0, max: 1e12 },
  max_bins: { default: 255, min: 2, max: 255, isInteger: true },
  subsample: { default: 1, min: 0.01, max: 1 },
  max_features: { default: 1, min: 0.01, max: 1 },
  quantile: { default: 0.5, min: 0.001, max: 0.999 },
  validation_size: { default: 0, min: 0, max: 0.9 },
  early_stopping_patience: { default: 10, min: 1, max: 10_000, isInteger: true },
} as const satisfies Record<string, HyperparameterRange>;

const lossNames = {
  regression: { default: 'squared', choices: ['squared', 'absolute', 'quantile'] },
  classification: { default: 'log', choices: ['log'] },
} as const satisfies Record<Task, HyperparameterChoice>;

/** Least sum of hessians in a leaf: less means that its rows are all but certain already. */
const minHessian = 1e-3;

/**
 * Gradient boosting of regression trees over histograms (Friedman 2001, Annals of Statistics 29(5); Ke et al. 2017,
 * NeurIPS). Hyperparameters: `max_iterations` (100), `learning_rate` (0.1), `max_leaf_nodes` (31), `max_depth` (100),
 * `min_samples_leaf` (20), `l2_regularization` (0), `max_bins` (255); `loss`: `squared` (default), `absolute` or
 * `quantile` with `quantile` (0.5) for regression, `log` for classification; `subsample` (1) and `max_features` (1),
 * shares of the rows and features drawn for each tree.
 *
 * Stops early when `early_stopping_patience` (10) trees in a row have not lowered the loss on validation rows: those of
 * the request, or else a share `validation_size` (0: none) drawn from the training rows.
 */
export const gradientBoostingTrainer: Trainer = {
  algorithm: 'gradient_boosting',

  async train(request: TrainingRequest): Promise<TrainingResult> {
    const { task, targetColumn } = request;
    const known = { ...hyperparameters, loss: lossNames[task] };
    const { values, warnings } = readHyperparameters(request.hyperparameters, known, 'gradient_boosting');
    const { train, validation } = splitValidation(request, values.validation_size);
    const target = trainingTarget(train, targetColumn, task);
    const reader = FeatureReader.fit(train, request.featureColumns, request.categoryOrder);
    const monotone = monotoneDirections(reader, request.monotoneConstraints);
    const pace = new Pace(request.signal, request.onProgress);
    const columns = reader.readTable(train);
    const features = await binFeatures(reader, columns, values.max_bins, pace);
    const loss = lossOf(values.loss, values.quantile);
    const boosting = new Boosting(reader, { columns, features, target }, loss, {
      rules: {
        maxLeaves: values.max_leaf_nodes,
        maxDepth: values.max_depth,
        minSamplesLeaf: values.min_samples_leaf,
        minHessian,
        l2: values.l2_regularization,
        monotone,
        learningRate: values.learning_rate,
      },
      subsample: values.subsample,
      maxFeatures: values.max_features,
      random: request.random,
    });
    const stopping =
      validation === undefined
        ? undefined
        : new EarlyStopping(
            reader,
            reader.readTable(validation),
            trainingTarget(validation, targetColumn, task),
            loss,
            values.early_stopping_patience,
            boosting.base,
          );
    for (let i = 0; i < values.max_iterations; i++) {
      await pace.step(0.1 + (0.9 * i) / values.max_iterations);
      const tree = boosting.addTree();
      if (stopping?.isEnough(tree) === true) break;
    }
    await pace.step(1);
    const trees = boosting.trees.slice(0, stopping?.best);
    return {
      model: new BinnedModel('gradient_boosting', task, reader, boosting.base, trees),
      warnings: [
        ...warnings,
        ...unusedWarnings(request.hyperparameters, values.loss === 'quantile', stopping !== undefined),
        ...featureWarnings({ ...request, table: train }),
        ...leftOutWarnings(request),
      ],
    };
  },
};

function splitValidation(
  { table, validation, random }: TrainingRequest,
  share: number,
): { readonly train: Table; readonly validation: Table | undefined } {
  if (validation !== undefined || share === 0) return { train: table, validation };
  const { train, test } = splitRandom(table, share, random.split('validation'));
  return { train, validation: test };
}

/** Hyperparameters that were told and need another one to mean anything. */
function unusedWarnings(given: JsonObject, isQuantile: boolean, stops: boolean): string[] {
  const needs = {
    ...(!isQuantile && { quantile: 'loss: quantile' }),
    ...(!stops && { early_stopping_patience: 'validation_size' }),
  };
  return Object.entries(needs)
    .filter(([name]) => Object.hasOwn(given, name))
    .map(([name, other]) => `gradient_boosting ignores the hyperparameter ${name} without ${other}`);
}

function lossOf(name: 'squared' | 'absolute' | 'quantile' | 'log', alpha: number): Loss {
  switch (name) {
    case 'squared':
      return squaredLoss;
    case 'absolute':
      return absoluteLoss;
    case 'quantile':
      return quantileLoss(alpha);
    case 'log':
      return logLoss;
  }
}
