import { MLOpsError } from '../errors.js';
import { checkNotEmpty } from './check-sample.js';
import { orderStatistics } from './order-statistics.js';

/**
 * Quantile of type 7 (Hyndman & Fan 1996; numpy's and R's default): linear between the order statistics around
 * (n − 1)p. Between an infinity and anything else, the nearer of the two.
 *
 * @param sorted values in ascending order, no NaN
 * @throws MLOpsError `INVALID_INPUT` for no values or p outside [0, 1]
 */
export function quantile(sorted: Float64Array, p: number): number {
  checkNotEmpty(sorted, 'sorted');
  if (!(p >= 0 && p <= 1)) throw new MLOpsError('INVALID_INPUT', `p is ${p}; expected a share from 0 to 1`);
  const position = (sorted.length - 1) * p;
  const index = Math.floor(position);
  const fraction = position - index;
  const low = sorted[index]!;
  return fraction === 0 ? low : between(low, sorted[index + 1]!, fraction);
}

/** The value a fraction of the way from one order statistic to the next. */
function between(low: number, high: number, fraction: number): number {
  if (low === high) return low;
  if (!Number.isFinite(low) || !Number.isFinite(high)) return fraction < 0.5 ? low : high;
  const step = high - low;
  if (step === Infinity) return low * (1 - fraction) + high * fraction;
  return fraction < 0.5 ? low + step * fraction : high - step * (1 - fraction);
}

/**
 * Quantiles of type 7 of values in any order, without sorting them all: O(n) for several p.
 *
 * @param values no NaN
 * @param ps shares from 0 to 1
 * @throws MLOpsError `INVALID_INPUT` as {@link quantile}
 */
export function quantiles(values: Float64Array, ps: readonly number[]): number[] {
  checkNotEmpty(values, 'values');
  return quantilesFrom(orderStatistics(values, quantileRanks(values.length, ps)), values.length, ps);
}

/** The ranks, from 0, between which the quantiles of `count` values lie: two for each. */
export function quantileRanks(count: number, ps: readonly number[]): number[] {
  return ps.flatMap((p) => {
    const rank = Math.floor((count - 1) * p);
    return [rank, Math.min(count - 1, rank + 1)];
  });
}

/** Quantiles from the values at their {@link quantileRanks}. */
export const quantilesFrom = (found: readonly number[], count: number, ps: readonly number[]): number[] =>
  ps.map((p, i) => {
    const position = (count - 1) * p;
    return between(found[2 * i]!, found[2 * i + 1]!, position - Math.floor(position));
  });
