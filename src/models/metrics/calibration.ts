import { checkCount } from '../../util/check.js';

/** Predictions of about the same probability, and how often they came true. */
export interface CalibrationBin {
  readonly rows: number;
  /** Mean predicted probability. */
  readonly predicted: number;
  /** Share of the positive class. */
  readonly observed: number;
}

/**
 * How often predicted probabilities come true, in bins of equal width (scikit-learn's `calibration_curve`, strategy
 * `uniform`: a probability on an edge belongs to the lower bin). Bins without rows are left out.
 *
 * @throws MLOpsError `INVALID_INPUT` for other than 1 to 100,000 bins
 */
export function calibrationCurve(actual: Float64Array, predicted: Float64Array, bins = 10): readonly CalibrationBin[] {
  const { rows, sums, positives } = sumByBin(actual, predicted, bins);
  return [...rows.keys()]
    .filter((bin) => rows[bin]! > 0)
    .map((bin) => ({
      rows: rows[bin]!,
      predicted: sums[bin]! / rows[bin]!,
      observed: positives[bin]! / rows[bin]!,
    }));
}

interface BinSums {
  readonly rows: Float64Array;
  /** Of the predicted probabilities. */
  readonly sums: Float64Array;
  readonly positives: Float64Array;
}

function sumByBin(actual: Float64Array, predicted: Float64Array, bins: number): BinSums {
  checkCount(bins, 'bins', 1, 100_000);
  const rows = new Float64Array(bins);
  const sums = new Float64Array(bins);
  const positives = new Float64Array(bins);
  for (let i = 0; i < predicted.length; i++) {
    const probability = predicted[i]!;
    let bin = Math.max(0, Math.min(bins - 1, Math.floor(probability * bins)));
    // The edges are the rounded multiples of the width, as linspace gives them.
    while (bin > 0 && probability <= bin * (1 / bins)) bin--;
    while (bin < bins - 1 && probability > (bin + 1) * (1 / bins)) bin++;
    rows[bin]!++;
    sums[bin]! += probability;
    positives[bin]! += actual[i]!;
  }
  return { rows, sums, positives };
}

/** What each of ten bins adds to the expected calibration error, with its sign: above 0 where predictions are too high. */
export function calibrationGaps(actual: Float64Array, predicted: Float64Array): Float64Array {
  const { sums, positives } = sumByBin(actual, predicted, 10);
  return sums.map((sum, bin) => (sum - positives[bin]!) / actual.length);
}

/**
 * Expected calibration error: the mean distance between what was predicted and what came true over ten bins, weighted by
 * their rows (Naeini, Cooper, Hauskrecht 2015, AAAI). 0 is best; above 0 by chance alone when rows are few.
 */
export function calibrationError(actual: Float64Array, predicted: Float64Array): number {
  return calibrationCurve(actual, predicted).reduce(
    (sum, bin) => sum + (bin.rows / actual.length) * Math.abs(bin.predicted - bin.observed),
    0,
  );
}
