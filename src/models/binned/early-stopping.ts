import type { DecisionTree } from '../decision-tree.js';
import type { FeatureReader } from '../feature-reader.js';
import { TreeEnsemble } from '../tree-ensemble.js';
import type { Loss } from './losses.js';

/** Watches the loss on rows that boosting does not learn from. */
export class EarlyStopping {
  /** Trees after which the loss was lowest. */
  best = 0;
  readonly #scores: Float64Array;
  #bestLoss: number;
  #seen = 0;

  /** @param columns what the reader makes of the rows, an array a feature */
  constructor(
    private readonly reader: FeatureReader,
    private readonly columns: readonly Float64Array[],
    private readonly target: Float64Array,
    private readonly loss: Loss,
    private readonly patience: number,
    base: number,
  ) {
    this.#scores = new Float64Array(target.length).fill(base);
    this.#bestLoss = loss.mean(target, this.#scores);
  }

  /** Takes the next tree; whether it is one too many without progress. */
  isEnough(tree: DecisionTree): boolean {
    new TreeEnsemble([tree], this.reader).addTo(this.#scores, this.columns);
    this.#seen++;
    const loss = this.loss.mean(this.target, this.#scores);
    if (loss < this.#bestLoss) {
      this.#bestLoss = loss;
      this.best = this.#seen;
    }
    return this.#seen - this.best >= this.patience;
  }
}
