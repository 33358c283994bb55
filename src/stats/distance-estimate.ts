import { normalQuantile, normalSf } from './distributions/normal.js';
import { sizeOf, totalVariation } from './total-variation.js';
import { type FluctuationLaw, fluctuationLaw, fluctuationSf, mergeRare } from './total-variation-law.js';

/** A distance of two samples in [0, 1] and what its confidence bounds need; plain JSON. */
export interface DistanceEstimate {
  /** Kolmogorov–Smirnov for numbers, total variation for categories. */
  readonly measure: 'ks' | 'total_variation';
  readonly value: number;
  /** Values present; those worth as many independent ones where rows depend on each other, so not always whole. */
  readonly baselineCount: number;
  readonly currentCount: number;
  /** How far `value` may be from the samples' own distance; 0 unless a sample is known by a summary only. */
  readonly resolution: number;
  /** How far the samples' own distance may lie above `value` only, where categories were put together; 0 if absent. */
  readonly unseen?: number;
  /** Total variation over the categories left when rare ones are put together, and how far chance may raise it. */
  readonly merged?: { readonly value: number; readonly law: FluctuationLaw };
}

/** The estimate of a Kolmogorov–Smirnov distance. */
export const ksEstimate = (
  value: number,
  baselineCount: number,
  currentCount: number,
  resolution = 0,
): DistanceEstimate => ({ measure: 'ks', value, baselineCount, currentCount, resolution });

/**
 * The estimate of a total variation distance from counts over the same categories; fractional counts are allowed.
 *
 * @throws MLOpsError `INVALID_INPUT` for lists of different length, invalid counts, or nothing counted
 */
export function totalVariationEstimate(
  referenceCounts: readonly number[],
  currentCounts: readonly number[],
  resolution = 0,
): DistanceEstimate {
  const value = totalVariation(referenceCounts, currentCounts);
  const [before, after] = mergeRare(referenceCounts, currentCounts);
  return {
    measure: 'total_variation',
    value,
    baselineCount: sizeOf(referenceCounts),
    currentCount: sizeOf(currentCounts),
    resolution,
    ...(before.length > 1 && {
      merged: { value: totalVariation(before, after), law: fluctuationLaw(before, after) },
    }),
  };
}

/**
 * Error probability at which the lower confidence bound of the populations' distance equals a threshold: the p-value of
 * "at most the threshold". In [0, 1].
 *
 * - Kolmogorov–Smirnov: 2e^(−2z²), z = (D − threshold)/√(1/n + 1/m). D is off by at most sup |X|, X = (Fₙ − F) − (Gₘ − G),
 *   which tends to two independent Brownian bridges B₁(F)/√n − B₂(G)/√m. With λ = (1/n)/(1/n + 1/m), a single bridge over
 *   λF + (1−λ)G, scaled by √(1/n + 1/m), has the covariance of X plus λ(1−λ)(F−G)(s)·(F−G)(t), which is positive
 *   semidefinite; by Anderson's inequality its supremum is the larger one. So it holds whatever F and G are, ties
 *   included, once n and m are large enough for the limit (some 30 each; Wei & Dudley, "Two-sample
 *   Dvoretzky–Kiefer–Wolfowitz inequalities", 2012).
 * - total variation: {@link fluctuationSf} over the merged categories. Putting categories together never increases the
 *   distance, so a lower bound of the merged distance is one of the whole.
 */
export function exceedanceError(estimate: DistanceEstimate, threshold: number): number {
  const { measure, merged, resolution } = estimate;
  if (measure === 'ks') {
    const excess = Math.max(0, estimate.value - resolution - threshold);
    return Math.min(1, 2 * Math.exp((-2 * excess * excess) / unitOf(estimate)));
  }
  const excess = merged === undefined ? 0 : merged.value - resolution - threshold;
  return excess > 0 ? fluctuationSf(excess, merged!.law) : 1;
}

/**
 * Error probability at which the upper confidence bound of the populations' distance equals a threshold: the p-value of
 * "above the threshold". The distance is attained on one set of values; the difference of its shares in the samples is
 * at most the sample distance, has mean equal to the population's and a variance of at most ¼(1/n + 1/m). So the sample
 * distance falls below the population's by more than t with probability at most that of a normal deviate, with half a
 * count in each sample for continuity; or e^(−2t²/(1/n + 1/m)) for every n and m (McDiarmid).
 */
export function shortfallError(estimate: DistanceEstimate, threshold: number): number {
  const unit = unitOf(estimate);
  const room = threshold - estimate.value - estimate.resolution - (estimate.unseen ?? 0);
  if (!(room > 0)) return 1;
  return Math.min(Math.exp((-2 * room * room) / unit), normalSf(Math.max(0, room - unit / 2) / (Math.sqrt(unit) / 2)));
}

/**
 * Confidence bound of the populations' distance that errs with at most the given probability, in [0, 1].
 *
 * @param error in (0, 0.5]
 */
export function distanceBound(estimate: DistanceEstimate, side: 'lower' | 'upper', error: number): number {
  if (side === 'upper') {
    return Math.min(
      1,
      estimate.value + estimate.resolution + (estimate.unseen ?? 0) + distanceMargin(estimate, side, error),
    );
  }
  if (estimate.measure === 'ks') {
    return Math.max(0, estimate.value - estimate.resolution - distanceMargin(estimate, side, error));
  }
  let low = 0;
  let high = 1;
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (exceedanceError(estimate, middle) <= error) low = middle;
    else high = middle;
  }
  return low;
}

/** How far chance may have moved the distance on that side; beyond 0 and 1 as well, where the bound is cut off. */
export function distanceMargin(estimate: DistanceEstimate, side: 'lower' | 'upper', error: number): number {
  const unit = unitOf(estimate);
  if (side === 'upper') {
    return Math.min(
      Math.sqrt((Math.log(1 / error) / 2) * unit),
      unit / 2 - normalQuantile(error) * (Math.sqrt(unit) / 2),
    );
  }
  if (estimate.measure === 'ks') return Math.sqrt((Math.log(2 / error) / 2) * unit);
  return estimate.merged === undefined ? Infinity : fluctuationQuantile(estimate.merged.law, error);
}

/** What chance exceeds with the given probability. */
function fluctuationQuantile(law: FluctuationLaw, error: number): number {
  let [low, high] = [0, law.scale];
  while (fluctuationSf(high, law) > error) [low, high] = [high, 2 * high];
  while (high - low > 1e-6 * high) {
    const middle = (low + high) / 2;
    if (fluctuationSf(middle, law) > error) low = middle;
    else high = middle;
  }
  return high;
}

const unitOf = ({ baselineCount, currentCount }: DistanceEstimate): number => 1 / baselineCount + 1 / currentCount;
