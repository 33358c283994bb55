import { checkPairs } from './check-pairs.js';

/** Below this, a relative error is taken relative to it, as in scikit-learn (the epsilon of float64). */
const epsilon = 2 ** -52;

/**
 * mae, rmse, r2_score and mape as scikit-learn 1.x defines them. `r2_score` is NaN below two rows; for a constant target
 * it is 1 when every prediction is exact and 0 otherwise. `mape` is a fraction, not a percentage.
 *
 * @throws MLOpsError `INVALID_INPUT` for different lengths, no rows, or values that are not finite
 */
export function regressionMetrics(
  actual: Float64Array,
  predicted: Float64Array,
): Readonly<Record<'mae' | 'rmse' | 'r2_score' | 'mape', number>> {
  checkPairs(actual, predicted);
  const n = actual.length;
  const mean = actual.reduce((sum, value) => sum + value, 0) / n;
  let absolute = 0;
  let squared = 0;
  let total = 0;
  let relative = 0;
  for (let i = 0; i < n; i++) {
    const error = actual[i]! - predicted[i]!;
    const deviation = actual[i]! - mean;
    absolute += Math.abs(error);
    squared += error * error;
    total += deviation * deviation;
    relative += Math.abs(error) / Math.max(Math.abs(actual[i]!), epsilon);
  }
  return {
    mae: absolute / n,
    rmse: Math.sqrt(squared / n),
    r2_score: n < 2 ? NaN : total === 0 ? (squared === 0 ? 1 : 0) : 1 - squared / total,
    mape: relative / n,
  };
}
