import { randomInt } from '../../util/random.js';
import { type FlatTree, type LinkedNode, flattenTree } from '../flat-tree.js';
import type { Trainer } from '../trainer.js';
import { TreeModel } from '../tree-model.js';
import { readIntegers } from './hyperparameters.js';
import { breathe, slowTrainingWarning, trainingMatrix } from './training-matrix.js';

/**
 * Bagged regression trees by ml-random-forest, for small data. Trees are trained one at a time, so that there is
 * progress to show and a moment to stop; out-of-bag estimates are left out, since the library fails when a bag holds
 * every row.
 */
export const randomForestTrainer: Trainer = {
  algorithm: 'random_forest',
  async train(request) {
    const settings = readIntegers('random_forest', request.hyperparameters, {
      n_estimators: { default: 10, min: 1, max: 1000 },
      max_features: { default: request.featureColumns.length, min: 1, max: request.featureColumns.length },
      max_depth: { default: 10, min: 1, max: 64 },
      min_samples: { default: 5, min: 1, max: 1_000_000 },
    });
    const { RandomForestRegression } = await import('ml-random-forest');
    const { encodings, rows, target } = trainingMatrix(request);
    const warnings = slowTrainingWarning('random_forest', rows.length, settings.max_features, settings.n_estimators);
    const trees: FlatTree[] = [];
    for (let i = 0; i < settings.n_estimators; i++) {
      await breathe(request.signal);
      const forest = new RandomForestRegression({
        nEstimators: 1,
        seed: randomInt(request.random, 2 ** 31),
        maxFeatures: settings.max_features,
        replacement: false,
        useSampleBagging: true,
        noOOB: true,
        treeOptions: { maxDepth: settings.max_depth, minNumSamples: settings.min_samples },
      });
      forest.train(rows, target);
      const used = forest.indexes[0]!;
      trees.push(flattenTree(forest.estimators[0]!.root as LinkedNode, (column) => used[column]!));
      request.onProgress?.((i + 1) / settings.n_estimators);
    }
    await breathe(request.signal);
    return { model: new TreeModel('random_forest', request.task, encodings, trees), warnings };
  },
};
