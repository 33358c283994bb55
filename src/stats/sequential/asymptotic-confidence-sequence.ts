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

/** ρ²: the variance of the mixture, chosen so that the interval is tightest at N*. */
function mixtureVariance(alpha: number, tunedFor: number): number {
  const l = -2 * Math.log(alpha);
  return (l + Math.log(1 + l)) / tunedFor;
}
