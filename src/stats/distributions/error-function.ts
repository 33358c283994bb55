import { gammaP, gammaQ } from './incomplete-gamma.js';

/** Error function: 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(x: number): number {
  return Math.sign(x) * gammaP(0.5, x * x);
}

/** Complementary error function 1 − erf(x); keeps its relative accuracy (about 1e-13) for large x. */
export function erfc(x: number): number {
  return x >= 0 ? gammaQ(0.5, x * x) : 1 + gammaP(0.5, x * x);
}
