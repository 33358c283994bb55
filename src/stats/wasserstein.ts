import { checkSample } from './check-sample.js';
import { ecdfArea } from './ecdf-area.js';
import { standardDeviation } from './variance.js';

/**
 * Wasserstein-1 (earth mover's) distance of two samples, ∫|F − G|, in the unit of the values; as
 * scipy.stats.wasserstein_distance. Infinity when the shares of values at +Infinity or at −Infinity differ; equal shares
 * there cancel.
 *
 * @throws MLOpsError `INVALID_INPUT` for an empty sample or one that holds NaN
 */
export function wasserstein1(reference: Float64Array, current: Float64Array): number {
  checkSample(reference, 'reference');
  checkSample(current, 'current');
  if (reference.every(Number.isFinite) && current.every(Number.isFinite)) return ecdfArea(reference, current);
  const sizes = { n: reference.length, m: current.length };
  const low = { i: countOf(reference, -Infinity), j: countOf(current, -Infinity) };
  const high = { i: countOf(reference, Infinity), j: countOf(current, Infinity) };
  if (low.i * sizes.m !== low.j * sizes.n || high.i * sizes.m !== high.j * sizes.n) return Infinity;
  return ecdfArea(reference.filter(Number.isFinite), current.filter(Number.isFinite), sizes, low);
}

const countOf = (values: Float64Array, wanted: number): number =>
  values.reduce((count, value) => count + (value === wanted ? 1 : 0), 0);

/** Smallest standard deviation divided by, in the unit of the values. */
export const smallestScale = 0.001;

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
