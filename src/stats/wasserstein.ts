import { MLOpsError } from '../errors.js';

/** The reference's standard deviation counts as at least this, so that constant columns can be normalized. */
const standardDeviationFloor = 0.001;

/**
 * Wasserstein-1 (earth mover's) distance ∫ |F − G|, in the unit of the values, as `scipy.stats.wasserstein_distance`.
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample
 */
export function wasserstein1(reference: Float64Array, current: Float64Array): number {
  const a = reference.slice().sort();
  const b = current.slice().sort();
  if (a.length === 0 || b.length === 0)
    throw new MLOpsError('INVALID_INPUT', 'a Wasserstein distance needs at least one value in each sample');
  let distance = 0;
  let previous = Math.min(a[0]!, b[0]!);
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    const gap = Math.abs(i / a.length - j / b.length);
    if (gap > 0) distance += gap * (next - previous);
    while (i < a.length && a[i]! <= next) i++;
    while (j < b.length && b[j]! <= next) j++;
    previous = next;
  }
  return distance;
}

/** {@link wasserstein1} divided by the reference's standard deviation (ddof 0, at least 0.001). */
export function wassersteinNormalized(reference: Float64Array, current: Float64Array): number {
  const mean = reference.reduce((sum, value) => sum + value, 0) / reference.length;
  const variance = reference.reduce((sum, value) => sum + (value - mean) ** 2, 0) / reference.length;
  return wasserstein1(reference, current) / Math.max(Math.sqrt(variance), standardDeviationFloor);
}
