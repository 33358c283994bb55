import { lnGamma } from '../distributions/gamma.js';
import { gammaP } from '../distributions/incomplete-gamma.js';
import { mixturePrecision } from './mixture-precision.js';

/** Shape of the gamma-exponential mixture. */
export interface GammaExponentialOptions {
  /** Scale of the sub-exponential tail, c > 0, in the unit of the sum. */
  readonly scale: number;
  /** Intrinsic time (variance process) at which the bound should be tightest. */
  readonly tunedFor: number;
  /** Level it is tuned for; 0.05 unless told. */
  readonly tunedAlpha?: number;
}

/**
 * ln of the one-sided gamma-exponential mixture supermartingale at (s, v): an e-value for "the sum is a sub-exponential
 * martingale with variance process v".
 *
 * Source: Howard, Ramdas, McAuliffe & Sekhon, arXiv 1810.08240, proposition 9.
 */
export function logGammaExponentialEvidence(sum: number, variance: number, options: GammaExponentialOptions): number {
  const c2 = options.scale ** 2;
  const rho = mixturePrecision(options.tunedFor, 2 * (options.tunedAlpha ?? 0.05));
  const prior = rho / c2;
  const shape = (variance + rho) / c2;
  const drift = (options.scale * sum + variance) / c2;
  const rate = drift + prior;
  // The mixture's exact value for sums below −(v + ρ)/c is of no use: nothing speaks for the alternative there.
  if (rate <= 0) return -shape;
  const constant = prior * Math.log(prior) - lnGamma(prior) - Math.log(gammaP(prior, prior));
  return constant + lnGamma(shape) + Math.log(gammaP(shape, rate)) - shape * Math.log(rate) + drift;
}

/**
 * The sum at which the mixture reaches 1/α: a sub-exponential martingale exceeds it, at any time, with probability at
 * most α.
 */
export function gammaExponentialBound(variance: number, alpha: number, options: GammaExponentialOptions): number {
  const threshold = -Math.log(alpha);
  let high = Math.max(variance, options.scale);
  while (logGammaExponentialEvidence(high, variance, options) < threshold) high *= 2;
  let low = 0;
  for (let i = 0; i < 200 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (logGammaExponentialEvidence(middle, variance, options) < threshold) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
