import { cartTrainer } from '../../models/cart-trainer.js';
import { numericTarget } from '../../models/target.js';
import { type Random, shuffle } from '../../util/random.js';
import type { DataFinding } from '../retrain-result.js';
import { type CheckInputs, type DataCheck } from './check-inputs.js';

/**
 * Agreement of predictions and labels below which they go against each other, or have nothing to do with it: their rank
 * correlation, of classes 2·AUC − 1, which is as large where one of them is rare.
 */
const against = -0.1;
const unrelated = 0.1;
/** Standard errors beyond which an agreement is not chance. */
const beyondChance = 2;
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
  const agreement = champion === undefined ? undefined : agreementOf(inputs, champion.scores, target);
  if (champion !== undefined && agreement!.value < against && isAbove(0, agreement!) && wasGood(inputs)) {
    const finding: DataFinding = {
      check: 'flipped_labels',
      severity: 'blocking',
      column: plan.targetColumn,
      message: `the labels go against the predictions of ${champion.version} (rank correlation ${agreement!.value.toFixed(2)}), which ranked them well when it was registered: check that they were not turned round`,
    };
    return [finding];
  }
  if (agreement !== undefined && agreement.value >= unrelated) return [];
  if (await tellsSomething(inputs, target)) return [];
  const isWorse = champion !== undefined && wasGood(inputs) && isAbove(registeredAgreement(inputs), agreement!);
  const finding: DataFinding = {
    check: 'shuffled_labels',
    severity: isWorse ? 'blocking' : 'warning',
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

/** About what its agreement with labels was when it was registered; unknown counts as all. */
function registeredAgreement({ champion }: CheckInputs): number {
  const { r2_score: r2, roc_auc: auc } = champion!.metrics;
  if (r2 !== undefined) return Math.sqrt(Math.max(0, r2));
  return auc === undefined ? 1 : 2 * auc - 1;
}

interface Agreement {
  readonly value: number;
  /** By permutation: of labels that have nothing to do with the predictions. */
  readonly standardError: number;
}

const isAbove = (level: number, { value, standardError }: Agreement): boolean =>
  value + beyondChance * standardError < level;

/**
 * Spearman's rank correlation, or 2·AUC − 1 (Somers' D) of classes: Spearman's is 0.17 at most where one in a hundred rows is
 * of a class. 0, of which nothing is known, where one of them is constant.
 */
function agreementOf({ plan }: CheckInputs, a: Float64Array, b: Float64Array): Agreement {
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
  if (xx === 0 || yy === 0) return { value: 0, standardError: Infinity };
  const largest = plan.task === 'classification' ? yy : Math.sqrt(xx * yy);
  return { value: xy / largest, standardError: Math.sqrt((xx * yy) / (a.length - 1)) / largest };
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

/**
 * Whether a small tree explains random rows that it has not seen (not later ones, for the question is not whether it will
 * last): by its R² or, as that of rare classes is small, by its order of the rows.
 */
async function tellsSomething(inputs: CheckInputs, target: Float64Array): Promise<boolean> {
  const { plan, train, random } = inputs;
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
  if (total === 0) return false;
  const { value, standardError } = agreementOf(
    inputs,
    predicted,
    Float64Array.from(tested, (row) => target[row]!),
  );
  return 1 - left / total >= leastSignal || value > beyondChance * standardError;
}

function drawRows(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, row) => row);
  shuffle(order, random);
  return order;
}
