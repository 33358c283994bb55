import { gammaP, gammaQ } from './incomplete-gamma.js';
import { lnGamma } from './gamma.js';
import { normalQuantile } from './normal.js';

/** P(X <= x) for the chi-square distribution. */
export const chiSquareCdf = (x: number, degreesOfFreedom: number): number =>
  gammaP(degreesOfFreedom / 2, Math.max(0, x) / 2);

/** P(X > x), relative accuracy about 1e-13 down to the smallest double. */
export const chiSquareSf = (x: number, degreesOfFreedom: number): number =>
  gammaQ(degreesOfFreedom / 2, Math.max(0, x) / 2);

/**
 * Inverse of {@link chiSquareCdf} for p in [0, 1]: Wilson–Hilferty start, then Newton steps on ln x that stay inside a
 * bracket; below 1/2 for ln P, which is concave, so that they do not stray where P is all but 0.
 */
export function chiSquareQuantile(p: number, degreesOfFreedom: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0) return 0;
  if (p === 1) return Infinity;
  const a = degreesOfFreedom / 2;
  const variance = 2 / (9 * degreesOfFreedom);
  const start = degreesOfFreedom * (1 - variance + normalQuantile(p) * Math.sqrt(variance)) ** 3;
  const lowest = 2 * Math.exp((Math.log(p) + lnGamma(a + 1)) / a); // P(a, x) <= x^a / Γ(a + 1)
  let u = Math.log(Math.max(start, lowest));
  let low = -Infinity;
  let high = Infinity;
  const logScale = lnGamma(a);
  for (let i = 0; i < 200; i++) {
    const x = Math.exp(u) / 2;
    const error = p < 0.5 ? gammaP(a, x) - p : 1 - p - gammaQ(a, x);
    if (error > 0) high = u;
    else low = u;
    const slope = Math.exp(a * u - a * Math.LN2 - x - logScale);
    let next = u - (p < 0.5 ? Math.log1p(error / p) * (p + error) : error) / slope;
    if (!(next > low && next < high)) next = Number.isFinite(low + high) ? (low + high) / 2 : u - Math.sign(error);
    if (Math.abs(next - u) <= 1e-15 * Math.max(1, Math.abs(u))) return Math.exp(next);
    u = next;
  }
  return Math.exp(u);
}
