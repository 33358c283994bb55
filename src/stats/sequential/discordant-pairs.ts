import { betainc } from '../distributions/incomplete-beta.js';
import { lnBeta } from './beta-binomial-mixture.js';

/** Parameters of the beta distribution that is mixed over: uniform. */
const prior = 1;

/**
 * Evidence that, of two models scoring the same requests, the first is the one that fails more often: ln of an e-value
 * for "in pairs in which exactly one fails, it is the first with probability at most ½". One-sided beta-binomial mixture
 * over probabilities above ½: B(a+k, a+m) · (1 − I_½(a+k, a+m)) / (B(a, a) · ½) · 2^(k+m).
 *
 * Source: the sign test as a test martingale, Howard et al., arXiv 1810.08240, proposition 7, p = ½.
 *
 * @param first pairs in which only the first failed, k
 * @param second pairs in which only the second failed, m
 */
export function logDiscordantEvidence(first: number, second: number): number {
  const upper = betainc(prior + second, prior + first, 0.5);
  return (
    lnBeta(prior + first, prior + second) - lnBeta(prior, prior) + Math.log(2 * upper) + (first + second) * Math.LN2
  );
}
