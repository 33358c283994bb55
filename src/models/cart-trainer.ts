import type { Trainer, TrainingRequest, TrainingResult } from './contract.js';
import { countCover } from './count-cover.js';
import { DecisionTree } from './decision-tree.js';
import { FeatureEncoder } from './feature-encoder.js';
import { cartSecondsPerCell, growTree, largestPart } from './grow-tree.js';
import { type HyperparameterRange, readHyperparameters } from './hyperparameters.js';
import { Pace } from './pace.js';
import { refuseConstraints } from './refuse-constraints.js';
import { trainingTarget } from './target.js';
import { durationWarning, featureWarnings, orderWarnings } from './training-warnings.js';
import { TreeModel } from './tree-model.js';

/** Limits of a tree's growth. */
export const treeHyperparameters = {
  max_depth: { default: 8, min: 1, max: 100, isInteger: true },
  min_samples_split: { default: 20, min: 2, max: 1e9, isInteger: true },
} as const satisfies Record<string, HyperparameterRange>;

/**
 * One decision tree, on ml-cart. Hyperparameters: `max_depth` (8), splits on the longest path; `min_samples_split` (20),
 * fewest rows that are split. Deterministic: it draws no random numbers.
 */
export const cartTrainer: Trainer = {
  algorithm: 'cart',

  async train(request: TrainingRequest): Promise<TrainingResult> {
    refuseConstraints(request, 'cart');
    const { values, warnings } = readHyperparameters(request.hyperparameters, treeHyperparameters, 'cart');
    const target = trainingTarget(request.table, request.targetColumn, request.task);
    const encoder = FeatureEncoder.fit(request.table, request.featureColumns, target);
    const limits = { maxDepth: values.max_depth, minSamplesSplit: values.min_samples_split };
    const pace = new Pace(request.signal, request.onProgress);
    const columns = encoder.encodeTable(request.table);
    const root = await growTree(columns, target, limits, pace);
    const rows = Int32Array.from(target, (_, row) => row);
    const tree = countCover(DecisionTree.fromNodes(root), columns, rows);
    await pace.step(1);
    const seconds = cartSecondsPerCell * target.length * Math.min(target.length, largestPart) * encoder.width;
    return {
      model: new TreeModel('cart', request.task, encoder, [tree]),
      warnings: [
        ...warnings,
        ...featureWarnings(request),
        ...orderWarnings(request, 'cart'),
        ...durationWarning('cart', seconds),
      ],
    };
  },
};
