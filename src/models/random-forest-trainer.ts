import type { CartNode } from 'ml-cart';
import { refuse } from '../util/check.js';
import { randomInt } from '../util/random.js';
import { treeHyperparameters } from './cart-trainer.js';
import type { Trainer, TrainingRequest, TrainingResult } from './contract.js';
import { countCover } from './count-cover.js';
import { DecisionTree, type TreeNode } from './decision-tree.js';
import { FeatureEncoder } from './feature-encoder.js';
import { type GrowthLimits, cartOptions, cartSecondsPerCell, fromCart } from './grow-tree.js';
import { type HyperparameterRange, readHyperparameters } from './hyperparameters.js';
import { Pace } from './pace.js';
import { refuseConstraints } from './refuse-constraints.js';
import { trainingTarget } from './target.js';
import { durationWarning, featureWarnings, orderWarnings } from './training-warnings.js';
import { TreeModel } from './tree-model.js';

const forestHyperparameters = {
  ...treeHyperparameters,
  max_depth: { ...treeHyperparameters.max_depth, default: 14 },
  min_samples_split: { ...treeHyperparameters.min_samples_split, default: 5 },
  n_estimators: { default: 30, min: 1, max: 1000, isInteger: true },
  max_features: { default: 0.8, min: 0.01, max: 1 },
  max_samples: { default: 1000, min: 10, max: 1e6, isInteger: true },
} as const satisfies Record<string, HyperparameterRange>;

/**
 * The mean of many decision trees, on ml-random-forest. Each tree learns from `max_samples` (1,000) rows drawn with
 * replacement and a random share `max_features` (0.8) of the columns. Further hyperparameters: `n_estimators` (30),
 * `max_depth` (14), `min_samples_split` (5).
 *
 * The library takes time quadratic in the rows a tree sees, hence the bound on them. Trees are trained one by one, so
 * that between them progress is reported, the signal heeded, and the event loop served.
 */
export const randomForestTrainer: Trainer = {
  algorithm: 'random_forest',

  async train(request: TrainingRequest): Promise<TrainingResult> {
    refuseConstraints(request, 'random_forest');
    const { values, warnings } = readHyperparameters(request.hyperparameters, forestHyperparameters, 'random_forest');
    const target = trainingTarget(request.table, request.targetColumn, request.task);
    const encoder = FeatureEncoder.fit(request.table, request.featureColumns, target);
    if (encoder.width === 0) refuse('random_forest needs at least one feature column');
    const columns = encoder.encodeTable(request.table);
    const train = await treeTrainer(
      { maxDepth: values.max_depth, minSamplesSplit: values.min_samples_split },
      Math.max(1, Math.round(values.max_features * encoder.width)),
    );
    const sampleSize = Math.min(values.max_samples, target.length);
    const pace = new Pace(request.signal, request.onProgress);
    const trees: DecisionTree[] = [];
    for (let i = 0; i < values.n_estimators; i++) {
      await pace.step(i / values.n_estimators);
      const random = request.random.split(`tree/${i}`);
      const rows = Int32Array.from({ length: sampleSize }, () => randomInt(random, target.length));
      trees.push(train(columns, target, rows, randomInt(random, 2 ** 31)));
    }
    await pace.step(1);
    const seconds = values.n_estimators * cartSecondsPerCell * sampleSize ** 2 * encoder.width;
    return {
      model: new TreeModel('random_forest', request.task, encoder, trees),
      warnings: [
        ...warnings,
        ...featureWarnings(request),
        ...orderWarnings(request, 'random_forest'),
        ...durationWarning('random_forest', seconds, '; fewer max_samples or n_estimators are faster'),
      ],
    };
  },
};

/** What is used of ml-random-forest, whose own types do not name what it exports. */
interface ForestLibrary {
  readonly RandomForestRegression: new (options: object) => {
    readonly estimators: readonly { readonly root: CartNode }[];
    /** The columns each tree was given. */
    readonly indexes: readonly (readonly number[])[];
    train(rows: readonly (readonly number[])[], target: readonly number[]): void;
  };
}

type TrainTree = (
  columns: readonly Float64Array[],
  target: Float64Array,
  rows: Int32Array,
  seed: number,
) => DecisionTree;

async function treeTrainer(limits: GrowthLimits, columnCount: number): Promise<TrainTree> {
  const library = (await import('ml-random-forest')) as unknown as ForestLibrary | { readonly default: ForestLibrary };
  // As in growTree.
  const { RandomForestRegression } = 'RandomForestRegression' in library ? library : library.default;
  return (columns, target, rows, seed) => {
    const forest = new RandomForestRegression({
      nEstimators: 1,
      seed,
      // A share of the columns, of which the library takes the whole part; it misreads the number 1.
      maxFeatures: columnCount === columns.length ? 1 : (columnCount + 0.5) / columns.length,
      replacement: false,
      // Rows are drawn here: with its own bagging the library fails when a tree happens to draw every row.
      useSampleBagging: false,
      noOOB: true,
      treeOptions: cartOptions(limits),
    });
    forest.train(
      Array.from(rows, (row) => columns.map((values) => values[row]!)),
      Array.from(rows, (row) => target[row]!),
    );
    const drawn = forest.indexes[0]!;
    const seen = drawn.map((column) => columns[column]!);
    const root = renumber(fromCart(forest.estimators[0]!.root, seen, target, rows, limits), drawn);
    return countCover(DecisionTree.fromNodes(root), columns, rows);
  };
}

/** The same tree over all columns instead of the drawn ones. */
const renumber = (node: TreeNode, drawn: readonly number[]): TreeNode =>
  'prediction' in node
    ? node
    : {
        ...node,
        feature: drawn[node.feature]!,
        left: renumber(node.left, drawn),
        right: renumber(node.right, drawn),
      };
