import { type LinkedNode, flattenTree } from '../flat-tree.js';
import type { Trainer } from '../trainer.js';
import { TreeModel } from '../tree-model.js';
import { readIntegers } from './hyperparameters.js';
import { breathe, slowTrainingWarning, trainingMatrix } from './training-matrix.js';

/**
 * One regression tree by ml-cart, for small data. Classifications are trained on 0 and 1: least squares then chooses the
 * splits that Gini impurity would, and a leaf's mean is the probability.
 */
export const cartTrainer: Trainer = {
  algorithm: 'cart',
  async train(request) {
    const { max_depth, min_samples } = readIntegers('cart', request.hyperparameters, {
      max_depth: { default: 8, min: 1, max: 64 },
      min_samples: { default: 20, min: 1, max: 1_000_000 },
    });
    const { DecisionTreeRegression } = await import('ml-cart');
    const { encodings, rows, target } = trainingMatrix(request);
    const warnings = slowTrainingWarning('cart', rows.length, encodings.length, 1);
    await breathe(request.signal);
    const tree = new DecisionTreeRegression({ maxDepth: max_depth, minNumSamples: min_samples });
    tree.train(rows, target);
    await breathe(request.signal);
    request.onProgress?.(1);
    return { model: new TreeModel('cart', request.task, encodings, [flattenTree(tree.root as LinkedNode)]), warnings };
  },
};
