import { checkPairs } from './check-pairs.js';

export type ClassificationMetric = 'accuracy' | 'precision' | 'recall' | 'f1_score' | 'roc_auc' | 'log_loss' | 'brier';

/** Probabilities are kept this far from 0 and 1 in the logarithm, as in scikit-learn (the epsilon of float64). */
const epsilon = 2 ** -52;

/**
 * Metrics of a binary classifier as scikit-learn 1.x defines them, `zero_division` being 0.
 *
 * @param actual 0 or 1
 * @param probability of 1
 * @param threshold probability from which a row counts as predicted positive
 * @returns `roc_auc` is NaN when only one class occurs
 * @throws MLOpsError `INVALID_INPUT` for different lengths, no rows, or values that are not finite
 */
export function classificationMetrics(
  actual: Float64Array,
  probability: Float64Array,
  threshold = 0.5,
): Readonly<Record<ClassificationMetric, number>> {
  checkPairs(actual, probability);
  const n = actual.length;
  let truePositive = 0;
  let falsePositive = 0;
  let falseNegative = 0;
  let logLoss = 0;
  let brier = 0;
  for (let i = 0; i < n; i++) {
    const isPositive = actual[i] === 1;
    const said = probability[i]!;
    if (said >= threshold) {
      if (isPositive) truePositive++;
      else falsePositive++;
    } else if (isPositive) falseNegative++;
    logLoss -= Math.log(Math.min(1 - epsilon, Math.max(epsilon, isPositive ? said : 1 - said)));
    brier += (said - actual[i]!) ** 2;
  }
  const divide = (a: number, b: number): number => (b === 0 ? 0 : a / b);
  return {
    accuracy: (n - falsePositive - falseNegative) / n,
    precision: divide(truePositive, truePositive + falsePositive),
    recall: divide(truePositive, truePositive + falseNegative),
    f1_score: divide(2 * truePositive, 2 * truePositive + falsePositive + falseNegative),
    roc_auc: rocAuc(actual, probability),
    log_loss: logLoss / n,
    brier: brier / n,
  };
}

/** Area under the ROC curve as the Mann–Whitney statistic with mid-ranks: ties count one half. */
function rocAuc(actual: Float64Array, score: Float64Array): number {
  const order = Int32Array.from(score, (_, i) => i).sort((a, b) => score[a]! - score[b]!);
  let positives = 0;
  let rankSum = 0;
  for (let i = 0; i < order.length;) {
    let j = i;
    while (j < order.length && score[order[j]!] === score[order[i]!]) j++;
    const midRank = (i + j + 1) / 2;
    for (let k = i; k < j; k++) {
      if (actual[order[k]!] === 1) {
        positives++;
        rankSum += midRank;
      }
    }
    i = j;
  }
  const negatives = order.length - positives;
  return positives === 0 || negatives === 0
    ? NaN
    : (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
