import { lnGamma } from '../distributions/gamma.js';
import type { SequenceOptions } from './asymptotic-confidence-sequence.js';
import { mixturePrecision } from './mixture-precision.js';

/**
 * Evidence against "the success rate is p": ln of an e-value, valid at every moment at once. The mixture of likelihood
 * ratios over a beta distribution with mean p, ln B(b + n − k, a + k) − ln B(b, a) − k ln p − (n − k) ln(1 − p), a = r/(1 − p),
 * b = r/p, r chosen so that it is sharpest after `tunedFor` trials.
 *
 * Source: Howard, Ramdas, McAuliffe & Sekhon, arXiv 1810.08240, proposition 7 (two-sided beta-binomial mixture).
 *
 * @param successes may be fractional
 */
export function logBetaBinomialEvidence(
  successes: number,
  trials: number,
  p: number,
  { alpha, tunedFor }: SequenceOptions,
): number {
  const variance = p * (1 - p);
  const r = Math.max(mixturePrecision(variance * tunedFor, alpha) - variance, 1e-3 * variance);
  const a = r / (1 - p);
  const b = r / p;
  return (
    lnBeta(b + trials - successes, a + successes) -
    lnBeta(b, a) -
    successes * Math.log(p) -
    (trials - successes) * Math.log1p(-p)
  );
}

const lnBeta = (a: number, b: number): number => lnGamma(a) + lnGamma(b) - lnGamma(a + b);
