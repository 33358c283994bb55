/**
 * ρ, the precision of the mixing distribution that makes a two-sided mixture bound tightest at intrinsic time
 * `tunedFor`: v / (2 ln(1/α) + ln(1 + 2 ln(1/α))). For one-sided bounds pass 2α.
 *
 * Source: Howard, Ramdas, McAuliffe & Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences",
 * arXiv 1810.08240, section 3.5, with the first-order expansion of the Lambert function.
 */
export function mixturePrecision(tunedFor: number, alpha: number): number {
  const l = -2 * Math.log(alpha);
  return tunedFor / (l + Math.log(1 + l));
}
