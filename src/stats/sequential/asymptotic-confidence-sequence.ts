import { normalCdf } from '../distributions/normal.js';
import { mixturePrecision } from './mixture-precision.js';

/** Settings of a sequence that is valid at every moment at once, however often it is looked at. */
export interface SequenceOptions {
  /** Probability of ever being wrong. */
  readonly alpha: number;
  /** Number of observations at which the interval should be tightest. */
  readonly tunedFor: number;
}

/**
 * Half-width of the two-sided asymptotic confidence sequence for a mean-like estimate:
 * √(N·SE²) · √( 2(Nρ²+1)/(N²ρ²) · ln(√(Nρ²+1)/α) ), with ρ² = [−2 ln α + ln(1 − 2 ln α)]/N*.
 *
 * Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence
 * sequences", arXiv 2103.06476. Asymptotic: not to be relied on below about 1,000 observations in the smaller group.
 *
 * @param n observations behind the estimate, N
 * @param squaredError squared standard error of the estimate, SE²
 */
export function sequenceRadius(n: number, squaredError: number, options: SequenceOptions): number {
  const rho2 = mixtureVariance(options.alpha, options.tunedFor);
  const growth = n * rho2 + 1;
  return (
    Math.sqrt(n * squaredError) *
    Math.sqrt(((2 * growth) / (n * n * rho2)) * Math.log(Math.sqrt(growth) / options.alpha))
  );
}

/**
 * Distance of the one-sided bound from the estimate: as {@link sequenceRadius}, with 2α inside ρ² and
 * ln(1 + √(Nρ²+1)/(2α)).
 */
export function sequenceRadiusOneSided(n: number, squaredError: number, options: SequenceOptions): number {
  const rho2 = mixtureVariance(2 * options.alpha, options.tunedFor);
  const growth = n * rho2 + 1;
  return (
    Math.sqrt(n * squaredError) *
    Math.sqrt(((2 * growth) / (n * n * rho2)) * Math.log(1 + Math.sqrt(growth) / (2 * options.alpha)))
  );
}

/**
 * Evidence that a mean-like estimate is above 0: ln of an asymptotic e-value for "at most 0". The mixture of normal
 * likelihood ratios over a half-normal effect behind {@link sequenceRadiusOneSided}:
 * ln 2 − ½ ln(1 + Nρ²) + Nρ²z²/(2(1 + Nρ²)) + ln Φ(z·√(Nρ²/(1 + Nρ²))), z = estimate/SE.
 *
 * @param n observations behind the estimate, N
 * @param z the estimate over its standard error
 */
export function logAsymptoticEvidence(n: number, z: number, options: SequenceOptions): number {
  const growth = n * mixtureVariance(2 * options.alpha, options.tunedFor);
  const shrink = growth / (1 + growth);
  return Math.LN2 - Math.log1p(growth) / 2 + (shrink * z * z) / 2 + logNormalCdf(z * Math.sqrt(shrink));
}

/** ln Φ(x); below −20 by the leading term of its asymptotic series. */
function logNormalCdf(x: number): number {
  return x > -20 ? Math.log(normalCdf(x)) : -(x * x) / 2 - Math.log(-x) - Math.log(2 * Math.PI) / 2;
}

/**
 * p-value of "the mean is 0" by the two-sided asymptotic sequence, valid at every moment at once:
 * min(1, √(Nρ²+1)·exp(−ρ²N d²/(2 SE²(Nρ²+1)))).
 */
export function sequencePValue(n: number, z: number, options: SequenceOptions): number {
  const growth = n * mixtureVariance(options.alpha, options.tunedFor);
  return Math.min(1, Math.sqrt(1 + growth) * Math.exp((-growth * z * z) / (2 * (1 + growth))));
}

/** ρ²: the variance of the mixture, chosen so that the interval is tightest at N*. */
const mixtureVariance = (alpha: number, tunedFor: number): number => 1 / mixturePrecision(tunedFor, alpha);
