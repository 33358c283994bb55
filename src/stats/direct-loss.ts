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
 * rows plus their error held out (as in prediction-powered inference, Angelopoulos et al. 2023). That error is taken
 * stratum by stratum, ten strata of about equal reference rows by the loss expected, and weighted as the current rows fall
 * into them: models that shrink towards the mean err one way at large losses and the other way at small ones, which would
 * not cancel where the inputs moved. The mean over the parts, weighted by their rows.
 *
 * Its variance is Σ q²s²/n for the errors held out, q being the share of the current rows in a stratum, n its reference
 * rows and s² the variance of its errors, plus Σ qs²/m for the chance in the m outcomes to come, plus the variance between
 * the parts for what the models did not learn. Where the inputs moved, intervals of 95% still hold the truth less often,
 * least so with heavy-tailed errors; docs/statistics/performance-without-labels.md has the figures. The estimate holds while
 * the loss depends on the features as in the reference; where the current rows lie beyond it, the models know nothing, and
 * the interval is too narrow.
 *
 * @throws MLOpsError `INVALID_INPUT` for empty parts or lists of different length
 */
export function directLossEstimate(parts: readonly HeldOutLosses[]): Estimate {
  checkNotEmpty(parts, 'parts');
  const total = parts.reduce((sum, { actual }) => sum + actual.length, 0);
  const values: number[] = [];
  const weights = parts.map(({ actual }) => actual.length / total);
  let variance = 0;
  parts.forEach(({ actual, expected, current }, k) => {
    checkSameLength(actual, expected, 'actual and expected losses');
    checkNotEmpty(actual, 'actual losses');
    checkNotEmpty(current, 'current losses');
    const weight = weights[k]!;
    let value = mean(current);
    for (const { errors, share } of strata(actual, expected, current)) {
      if (share === 0) continue;
      const bias = mean(errors);
      const squares = errors.reduce((sum, error) => sum + (error - bias) ** 2, 0);
      const spread = errors.length > 1 ? squares / (errors.length - 1) : Infinity;
      value += share * bias;
      variance += ((weight * share) ** 2 * spread) / errors.length + (weight * share * spread) / current.length;
    }
    values.push(value);
  });
  const value = values.reduce((sum, own, k) => sum + weights[k]! * own, 0);
  const between = values.reduce((sum, own, k) => sum + weights[k]! * (own - value) ** 2, 0);
  return { value, variance: variance + between / Math.max(1, parts.length - 1) };
}

interface Stratum {
  /** Actual minus expected losses of its reference rows. */
  readonly errors: Float64Array;
  /** Of the current rows. */
  readonly share: number;
}

const mostStrata = 10;
const fewestRows = 20;

/** Strata of neighbouring expected losses, equal ones together; the outermost are open. */
function strata(actual: Float64Array, expected: Float64Array, current: Float64Array): Stratum[] {
  const order = Int32Array.from(expected.keys()).sort((i, j) => expected[i]! - expected[j]!);
  const size = Math.max(fewestRows, order.length / mostStrata);
  const starts = [0];
  for (let at = 1; at < order.length; at++) {
    const isEnough = at - starts.at(-1)! >= size && order.length - at >= size;
    if (isEnough && expected[order[at]!] !== expected[order[at - 1]!]) starts.push(at);
  }
  const counts = starts.map(() => 0);
  for (const loss of current) {
    let k = starts.length - 1;
    while (k > 0 && loss < expected[order[starts[k]!]!]!) k--;
    counts[k]!++;
  }
  return starts.map((start, k) => ({
    errors: Float64Array.from(order.subarray(start, starts[k + 1]), (i) => actual[i]! - expected[i]!),
    share: counts[k]! / current.length,
  }));
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
