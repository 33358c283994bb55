import { checkCount, checkFraction } from '../../util/check.js';
import { betainc } from './incomplete-beta.js';

/**
 * P(X <= successes) for the binomial distribution: I_{1−p}(n − k, k + 1).
 *
 * @throws MLOpsError `INVALID_INPUT` for trials that are no whole number from 0, or a probability outside of [0, 1]
 */
export function binomialCdf(successes: number, trials: number, probability: number): number {
  checkCount(trials, 'trials', 0, Number.MAX_SAFE_INTEGER);
  checkFraction(probability, 'probability');
  if (successes < 0) return 0;
  if (successes >= trials) return 1;
  return betainc(trials - successes, successes + 1, 1 - probability, probability);
}

/** P(X >= successes), accurate in the far tail: I_p(k, n − k + 1). */
export function binomialTail(successes: number, trials: number, probability: number): number {
  if (successes <= 0) return 1;
  if (successes > trials) return 0;
  return betainc(successes, trials - successes + 1, probability);
}
