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

export const lnBeta = (a: number, b: number): number => lnGamma(a) + lnGamma(b) - lnGamma(a + b);

/** Precision to which the ends of an interval are found. */
const tolerance = 1e-12;

/**
 * Confidence sequence for one rate: every p that {@link logBetaBinomialEvidence} does not reject.
 *
 * @param options `alpha` is the chance of ever missing the rate
 */
export function bernoulliConfidenceSequence(
  successes: number,
  trials: number,
  options: SequenceOptions & { readonly tunedAlpha?: number },
): { readonly lower: number; readonly upper: number } {
  const tuning = { alpha: options.tunedAlpha ?? 0.05, tunedFor: options.tunedFor };
  const isRejected = (p: number): boolean =>
    logBetaBinomialEvidence(successes, trials, p, tuning) >= -Math.log(options.alpha);
  const observed = trials === 0 ? 0.5 : successes / trials;
  return {
    lower: successes === 0 ? 0 : boundary(0, observed, isRejected),
    upper: successes === trials ? 1 : boundary(1, observed, isRejected),
  };
}

/** Where rejection ends, between an end of the unit interval and a rate that is not rejected. */
function boundary(end: number, inside: number, isRejected: (p: number) => boolean): number {
  let rejected = end;
  let kept = inside;
  while (Math.abs(kept - rejected) > tolerance) {
    const middle = (rejected + kept) / 2;
    if (isRejected(middle)) rejected = middle;
    else kept = middle;
  }
  return (rejected + kept) / 2;
}
