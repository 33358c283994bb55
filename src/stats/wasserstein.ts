import { sortedSample } from './check-sample.js';
import { standardDeviation } from './variance.js';

/**
 * Wasserstein-1 (earth mover's) distance of two samples, ∫|F − G|, in the unit of the values; as
 * scipy.stats.wasserstein_distance. Infinity when the shares of values at +Infinity or at −Infinity differ; equal shares
 * there cancel.
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample or one that holds NaN
 */
export function wasserstein1(reference: Float64Array, current: Float64Array): number {
  const a = sortedSample(reference, 'reference');
  const b = sortedSample(current, 'current');
  const n = a.length;
  const m = b.length;
  let i = 0;
  let j = 0;
  let area = 0;
  let lost = 0;
  let from = 0;
  while (i < n || j < m) {
    const value = j >= m || (i < n && a[i]! <= b[j]!) ? a[i]! : b[j]!;
    const height = Math.abs(i * m - j * n) / (n * m);
    // Equal shares at an infinity leave a strip of no height; it must not become 0·Infinity.
    if (height !== 0) {
      const strip = height * (value - from);
      const next = area + strip;
      lost += area >= strip ? area - next + strip : strip - next + area;
      area = next;
    }
    while (i < n && a[i] === value) i++;
    while (j < m && b[j] === value) j++;
    from = value;
  }
  return Number.isFinite(area) ? area + lost : Infinity;
}

/** Smallest standard deviation divided by, in the unit of the values. */
const smallestScale = 0.001;

/**
 * {@link wasserstein1} in standard deviations of the reference (ddof 0, at least 0.001): without a unit, so columns can be
 * compared. Infinite reference values are left out of the standard deviation.
 *
 * @throws MLOpsError `INVALID_INPUT` as wasserstein1
 */
export function wassersteinNormalized(reference: Float64Array, current: Float64Array): number {
  const distance = wasserstein1(reference, current);
  const finite = reference.filter(Number.isFinite);
  const scale = finite.length === 0 ? 0 : standardDeviation(finite);
  return distance / Math.max(scale, smallestScale);
}
