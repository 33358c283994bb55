import { gammaExponentialBound, logGammaExponentialEvidence } from './gamma-exponential-mixture.js';

export interface PairedOptions {
  /** Smallest and largest possible difference. */
  readonly low: number;
  readonly high: number;
  /** Probability of ever being wrong. */
  readonly alpha: number;
  /** Variance process at which it should be tightest. */
  readonly tunedFor: number;
}

/**
 * Confidence sequence for the running mean of the conditional expectations of bounded differences of losses: mean ±
 * u(V)/t with V = Σ(D_i − mean_{i−1})² and u the gamma-exponential mixture bound at α/2 a side, c = high − low. Nothing is
 * assumed about how the requests depend on each other.
 *
 * Source: Choe & Ramdas, "Comparing sequential forecasters", arXiv 2110.00115, theorem 2.
 *
 * @param differences in the order in which they came
 */
export function pairedConfidenceSequence(
  differences: Float64Array,
  { low, high, alpha, tunedFor }: PairedOptions,
): { readonly mean: number; readonly lower: number; readonly upper: number } {
  let sum = 0;
  let variance = 0;
  differences.forEach((difference, i) => {
    const expected = i === 0 ? 0 : sum / i;
    variance += (difference - expected) ** 2;
    sum += difference;
  });
  const t = differences.length;
  const radius = gammaExponentialBound(variance, alpha / 2, { scale: high - low, tunedFor }) / t;
  return { mean: sum / t, lower: sum / t - radius, upper: sum / t + radius };
}

/**
 * Evidence that bounded differences are positive on average: ln of an e-value for "their conditional expectations are at
 * most 0". As {@link pairedConfidenceSequence} with 0 for the predicted mean, so that sums suffice and add up.
 *
 * @param sum ΣD
 * @param squares ΣD²
 * @param width largest minus smallest possible difference
 */
export const logPairedEvidence = (sum: number, squares: number, width: number, tunedFor: number): number =>
  logGammaExponentialEvidence(sum, squares, { scale: width, tunedFor });
