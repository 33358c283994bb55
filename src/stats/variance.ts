import { MLOpsError } from '../errors.js';
import { checkNotEmpty } from './check-sample.js';

/**
 * Arithmetic mean, by compensated summation (Neumaier 1974), so that order and length cost no digits.
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample
 */
export function mean(values: Float64Array): number {
  checkNotEmpty(values, 'values');
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return (Number.isFinite(sum) ? sum + lost : sum) / values.length;
}

/**
 * Variance Σ(x − mean)²/(n − ddof), by the corrected two-pass algorithm (Chan, Golub & LeVeque 1983). For data that
 * cannot be read twice, see {@link moments}.
 *
 * @param ddof 0 for the population's (numpy's default), 1 for the sample's
 * @throws MLOpsError `INVALID_INPUT` unless there are more values than `ddof`
 */
export function variance(values: Float64Array, ddof = 0): number {
  if (values.length <= ddof) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `variance with ddof ${ddof} needs at least ${ddof + 1} values, got ${values.length}`,
    );
  }
  const center = mean(values);
  let squares = 0;
  let deviations = 0;
  for (let i = 0; i < values.length; i++) {
    const deviation = values[i]! - center;
    squares += deviation * deviation;
    deviations += deviation;
  }
  return (squares - (deviations * deviations) / values.length) / (values.length - ddof);
}

/**
 * Square root of {@link variance}, with the same errors. Also right where the variance itself is beyond a double.
 */
export function standardDeviation(values: Float64Array, ddof = 0): number {
  const squared = variance(values, ddof);
  if (Number.isFinite(squared)) return Math.sqrt(squared);
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return (
    largest *
    Math.sqrt(
      variance(
        values.map((value) => value / largest),
        ddof,
      ),
    )
  );
}
