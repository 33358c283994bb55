import { binFeatures } from './binned/bin-table.js';
import { ExtraTreeGrower } from './binned/extra-tree-grower.js';
import { BinnedModel } from './binned-model.js';
import type { Trainer, TrainingRequest, TrainingResult } from './contract.js';
import type { DecisionTree } from './decision-tree.js';
import { FeatureReader } from './feature-reader.js';
import { type HyperparameterRange, readHyperparameters } from './hyperparameters.js';
import { Pace } from './pace.js';
import { refuseConstraints } from './refuse-constraints.js';
import { trainingTarget } from './target.js';
import { featureWarnings, leftOutWarnings } from './training-warnings.js';

const hyperparameters = {
  n_estimators: { default: 100, min: 1, max: 10_000, isInteger: true },
  max_depth: { default: 12, min: 1, max: 100, isInteger: true },
  min_samples_leaf: { default: 5, min: 1, max: 1e9, isInteger: true },
  max_features: { default: 1, min: 0.01, max: 1 },
  max_bins: { default: 255, min: 2, max: 255, isInteger: true },
} as const satisfies Record<string, HyperparameterRange>;

/**
 * The mean of many extremely randomized trees over bins: see {@link ExtraTreeGrower}. Hyperparameters: `n_estimators`
 * (100), `max_depth` (12), `min_samples_leaf` (5), `max_features` (1), the share of the features of which a cut is drawn
 * at each node, and `max_bins` (255).
 */
export const extraForestTrainer: Trainer = {
  algorithm: 'extra_forest',

  async train(request: TrainingRequest): Promise<TrainingResult> {
    refuseConstraints(request, 'extra_forest');
    const { table, targetColumn, task, random } = request;
    const { values, warnings } = readHyperparameters(request.hyperparameters, hyperparameters, 'extra_forest');
    const target = trainingTarget(table, targetColumn, task);
    const reader = FeatureReader.fit(table, request.featureColumns, request.categoryOrder);
    const pace = new Pace(request.signal, request.onProgress);
    const features = await binFeatures(reader, reader.readTable(table), values.max_bins, pace);
    const base = target.reduce((sum, value) => sum + value, 0) / target.length;
    const centred = target.map((value) => value - base);
    const grower = new ExtraTreeGrower(features, centred, {
      maxDepth: values.max_depth,
      minSamplesLeaf: values.min_samples_leaf,
      featuresPerSplit: Math.max(1, Math.round(values.max_features * features.length)),
      weight: 1 / values.n_estimators,
    });
    const trees: DecisionTree[] = [];
    for (let i = 0; i < values.n_estimators; i++) {
      await pace.step(0.1 + (0.9 * i) / values.n_estimators);
      trees.push(grower.grow(random.split(`tree/${i}`)));
    }
    await pace.step(1);
    return {
      model: new BinnedModel('extra_forest', task, reader, base, trees),
      warnings: [...warnings, ...featureWarnings(request), ...leftOutWarnings(request)],
    };
  },
};
