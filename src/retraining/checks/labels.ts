import { cartTrainer } from '../../models/cart-trainer.js';
import { numericTarget } from '../../models/target.js';
import { type Random, shuffle } from '../../util/random.js';
import type { DataFinding } from '../retrain-result.js';
import { type CheckInputs, type DataCheck } from './check-inputs.js';

/** Rank correlation of predictions and labels below which they go against each other, or have nothing to do with it. */
const against = -0.1;
const unrelated = 0.1;
/** Share of the target's variance that a small tree must explain on rows it has not seen for the labels to mean anything. */
const leastSignal = 0.01;
/** Rows of the tree's training and of its test, at most. */
const probeRows = 2000;
/** Fewer rows than this tell nothing about labels. */
const minRows = 100;

/**
 * Labels that were turned round or mixed up. The champion, if it was any good, still ranks honest labels the right way,
 * even where the world has moved; and where it no longer does, honest labels still go with the features somehow.
 */
export const labels: DataCheck = async (inputs) => {
  const { plan, train, champion } = inputs;
  if (train.rowCount < minRows) return [];
  const target = numericTarget(train, plan.targetColumn);
  const agreement = champion === undefined ? undefined : rankCorrelation(champion.scores, target);
  if (champion !== undefined && agreement! < against && wasGood(inputs)) {
    const finding: DataFinding = {
      check: 'flipped_labels',
      severity: 'blocking',
      column: plan.targetColumn,
      message: `the labels go against the predictions of ${champion.version} (rank correlation ${agreement!.toFixed(2)}), which ranked them well when it was registered: check that they were not turned round`,
    };
    return [finding];
  }
  if (agreement !== undefined && agreement >= unrelated) return [];
  const signal = await explainedShare(inputs, target);
  if (signal >= leastSignal) return [];
  const finding: DataFinding = {
    check: 'shuffled_labels',
    severity: champion !== undefined && wasGood(inputs) ? 'blocking' : 'warning',
    column: plan.targetColumn,
    message: `the features tell nothing about the labels${champion === undefined ? '' : `, nor does ${champion.version}, which predicted them when it was registered`}: check that rows and labels were not mixed up`,
  };
  return [finding];
};

/** Whether the champion explained its holdout when it was registered; unknown counts as yes. */
function wasGood({ champion }: CheckInputs): boolean {
  const { r2_score: r2, roc_auc: auc } = champion!.metrics;
  if (r2 !== undefined) return r2 >= 0.05;
  return auc === undefined || auc >= 0.55;
}

/** Spearman's: Pearson's correlation of midranks. 0 where one of them is constant. */
function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (a.length + 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mean) * (y[i]! - mean);
    xx += (x[i]! - mean) ** 2;
    yy += (y[i]! - mean) ** 2;
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

function ranks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1; // NaN equals nothing, not even itself
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) result[order[i]!] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}

/** R² of a small tree on random rows that it has not seen: not later ones, for the question is not whether it will last. */
async function explainedShare({ plan, train, random }: CheckInputs, target: Float64Array): Promise<number> {
  const order = drawRows(train.rowCount, random.split('probe'));
  const half = Math.min(probeRows, order.length >> 1);
  const [learned, tested] = [order.subarray(0, half), order.subarray(half, 2 * half)];
  const { model } = await cartTrainer.train({
    table: train.take(learned),
    targetColumn: plan.targetColumn,
    featureColumns: plan.featureColumns,
    task: 'regression', // of the classes 0 and 1 too: the squared error of a probability is a proper score
    hyperparameters: { max_depth: 5, min_samples_split: Math.max(20, half >> 4) },
    random,
  });
  const predicted = model.predictBatch(train.take(tested));
  const mean = tested.reduce((sum, row) => sum + target[row]!, 0) / tested.length;
  let left = 0;
  let total = 0;
  tested.forEach((row, i) => {
    left += (target[row]! - predicted[i]!) ** 2;
    total += (target[row]! - mean) ** 2;
  });
  return total === 0 ? 0 : 1 - left / total;
}

function drawRows(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, row) => row);
  shuffle(order, random);
  return order;
}
