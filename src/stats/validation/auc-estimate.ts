import { MLOpsError } from '../../errors.js';
import { checkConfidence } from '../check-sample.js';
import { normalQuantile } from '../distributions/normal.js';

/** An area under the ROC curve and the variance of its error. Plain JSON. */
export interface AucEstimate {
  readonly auc: number;
  /** Gini coefficient (accuracy ratio): 2·AUC − 1. */
  readonly gini: number;
  readonly variance: number;
  readonly lower: number;
  readonly upper: number;
  readonly positives: number;
  readonly negatives: number;
}

/** For each positive the share of negatives that score below it, for each negative the share of positives above; ties ½. */
export interface Placements {
  readonly ofPositives: Float64Array;
  readonly ofNegatives: Float64Array;
}

/**
 * AUC with DeLong's variance S₁₀/m + S₀₁/n, the sample variances of the placements, and its normal interval cut to [0, 1].
 * Where the classes are separated wholly the variance is 0, and the interval says nothing.
 *
 * Source: DeLong, DeLong, Clarke-Pearson (1988), Biometrics 44; computed from ranks as Sun, Xu (2014).
 *
 * @param actual 1 for positives (defaults), 0 for the others
 * @param scores higher for riskier
 * @throws MLOpsError `INVALID_INPUT` for NaN, other labels, or fewer than two rows of either class
 */
export function aucEstimate(actual: Float64Array, scores: Float64Array, confidence = 0.95): AucEstimate {
  checkConfidence(confidence);
  const { ofPositives, ofNegatives } = placements(actual, scores);
  const auc = mean(ofPositives);
  const variance =
    covariance(ofPositives, ofPositives) / ofPositives.length +
    covariance(ofNegatives, ofNegatives) / ofNegatives.length;
  const margin = normalQuantile((1 + confidence) / 2) * Math.sqrt(variance);
  return {
    auc,
    gini: 2 * auc - 1,
    variance,
    lower: Math.max(0, auc - margin),
    upper: Math.min(1, auc + margin),
    positives: ofPositives.length,
    negatives: ofNegatives.length,
  };
}

/** In the order of the rows. @throws MLOpsError `INVALID_INPUT` as {@link aucEstimate} */
export function placements(actual: Float64Array, scores: Float64Array): Placements {
  const positives = checkLabels(actual, scores);
  const negatives = actual.length - positives;
  const order = Int32Array.from(actual, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  const placed = new Float64Array(actual.length);
  let positivesBelow = 0;
  let negativesBelow = 0;
  for (let i = 0; i < order.length;) {
    let end = i;
    let tiedPositives = 0;
    while (end < order.length && scores[order[end]!] === scores[order[i]!]) tiedPositives += actual[order[end++]!]!;
    const tiedNegatives = end - i - tiedPositives;
    for (; i < end; i++) {
      const row = order[i]!;
      placed[row] =
        actual[row] === 1
          ? (negativesBelow + tiedNegatives / 2) / negatives
          : (positives - positivesBelow - tiedPositives / 2) / positives;
    }
    positivesBelow += tiedPositives;
    negativesBelow += tiedNegatives;
  }
  return {
    ofPositives: placed.filter((_, i) => actual[i] === 1),
    ofNegatives: placed.filter((_, i) => actual[i] === 0),
  };
}

function checkLabels(actual: Float64Array, scores: Float64Array): number {
  if (actual.length !== scores.length) {
    throw new MLOpsError('INVALID_INPUT', `${actual.length} labels and ${scores.length} scores; expected one each`);
  }
  let positives = 0;
  for (let i = 0; i < actual.length; i++) {
    if ((actual[i] !== 0 && actual[i] !== 1) || Number.isNaN(scores[i])) {
      throw new MLOpsError(
        'INVALID_INPUT',
        `row ${i} has label ${actual[i]} and score ${scores[i]}; expected 0 or 1 and a number`,
      );
    }
    positives += actual[i]!;
  }
  if (positives < 2 || actual.length - positives < 2) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${positives} positives of ${actual.length} rows; expected two of each class`,
    );
  }
  return positives;
}

export const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sample covariance, over n − 1. */
export function covariance(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return a.reduce((sum, value, i) => sum + (value - meanA) * (b[i]! - meanB), 0) / (a.length - 1);
}
