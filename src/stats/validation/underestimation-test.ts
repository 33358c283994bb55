import { MLOpsError } from '../../errors.js';
import { studentTSf } from '../distributions/student-t.js';
import { covariance, mean } from './auc-estimate.js';

/** A one-sided test of whether estimates are lower than what came true. */
export interface UnderestimationTest {
  /** Mean of realised − estimated. */
  readonly meanExcess: number;
  readonly t: number;
  readonly degreesOfFreedom: number;
  /** One-sided: small when what was realised is above the estimates. */
  readonly pValue: number;
}

/**
 * One-sided t test that estimates of LGD, or of EAD (credit conversion factors), are not too low: T = √n·x̄/s of
 * realised − estimated, one pair a default. Defaults are taken as independent; LGDs are bimodal, so small samples err.
 *
 * Source: ECB, "Instructions for reporting the validation results of internal models" (2019), 2.6 and 2.9.
 *
 * @throws MLOpsError `INVALID_INPUT` for fewer than two pairs, values that are not finite, or differences that are all alike
 */
export function underestimationTest(realised: Float64Array, estimated: Float64Array): UnderestimationTest {
  const n = realised.length;
  if (n !== estimated.length || n < 2) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${n} realised and ${estimated.length} estimated values; expected two pairs or more`,
    );
  }
  const excess = realised.map((value, i) => value - estimated[i]!);
  if (!excess.every(Number.isFinite)) {
    throw new MLOpsError('INVALID_INPUT', 'a value is not finite; leave out what has not been realised yet');
  }
  if (areAlike(excess, realised))
    throw new MLOpsError('INVALID_INPUT', 'all differences are alike; nothing can be tested');
  const meanExcess = mean(excess);
  const t = meanExcess / Math.sqrt(covariance(excess, excess) / n);
  return { meanExcess, t, degreesOfFreedom: n - 1, pValue: studentTSf(t, n - 1) };
}

/** Whether differences from these values vary by no more than what rounding leaves of decimals that are alike. */
export function areAlike(excess: Float64Array, realised: Float64Array): boolean {
  const rounding = 4 * Number.EPSILON * realised.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return covariance(excess, excess) <= rounding ** 2;
}
