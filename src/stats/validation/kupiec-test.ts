import { MLOpsError } from '../../errors.js';
import { chiSquareSf } from '../distributions/chi-square.js';

/** A likelihood-ratio statistic and its p-value. */
export interface LikelihoodRatio {
  readonly statistic: number;
  readonly pValue: number;
}

/**
 * Proportion-of-failures test that a VaR model is exceeded as often as it says: the likelihood ratio of x exceptions on n
 * days under p = 1 − coverage and under x/n, χ²(1). Two-sided. Days are taken as independent.
 *
 * Source: Kupiec (1995), Journal of Derivatives 3.
 *
 * @throws MLOpsError `INVALID_INPUT`
 */
export function kupiecTest(exceptions: number, days: number, coverage = 0.99): LikelihoodRatio {
  const areCounts = Number.isSafeInteger(exceptions) && Number.isSafeInteger(days);
  if (!areCounts || !(exceptions >= 0 && exceptions <= days && days > 0) || !(coverage > 0 && coverage < 1)) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${exceptions} exceptions on ${days} days at ${coverage}; expected counts and a level such as 0.99`,
    );
  }
  const others = days - exceptions;
  const statistic = Math.max(
    0,
    2 * (logLikelihood(exceptions, others, exceptions / days) - logLikelihood(exceptions, others, 1 - coverage)),
  );
  return { statistic, pValue: chiSquareSf(statistic, 1) };
}

/** x ln p + y ln(1 − p), with 0·ln 0 = 0. */
export function logLikelihood(hits: number, misses: number, probability: number): number {
  return (hits === 0 ? 0 : hits * Math.log(probability)) + (misses === 0 ? 0 : misses * Math.log1p(-probability));
}
