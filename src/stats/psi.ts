import { MLOpsError } from '../errors.js';
import { checkConfidence, checkSameLength, totalCount } from './check-sample.js';
import { chiSquareQuantile } from './distributions/chi-square.js';
import { normalQuantile } from './distributions/normal.js';
import { decileEdges, histogram } from './histogram.js';
import { mergeRare } from './total-variation-law.js';
import { checkOptions } from '../util/check.js';

/** How {@link psi} makes bins. */
export interface PsiOptions {
  /** Of the two-sided interval; 0.95 unless told. */
  readonly confidence?: number;
  /** Smallest share a category is taken to have, so that empty ones stay finite; 0.0001 unless told. */
  readonly floor?: number;
}

/** A sample's index and what its interval needs; plain JSON. */
export interface PsiEstimate {
  /** Σ(qᵢ − pᵢ) ln(qᵢ/pᵢ) */
  readonly value: number;
  /** What the index averages when nothing drifted: (B − 1)(1/n + 1/m) over the B categories seen. */
  readonly expectedUnderNoDrift: number;
  /** B, the categories seen in either sample. */
  readonly categories: number;
  /** Of the index by the delta method; vanishes when nothing drifted. */
  readonly variance: number;
  readonly baselineCount: number;
  readonly currentCount: number;
  /** The index over the categories left when rare ones are put together: its lower bound is that of the whole. */
  readonly merged?: PsiEstimate;
}

/** A population stability index, bin by bin. */
export interface PsiResult {
  readonly value: number;
  readonly expectedUnderNoDrift: number;
  /** Ends of the confidence interval for the population's index, not below 0. */
  readonly lower: number;
  readonly upper: number;
}

/**
 * Population stability index of two lists of counts over the same categories, in nats. Bands in common use: below 0.10
 * stable, up to 0.25 moderate, above it large (Lewis 1994; Siddiqi 2006). Shares below the floor count as the floor.
 *
 * @throws MLOpsError `INVALID_INPUT` for lists of different length, invalid counts or floor, or nothing counted
 */
export function psiEstimate(
  referenceCounts: ArrayLike<number>,
  currentCounts: ArrayLike<number>,
  options: Pick<PsiOptions, 'floor'> = {},
): PsiEstimate {
  const { floor = 0.0001 } = options;
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
  return {
    value,
    expectedUnderNoDrift: (categories - 1) * (1 / n + 1 / m),
    categories,
    variance:
      Math.max(0, referenceGradient.second - referenceGradient.first ** 2) / n +
      Math.max(0, currentGradient.second - currentGradient.first ** 2) / m,
    baselineCount: n,
    currentCount: m,
  };
}

/**
 * {@link psiEstimate} of categories, of which any number may be rare. Nearly empty ones add terms that no expansion
 * describes (of 500 identifiers on each side hardly one occurs twice, and the index is 6). Putting them together never
 * increases the population's index, so it is bounded from below by that of the others and of the rare ones as one.
 *
 * @throws MLOpsError `INVALID_INPUT` as psiEstimate
 */
export function psiOfCategories(referenceCounts: readonly number[], currentCounts: readonly number[]): PsiEstimate {
  const whole = psiEstimate(referenceCounts, currentCounts);
  const [before, after] = mergeRare(referenceCounts, currentCounts);
  return before.length === referenceCounts.length ? whole : { ...whole, merged: psiEstimate(before, after) };
}

/**
 * Confidence bound of the population's index, which errs with the given probability.
 *
 * The sample index overestimates by its mean under no drift (Yurdakul & Naranjo, "Statistical properties of the
 * population stability index", 2020); the bound starts from the value less that bias. Its width joins the two sources of
 * error in quadrature (as Zou & Donner 2008 do for sums): z·σ of the delta method, which vanishes when nothing drifted,
 * and the distance of the χ²(B−1) quantile from its mean times (1/n + 1/m), which is all there is then. Asymptotic, and
 * conservative near no drift: with expected counts from 5 a category on, the lower bound at an error of 2.5% exceeds 0 in
 * fewer than 0.1% of undrifted pairs, empty cells included.
 */
export function psiBound(estimate: PsiEstimate, side: 'lower' | 'upper', error: number): number {
  if (side === 'lower' && estimate.merged !== undefined) return psiBound(estimate.merged, side, error);
  const width = psiMargin(estimate, side, error);
  return Math.max(0, estimate.value - estimate.expectedUnderNoDrift + (side === 'lower' ? -width : width));
}

/** The width of the bound, below 0 as well, where that is cut off. */
export function psiMargin(estimate: PsiEstimate, side: 'lower' | 'upper', error: number): number {
  const { expectedUnderNoDrift, categories, variance, baselineCount, currentCount } = estimate;
  const unit = 1 / baselineCount + 1 / currentCount;
  const deltaWidth = -normalQuantile(error) * Math.sqrt(variance);
  const quantile =
    categories === 1 ? 0 : unit * chiSquareQuantile(side === 'lower' ? 1 - error : error, categories - 1);
  return Math.hypot(deltaWidth, categories === 1 ? 0 : quantile - expectedUnderNoDrift);
}

/**
 * `psiEstimate` with its two-sided interval by `psiBound`.
 *
 * @throws MLOpsError `INVALID_INPUT` as psiEstimate, or for a confidence outside (0, 1)
 */
export function psi(
  referenceCounts: ArrayLike<number>,
  currentCounts: ArrayLike<number>,
  options: PsiOptions = {},
): PsiResult {
  checkOptions(options, ['floor', 'confidence'], 'psi');
  const { confidence = 0.95 } = options;
  checkConfidence(confidence);
  const estimate = psiEstimate(referenceCounts, currentCounts, options);
  const tail = (1 - confidence) / 2;
  const { value, expectedUnderNoDrift } = estimate;
  return {
    value,
    expectedUnderNoDrift,
    lower: psiBound(estimate, 'lower', tail),
    upper: psiBound(estimate, 'upper', tail),
  };
}

/**
 * `psiEstimate` of two numeric samples over the deciles of the reference ({@link decileEdges}).
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample or one that holds NaN
 */
export function psiDeciles(reference: Float64Array, current: Float64Array): PsiEstimate {
  const edges = decileEdges(reference);
  return psiEstimate(histogram(reference, edges), histogram(current, edges));
}
