import { MLOpsError } from '../errors.js';
import { checkNotEmpty, checkSameLength } from './check-sample.js';
import type { Estimate } from './estimate.js';
import { quantiles } from './quantile.js';

export type ClassificationEstimates = Readonly<
  Partial<Record<'accuracy' | 'precision' | 'recall' | 'f1_score', Estimate>>
>;

export interface ConfidenceBasedOptions {
  /** Probability from which on class 1 is predicted; 0.5 unless told. */
  readonly threshold?: number;
  /** Bins of equal frequency in which probabilities are calibrated; 20 unless told. */
  readonly bins?: number;
}

/**
 * Estimates how good a classifier is on rows whose outcomes are not known yet, from the probabilities it gave them
 * (confidence-based performance estimation, CBPE). The probabilities are calibrated on reference rows whose outcomes are
 * known: in bins of equal frequency, cut at the threshold, the share of ones is what a probability is worth (histogram
 * binning, Zadrozny & Elkan 2001). With q_b the share and m_b the current rows in bin b, the expected confusion matrix is
 * TP = Σ m_b·q_b and FP = Σ m_b(1 − q_b) over the bins above the threshold, FN and TN likewise below.
 *
 * Variances join the chance in the outcomes themselves, m_b·v_b, and the error of the calibration, m_b²·v_b/n_b, where
 * v = q̃(1 − q̃), q̃ = (k + ½)/(n + 1); ratios by the delta method. They hold while outcomes follow the probabilities as in
 * the reference; a changed relation between features and outcomes shows in labels only.
 *
 * @param reference probabilities of class 1 and outcomes, 0 or 1
 * @param current probabilities of class 1
 * @returns precision, recall and F1 where they are defined
 * @throws MLOpsError `INVALID_INPUT` for empty or unequal samples, probabilities outside [0, 1], outcomes other than 0 and 1
 */
export function confidenceBasedPerformance(
  reference: { readonly probabilities: Float64Array; readonly outcomes: Float64Array },
  current: Float64Array,
  options: ConfidenceBasedOptions = {},
): ClassificationEstimates {
  const { threshold = 0.5, bins = 20 } = options;
  const { probabilities, outcomes } = reference;
  checkSameLength(probabilities, outcomes, 'probabilities and outcomes');
  checkProbabilities(probabilities, 'reference probabilities');
  checkProbabilities(current, 'current probabilities');
  outcomes.forEach((outcome, i) => {
    if (outcome !== 0 && outcome !== 1) refuse(`outcomes[${i}] is ${outcome}; expected 0 or 1`);
  });
  const edges = calibrationEdges(probabilities, threshold, bins);
  const seen = edges.map(() => ({ n: 0, ones: 0, m: 0 }));
  probabilities.forEach((probability, i) => {
    const bin = seen[binOf(edges, probability)]!;
    bin.n++;
    bin.ones += outcomes[i]!;
  });
  for (const probability of current) seen[binOf(edges, probability)]!.m++;
  const above = sideOf(
    seen.filter((_, b) => edges[b]! >= threshold),
    1,
  );
  const below = sideOf(
    seen.filter((_, b) => edges[b]! < threshold),
    0,
  );
  return metricsOf(above, below, current.length);
}

/** Lower ends of the bins, ascending: quantiles of the reference, and the threshold. */
function calibrationEdges(probabilities: Float64Array, threshold: number, bins: number): number[] {
  const shares = Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins);
  return [...new Set([0, threshold, ...quantiles(probabilities, shares)])].sort((a, b) => a - b);
}

function binOf(edges: readonly number[], value: number): number {
  let bin = 0;
  while (bin + 1 < edges.length && value >= edges[bin + 1]!) bin++;
  return bin;
}

interface Bin {
  /** Reference rows, and how many of them are ones. */
  readonly n: number;
  readonly ones: number;
  /** Current rows. */
  readonly m: number;
}

/** Current rows on one side of the threshold: how many, how many ones are expected, and the variance of that. */
interface Side {
  readonly rows: number;
  readonly ones: number;
  readonly variance: number;
}

/**
 * Adds up bins. One without reference rows has the share of the whole side.
 *
 * @param otherwise share of ones where the side has no reference rows at all
 */
function sideOf(bins: readonly Bin[], otherwise: number): Side {
  const n = bins.reduce((sum, bin) => sum + bin.n, 0);
  const share = n === 0 ? otherwise : bins.reduce((sum, bin) => sum + bin.ones, 0) / n;
  let [rows, ones, variance] = [0, 0, 0];
  for (const bin of bins) {
    const smooth = (bin.ones + 0.5) / (bin.n + 1);
    const spread = smooth * (1 - smooth);
    rows += bin.m;
    ones += bin.m * (bin.n === 0 ? share : bin.ones / bin.n);
    variance += bin.m * spread + (bin.m * bin.m * spread) / Math.max(1, bin.n);
  }
  return { rows, ones, variance };
}

function metricsOf(above: Side, below: Side, m: number): ClassificationEstimates {
  const [a, b] = [above.ones, below.ones];
  const whole = above.rows + a + b;
  return {
    accuracy: { value: (a + below.rows - b) / m, variance: (above.variance + below.variance) / (m * m) },
    ...(above.rows > 0 && { precision: { value: a / above.rows, variance: above.variance / above.rows ** 2 } }),
    ...(a + b > 0 && {
      recall: {
        value: a / (a + b),
        variance: (b * b * above.variance + a * a * below.variance) / (a + b) ** 4,
      },
      f1_score: {
        value: (2 * a) / whole,
        variance: ((2 * (whole - a)) ** 2 * above.variance + (2 * a) ** 2 * below.variance) / whole ** 4,
      },
    }),
  };
}

function checkProbabilities(values: Float64Array, name: string): void {
  checkNotEmpty(values, name);
  values.forEach((value, i) => {
    if (!(value >= 0 && value <= 1)) refuse(`${name}[${i}] is ${value}; expected a probability`);
  });
}

function refuse(message: string): never {
  throw new MLOpsError('INVALID_INPUT', message);
}
