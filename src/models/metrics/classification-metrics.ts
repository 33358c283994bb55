import { refuse } from '../../util/check.js';
import { calibrationError } from './calibration.js';
import { checkPairs } from './check-pairs.js';
import { averagePrecision, rocAuc } from './ranking.js';

/** Probabilities are kept this far from 0 and 1 in the log loss, as scikit-learn does. */
const epsilon = Number.EPSILON;

/**
 * How good probabilities of the positive class are, by scikit-learn's conventions. At the threshold: `accuracy`,
 * `precision`, `recall`, `f1_score` (0 where nothing is positive). Over all thresholds: `roc_auc`, `pr_auc` (average
 * precision); left out when only one class occurs. Of the probabilities themselves: `log_loss` (nats), `brier`, and `calibration`, the expected calibration error over ten bins.
 *
 * @param actual 0 or 1
 * @param predicted probabilities from 0 to 1
 * @param threshold probability from which a row counts as positive
 * @throws MLOpsError `INVALID_INPUT` for anything else, lengths that differ, or no rows
 */
export function classificationMetrics(
  actual: Float64Array,
  predicted: Float64Array,
  threshold = 0.5,
): Record<string, number> {
  checkPairs(actual, predicted);
  const n = actual.length;
  let truePositives = 0;
  let falsePositives = 0;
  let positives = 0;
  let logLoss = 0;
  let brier = 0;
  for (let i = 0; i < n; i++) {
    const truth = actual[i]!;
    const probability = predicted[i]!;
    if (truth !== 0 && truth !== 1) refuse(`the actual value of row ${i} is ${truth}; classes are 0 and 1`);
    if (probability < 0 || probability > 1)
      refuse(`the prediction of row ${i} is ${probability}; expected a probability`);
    positives += truth;
    if (probability >= threshold) {
      truePositives += truth;
      falsePositives += 1 - truth;
    }
    const bounded = Math.min(1 - epsilon, Math.max(epsilon, probability));
    logLoss -= truth === 1 ? Math.log(bounded) : Math.log(1 - bounded);
    brier += (probability - truth) ** 2;
  }
  const falseNegatives = positives - truePositives;
  return {
    accuracy: (n - falsePositives - falseNegatives) / n,
    precision: ratio(truePositives, truePositives + falsePositives),
    recall: ratio(truePositives, positives),
    f1_score: ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
    ...(positives > 0 &&
      positives < n && { roc_auc: rocAuc(actual, predicted), pr_auc: averagePrecision(actual, predicted) }),
    log_loss: logLoss / n,
    brier: brier / n,
    calibration: calibrationError(actual, predicted),
  };
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
