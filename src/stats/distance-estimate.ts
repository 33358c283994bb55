import { ksDistanceBound } from './ks.js';
import { totalVariationBound } from './total-variation.js';

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
  /** Categories seen in either sample; total variation only. */
  readonly categories?: number;
}

/**
 * Confidence bound of the populations' distance that errs with at most the given probability, in [0, 1]: by
 * {@link ksDistanceBound} or {@link totalVariationBound}, widened by the resolution.
 *
 * @param error in (0, 0.5]
 */
export function distanceBound(estimate: DistanceEstimate, side: 'lower' | 'upper', error: number): number {
  const { measure, value, baselineCount, currentCount, resolution, categories = 1 } = estimate;
  const seen = side === 'lower' ? Math.max(0, value - resolution) : Math.min(1, value + resolution);
  return measure === 'ks'
    ? ksDistanceBound(seen, baselineCount, currentCount, side, error)
    : totalVariationBound(seen, baselineCount, currentCount, categories, side, error);
}
