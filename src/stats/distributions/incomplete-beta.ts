import { devianceTerm, stirlingError } from './gamma.js';

/**
 * Regularized incomplete beta function I_x(a, b), a > 0, b > 0, 0 <= x <= 1.
 *
 * Continued fraction of Didonato & Morris as in Press et al., "Numerical Recipes", 6.4, with the scale factor in
 * Loader's saddle-point form, so that large a and b cost no digits. Relative accuracy about 1e-12.
 *
 * @param y 1 − x, for callers that know it more exactly than the subtraction gives it
 */
export function betainc(a: number, b: number, x: number, y: number = 1 - x): number {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return NaN;
  if (x === 0) return 0;
  if (y === 0) return 1;
  return x * (a + b + 2) < a + 1 ? lowerTail(a, b, x, y) : 1 - lowerTail(b, a, y, x);
}

/** Density of the beta distribution times x(1 − x): x^a (1 − x)^b / B(a, b). */
export function betaKernel(a: number, b: number, x: number, y: number = 1 - x): number {
  const n = a + b;
  const exponent =
    stirlingError(n) - stirlingError(a) - stirlingError(b) - devianceTerm(a, n * x) - devianceTerm(b, n * y);
  return Math.sqrt((a / n) * (b / (2 * Math.PI))) * Math.exp(exponent);
}

function lowerTail(a: number, b: number, x: number, y: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; ; m++) {
    const even = ((m * (b - m)) / (a + 2 * m - 1)) * (x / (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    fraction *= d * c;
    const odd = ((-(a + m) * (a + b + m)) / (a + 2 * m)) * (x / (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    const factor = d * c;
    fraction *= factor;
    if (!(Math.abs(factor - 1) >= 5e-16)) return (betaKernel(a, b, x, y) * fraction) / a;
  }
}
