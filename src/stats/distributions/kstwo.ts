import { stirlingError } from './gamma.js';
import { durbinCdf, pomeranzCdf } from './kstwo-exact.js';
import { pelzGoodCdf } from './pelz-good.js';
import { smirnovSf } from './smirnov.js';

/**
 * P(D_n >= d): distribution of the two-sided, one-sample Kolmogorov–Smirnov statistic of n observations (n whole).
 *
 * The choice among exact and asymptotic methods is that of Simard & L'Ecuyer, "Computing the two-sided
 * Kolmogorov–Smirnov distribution", J. Stat. Software 39(11), 2011, and so agrees with scipy.stats.kstwo.sf; results
 * below about 1e-320 are 0.
 */
export function kstwoSf(d: number, n: number): number {
  const probability = d >= 1 ? 0 : d <= 0 ? 1 : tail(d, n);
  return Math.min(1, Math.max(0, probability));
}

function tail(d: number, n: number): number {
  const t = n * d;
  if (t <= 0.5) return 1;
  if (t <= 1) return 1 - nearSmallest(t, n);
  if (t >= n - 1) return 2 * (1 - d) ** n;
  if (d >= 0.5) return 2 * smirnovSf(d, n);
  const nd2 = t * d;
  if (n <= 140) {
    if (nd2 <= 0.754693) return 1 - durbinCdf(d, n);
    if (nd2 <= 4) return 1 - pomeranzCdf(d, n);
    return 2 * smirnovSf(d, n);
  }
  if (nd2 >= 370) return 0;
  if (nd2 >= 2.2) return 2 * smirnovSf(d, n);
  return 1 - (n <= 100_000 && n * d ** 1.5 <= 1.4 ? durbinCdf(d, n) : pelzGoodCdf(d, n));
}

/** P(D_n < t/n) = n! ((2t − 1)/n)ⁿ for ½ < t <= 1 (Ruben & Gambino). */
function nearSmallest(t: number, n: number): number {
  if (n <= 140) {
    let product = 1;
    for (let i = 1; i <= n; i++) product *= (i / n) * (2 * t - 1);
    return product;
  }
  return Math.exp(0.5 * Math.log(2 * Math.PI * n) - n + stirlingError(n) + n * Math.log(2 * t - 1));
}
