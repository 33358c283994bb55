/**
 * P(K > x) for the limit of √n·D_n as n → ∞ (Kolmogorov 1933). Below 1 by the theta-function form, above by the
 * alternating series; both converge in a few terms.
 */
export function kolmogorovSf(x: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? NaN : 1;
  if (x < 1) {
    let sum = 0;
    for (let k = 1; k < 20; k += 2) sum += Math.exp(-((k * Math.PI) ** 2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  let sum = 0;
  for (let k = 1; k < 10; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x);
  return 2 * sum;
}
