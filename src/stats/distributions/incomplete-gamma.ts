import { devianceTerm, stirlingError } from './gamma.js';

/**
 * Regularized lower incomplete gamma function P(a, x), a > 0, x >= 0.
 *
 * Relative accuracy about 1e-13 in both tails for a >= 0.5. The scale factor is Loader's saddle-point form, so large a
 * costs no digits; series and continued fraction as in Press et al., "Numerical Recipes", 6.2.
 */
export function gammaP(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) return NaN;
  return x < a + 1 ? lowerSeries(a, x) : 1 - upperFraction(a, x);
}

/** Regularized upper incomplete gamma function Q(a, x) = 1 − P(a, x); accurate where P is close to 1. */
export function gammaQ(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) return NaN;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

function lowerSeries(a: number, x: number): number {
  if (x === 0) return 0;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= x / (a + k);
    sum += term;
  }
  return poissonTerm(a, x) * sum;
}

/** Lentz's algorithm on the continued fraction of Q. */
function upperFraction(a: number, x: number): number {
  if (x === Infinity) return 0;
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; ; i++) {
    const numerator = -i * (i - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const factor = c * d;
    fraction *= factor;
    // Rounding may keep the factor an ulp or two from 1. The fraction ends where a numerator is zero: at whole a.
    if (numerator === 0 || Math.abs(factor - 1) < 5e-16) return poissonTerm(a, x) * a * fraction;
  }
}

/** x^a e^(−x) / Γ(a + 1) */
function poissonTerm(a: number, x: number): number {
  return Math.exp(-stirlingError(a) - devianceTerm(a, x)) / Math.sqrt(2 * Math.PI * a);
}
