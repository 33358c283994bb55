import { MLOpsError } from '../errors.js';
import { normalQuantile } from './distributions/normal.js';
import { histogram } from './histogram.js';
import { quantile } from './quantile.js';

export interface PsiResult {
  readonly value: number;
  /** Mean of the index when nothing drifted: (B − 1)(1/n + 1/m) (Yurdakul & Naranjo 2020). */
  readonly expectedUnderNoDrift: number;
  readonly lower: number;
  readonly upper: number;
}

/** A cell nobody fell into counts as this share, so that the logarithm exists. */
const floor = 0.0001;

/**
 * Population stability index Σ (qᵢ − pᵢ) ln(qᵢ/pᵢ) over bins, in nats (Lewis 1994; Siddiqi 2006), with an approximate
 * confidence interval: the value less its bias under sampling, ± z standard errors from the delta method, to which the
 * variance 2(B−1)(1/n+1/m)² of the index under no drift is added (there the first derivative vanishes).
 *
 * @param reference counts a bin
 * @param current counts for the same bins
 * @throws MLOpsError `INVALID_INPUT` without any counts on either side
 */
export function psi(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  options: { readonly confidence?: number } = {},
): PsiResult {
  const bins = reference.length;
  const [n, m] = [total(reference), total(current)];
  if (n === 0 || m === 0 || bins !== current.length) {
    throw new MLOpsError('INVALID_INPUT', 'a stability index needs counts on both sides for the same bins');
  }
  let value = 0;
  const gradients = { p: new Float64Array(bins), q: new Float64Array(bins) };
  for (let i = 0; i < bins; i++) {
    const p = Math.max(reference[i]! / n, floor);
    const q = Math.max(current[i]! / m, floor);
    const ratio = Math.log(q / p);
    value += (q - p) * ratio;
    gradients.p[i] = 1 - q / p - ratio;
    gradients.q[i] = 1 - p / q + ratio;
  }
  const scale = 1 / n + 1 / m;
  const expectedUnderNoDrift = (bins - 1) * scale;
  const variance =
    multinomialVariance(reference, n, gradients.p) +
    multinomialVariance(current, m, gradients.q) +
    2 * (bins - 1) * scale * scale;
  const margin = normalQuantile(1 - (1 - (options.confidence ?? 0.95)) / 2) * Math.sqrt(variance);
  const centre = value - expectedUnderNoDrift;
  return { value, expectedUnderNoDrift, lower: Math.max(0, centre - margin), upper: Math.max(0, centre + margin) };
}

/** The index over the reference's deciles, the convention of credit scoring; fewer bins where values repeat. */
export function psiDeciles(
  reference: Float64Array,
  current: Float64Array,
  options: { readonly confidence?: number } = {},
): PsiResult {
  const edges = decileEdges(reference);
  return psi(histogram(reference, edges), histogram(current, edges), options);
}

/** Inner edges of ten bins with equal shares of the reference, repeats removed. */
export function decileEdges(reference: Float64Array): Float64Array {
  const sorted = reference.slice().sort();
  const edges = Array.from({ length: 9 }, (_, i) => quantile(sorted, (i + 1) / 10));
  return Float64Array.from(new Set(edges));
}

/** Variance of a linear form in the shares of a multinomial sample. */
function multinomialVariance(counts: ArrayLike<number>, n: number, gradient: Float64Array): number {
  let mean = 0;
  let square = 0;
  for (let i = 0; i < gradient.length; i++) {
    const share = counts[i]! / n;
    mean += share * gradient[i]!;
    square += share * gradient[i]! ** 2;
  }
  return Math.max(0, square - mean * mean) / n;
}

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}
