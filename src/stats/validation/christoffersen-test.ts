import { MLOpsError } from '../../errors.js';
import { chiSquareSf } from '../distributions/chi-square.js';
import { type LikelihoodRatio, kupiecTest, logLikelihood } from './kupiec-test.js';

/** Tests of whether exceptions of a VaR come together (Christoffersen 1998). */
export interface ChristoffersenResult {
  /** That an exception makes none of the next day's more likely, χ²(1). */
  readonly independence: LikelihoodRatio;
  /** Independence and the right number of exceptions (Kupiec's test over all days) together, χ²(2). */
  readonly conditionalCoverage: LikelihoodRatio;
}

/**
 * Tests of interval forecasts against a first-order Markov chain of exceptions.
 *
 * Source: Christoffersen (1998), International Economic Review 39.
 *
 * @param isException day by day, oldest first; 1 or true where the loss was above the VaR
 * @throws MLOpsError `INVALID_INPUT`
 */
export function christoffersenTest(isException: ArrayLike<number | boolean>, coverage = 0.99): ChristoffersenResult {
  const transitions = [0, 0, 0, 0]; // from quiet to quiet and exception, from exception to quiet and exception
  let exceptions = 0;
  for (let i = 0; i < isException.length; i++) {
    const today = Number(isException[i]);
    if (today !== 0 && today !== 1) {
      throw new MLOpsError(
        'INVALID_INPUT',
        `day ${i} is ${String(isException[i])}; expected 1 for an exception, else 0`,
      );
    }
    exceptions += today;
    if (i > 0) transitions[2 * Number(isException[i - 1]) + Number(isException[i])]!++;
  }
  const kupiec = kupiecTest(exceptions, isException.length, coverage);
  const [quietQuiet, quietHit, hitQuiet, hitHit] = transitions as [number, number, number, number];
  const share = (hits: number, misses: number): number => (hits + misses === 0 ? 0 : hits / (hits + misses));
  const alike = logLikelihood(
    quietHit + hitHit,
    quietQuiet + hitQuiet,
    share(quietHit + hitHit, quietQuiet + hitQuiet),
  );
  const apart =
    logLikelihood(quietHit, quietQuiet, share(quietHit, quietQuiet)) +
    logLikelihood(hitHit, hitQuiet, share(hitHit, hitQuiet));
  const statistic = Math.max(0, 2 * (apart - alike));
  const both = kupiec.statistic + statistic;
  return {
    independence: { statistic, pValue: chiSquareSf(statistic, 1) },
    conditionalCoverage: { statistic: both, pValue: chiSquareSf(both, 2) },
  };
}
