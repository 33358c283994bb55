import { betaKernel, betainc } from './incomplete-beta.js';

/** P(X <= x) for the beta distribution with parameters a and b. */
export const betaCdf = (x: number, a: number, b: number): number => betainc(a, b, Math.min(1, Math.max(0, x)));

/**
 * Inverse of {@link betaCdf} for p in [0, 1]. Newton steps on ln x (or ln(1 − x) in the upper half), kept inside a
 * bracket, so that quantiles near 0 keep their relative accuracy.
 */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1) || !(a > 0) || !(b > 0)) return NaN;
  if (p === 0 || p === 1) return p;
  return p <= betainc(a, b, 0.5) ? lowerHalf(p, 1 - p, a, b) : 1 - lowerHalf(1 - p, p, b, a);
}

/** The x <= ½ where I_x(a, b) = p. Compares logarithms of the smaller of p and its complement q. */
function lowerHalf(p: number, q: number, a: number, b: number): number {
  let low = -745;
  let high = -Math.LN2;
  let u = high;
  for (let i = 0; i < 200; i++) {
    const x = Math.exp(u);
    const isLower = p <= 0.5;
    const value = isLower ? betainc(a, b, x) : betainc(b, a, 1 - x, x);
    const error = isLower ? Math.log(value / p) : Math.log(q / value);
    if (error > 0) high = u;
    else low = u;
    // d ln I / d ln x = x·density / I
    let next = u - (error * value * (1 - x)) / betaKernel(a, b, x);
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (Math.abs(next - u) <= 1e-15 * Math.abs(u)) return Math.exp(next);
    u = next;
  }
  return Math.exp(u);
}
