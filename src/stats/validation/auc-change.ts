import { MLOpsError } from '../../errors.js';
import { normalSf } from '../distributions/normal.js';
import { type AucEstimate, covariance, mean, placements } from './auc-estimate.js';

/** An AUC beside that of the initial validation, and the test of whether it fell. */
export interface AucChange {
  /** Present minus initial AUC. */
  readonly change: number;
  /** (initial − present)/σ: large when the AUC fell. */
  readonly z: number;
  /** One-sided: small when the AUC fell. */
  readonly pValue: number;
}

/**
 * Test that the AUC has not fallen since the initial validation: z = (AUC₀ − AUC₁)/√(σ₀² + σ₁²), of two samples without
 * common obligors. Without the variance of the first it is taken as known exactly, as the ECB's instructions do.
 *
 * Source: ECB, "Instructions for reporting the validation results of internal models" (2019), 2.6.2.
 *
 * @throws MLOpsError `INVALID_INPUT` for an AUC that is none, or when both variances are 0
 */
export function aucChange(
  initial: { readonly auc: number; readonly variance?: number },
  present: Pick<AucEstimate, 'auc' | 'variance'>,
): AucChange {
  for (const { auc, variance = 0 } of [initial, present]) {
    if (!(auc >= 0 && auc <= 1 && variance >= 0 && variance < Infinity))
      throw new MLOpsError(
        'INVALID_INPUT',
        `an AUC is ${auc} with variance ${variance}; expected a number from 0 to 1, and a variance of at least 0`,
      );
  }
  return test(present.auc - initial.auc, (initial.variance ?? 0) + present.variance);
}

/**
 * The same for two models scored on one sample: DeLong's test, with the covariance of the two areas.
 *
 * @throws MLOpsError `INVALID_INPUT` as aucEstimate, or when the two order the rows alike
 */
export function pairedAucChange(actual: Float64Array, initial: Float64Array, present: Float64Array): AucChange {
  const a = placements(actual, initial);
  const b = placements(actual, present);
  const difference = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => y[i]! - value);
  const positives = difference(a.ofPositives, b.ofPositives);
  const negatives = difference(a.ofNegatives, b.ofNegatives);
  const variance =
    covariance(positives, positives) / positives.length + covariance(negatives, negatives) / negatives.length;
  return test(mean(positives), variance);
}

function test(change: number, variance: number): AucChange {
  if (!(variance > 0)) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `the variance of the change is ${variance}: the classes are separated wholly or the rows ordered alike; nothing can be tested`,
    );
  }
  const z = -change / Math.sqrt(variance);
  return { change, z, pValue: normalSf(z) };
}
