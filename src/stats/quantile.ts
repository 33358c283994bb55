import { MLOpsError } from '../errors.js';
import { checkNotEmpty } from './check-sample.js';

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
  if (fraction === 0) return low;
  const high = sorted[index + 1]!;
  if (low === high) return low;
  if (!Number.isFinite(low) || !Number.isFinite(high)) return fraction < 0.5 ? low : high;
  const step = high - low;
  if (step === Infinity) return low * (1 - fraction) + high * fraction;
  return fraction < 0.5 ? low + step * fraction : high - step * (1 - fraction);
}
