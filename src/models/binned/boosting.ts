import type { Random } from '../../util/random.js';
import type { DecisionTree } from '../decision-tree.js';
import type { FeatureReader } from '../feature-reader.js';
import { TreeEnsemble } from '../tree-ensemble.js';
import type { BinnedFeature } from './bin-table.js';
import { BoostingMemory } from './boosting-memory.js';
import { BoostedTreeGrower, type GrowthRules } from './boosted-tree-grower.js';
import type { Loss } from './losses.js';
import { sampleInOrder } from './sample-in-order.js';

/** Rows to learn from. */
export interface TrainingRows {
  /** What the reader makes of them, an array a feature. */
  readonly columns: readonly Float64Array[];
  readonly features: readonly BinnedFeature[];
  readonly target: Float64Array;
}

export interface BoostingOptions {
  readonly rules: GrowthRules;
  /** Share of the rows that each tree learns from. */
  readonly subsample: number;
  /** Share of the features that each tree may split by. */
  readonly maxFeatures: number;
  readonly random: Random;
}

/** Boosting under way: the trees so far and what they predict for the training rows. */
export class Boosting {
  /** What is predicted before the first tree. */
  readonly base: number;
  readonly trees: DecisionTree[] = [];
  readonly #scores: Float64Array;
  readonly #memory: BoostingMemory;
  readonly #grower: BoostedTreeGrower;

  constructor(
    private readonly reader: FeatureReader,
    private readonly rows: TrainingRows,
    private readonly loss: Loss,
    private readonly options: BoostingOptions,
  ) {
    const { features, target } = rows;
    this.base = loss.start(target);
    this.#scores = new Float64Array(target.length).fill(this.base);
    const { rules } = options;
    const mostLeaves = Math.max(1, Math.min(rules.maxLeaves, Math.floor(target.length / rules.minSamplesLeaf)));
    this.#memory = new BoostingMemory(features, target.length, mostLeaves, loss.hasHessians);
    this.#grower = new BoostedTreeGrower(features, this.#memory, rules);
  }

  /** Adds the tree that lowers the loss next. */
  addTree(): DecisionTree {
    const { loss, options } = this;
    const { target, columns, features } = this.rows;
    const scores = this.#scores;
    const random = options.random.split(`tree/${this.trees.length}`);
    loss.derive(target, scores, this.#memory.gradients, this.#memory.hessians);
    const sample = sampleInOrder(target.length, options.subsample, random);
    const isSampled = sample.length < target.length;
    const { solve } = loss;
    const tree = this.#grower.grow(
      sample,
      sampleInOrder(features.length, options.maxFeatures, random),
      solve && ((rows) => solve(Float64Array.from(rows, (row) => target[row]! - scores[row]!))),
      (rows, value) => {
        if (!isSampled) for (const row of rows) scores[row]! += value;
      },
    );
    if (isSampled) new TreeEnsemble([tree], this.reader).addTo(scores, columns);
    this.trees.push(tree);
    return tree;
  }
}
