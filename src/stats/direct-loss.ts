import { checkNotEmpty, checkSameLength } from './check-sample.js';
import type { Estimate } from './estimate.js';

/** Losses of one part of the reference, and what a model fitted to the other parts expects. */
export interface HeldOutLosses {
  readonly actual: Float64Array;
  readonly expected: Float64Array;
  /** What that model expects of the current rows. */
  readonly current: Float64Array;
}

/**
 * The mean loss on rows whose outcomes are not known yet (direct loss estimation, DLE): a model of the loss is fitted to
 * the reference in parts, each time tested on the part held out. The estimate is what the models expect of the current
 * rows plus their mean error on the reference, which takes off their bias (as in prediction-powered inference,
 * Angelopoulos et al. 2023); the mean over the parts, weighted by their rows.
 *
 * Its variance is that of the errors held out, f·s²/n for the bias plus f·s²/m for the chance in the outcomes to come.
 * Losses scatter in proportion to their size: f is the mean square of the expected losses of the current rows over that
 * of the reference, where that is above 1. The estimate holds while the loss depends on the features as in the reference;
 * where the current rows lie beyond it, the models know nothing, and the interval is too narrow.
 *
 * @throws MLOpsError `INVALID_INPUT` for empty parts or lists of different length
 */
export function directLossEstimate(parts: readonly HeldOutLosses[]): Estimate {
  checkNotEmpty(parts, 'parts');
  let n = 0;
  let value = 0;
  let squares = 0;
  const sizes = { reference: 0, current: 0 };
  for (const { actual, expected, current } of parts) {
    checkSameLength(actual, expected, 'actual and expected losses');
    checkNotEmpty(actual, 'actual losses');
    checkNotEmpty(current, 'current losses');
    const bias = mean(actual.map((loss, i) => loss - expected[i]!));
    actual.forEach((loss, i) => (squares += (loss - expected[i]! - bias) ** 2));
    value += actual.length * (mean(current) + bias);
    n += actual.length;
    sizes.reference += sumOfSquares(expected);
    sizes.current += actual.length * (sumOfSquares(current) / current.length);
  }
  const factor = sizes.reference > 0 ? Math.max(1, sizes.current / sizes.reference) : 1;
  const spread = n > parts.length ? (factor * squares) / (n - parts.length) : Infinity;
  return { value: value / n, variance: spread / n + spread / parts[0]!.current.length };
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const sumOfSquares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
