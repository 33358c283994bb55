import { checkPairs } from './check-pairs.js';

/** Relative errors are taken of at least this, as scikit-learn does. */
const epsilon = Number.EPSILON;

/**
 * How far predictions are from the truth, by scikit-learn's conventions: `mae` and `rmse` in units of the target,
 * `r2_score` (0 for a constant target that is missed, 1 for one that is met), `mape` a share (0.05 is five percent;
 * huge when actual values are near zero), `pinball` the quantile loss at the median.
 *
 * @throws MLOpsError `INVALID_INPUT` for lengths that differ, no rows, or numbers that are not finite
 */
export function regressionMetrics(actual: Float64Array, predicted: Float64Array): Record<string, number> {
  checkPairs(actual, predicted);
  const n = actual.length;
  // Rounded, the mean of a constant may be another number, of which R² would be the residue.
  const mean = actual.every((value) => value === actual[0])
    ? actual[0]!
    : actual.reduce((sum, value) => sum + value, 0) / n;
  let absolute = 0;
  let squared = 0;
  let relative = 0;
  let spread = 0;
  let off = 0; // by which the mean of values far from 0 is rounded, times n (Chan, Golub & LeVeque 1983)
  for (let i = 0; i < n; i++) {
    const error = actual[i]! - predicted[i]!;
    absolute += Math.abs(error);
    squared += error * error;
    relative += Math.abs(error) / Math.max(epsilon, Math.abs(actual[i]!));
    spread += (actual[i]! - mean) ** 2;
    off += actual[i]! - mean;
  }
  spread = Math.max(0, spread - (off * off) / n);
  return {
    mae: absolute / n,
    rmse: Math.sqrt(squared / n),
    r2_score: spread === 0 ? Number(squared === 0) : 1 - squared / spread,
    mape: relative / n,
    pinball: pinball(actual, predicted, 0.5),
  };
}

/** Mean quantile loss: a prediction too low costs `alpha` per unit, one too high 1 − `alpha`. Least for the alpha-quantile. */
export function pinball(actual: Float64Array, predicted: Float64Array, alpha: number): number {
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = actual[i]! - predicted[i]!;
    sum += error >= 0 ? alpha * error : (alpha - 1) * error;
  }
  return sum / actual.length;
}
