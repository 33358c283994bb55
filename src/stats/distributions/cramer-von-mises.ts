import { lnGamma } from './gamma.js';

/**
 * P(W² > x) for the limit distribution of the Cramér–von Mises statistic; absolute accuracy about 1e-15.
 *
 * Source: Csörgő & Faraway, "The exact and asymptotic distributions of Cramér–von Mises statistics", J. Royal Stat. Soc.
 * B 58, 1996, eq. 1.3 (Anderson & Darling 1952).
 */
export function cramerVonMisesSf(x: number): number {
  if (!(x >= 0.003)) return Number.isNaN(x) ? NaN : 1; // 1 − 1e-17 there already
  if (x > 10) return 0; // e^(−π²x/2), below 1e-21
  let cdf = 0;
  for (let k = 0; ; k++) {
    const y = 4 * k + 1;
    const coefficient = Math.exp(lnGamma(k + 0.5) - lnGamma(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x));
    const term = coefficient * Math.sqrt(y) * scaledBesselK((y * y) / (16 * x));
    cdf += term;
    if (term < 1e-18) return Math.min(1, Math.max(0, 1 - cdf));
  }
}

/** e^(−q) K_¼(q) = ∫₀^∞ exp(−q(1 + cosh t)) cosh(t/4) dt by the trapezoidal rule, which converges exponentially here. */
function scaledBesselK(q: number): number {
  const step = 1 / 16;
  let sum = Math.exp(-2 * q) / 2;
  for (let k = 1; ; k++) {
    const t = k * step;
    const term = Math.exp(-q * (1 + Math.cosh(t))) * Math.cosh(t / 4);
    sum += term;
    if (!(term > sum * 1e-18)) return sum * step;
  }
}

/** Values in ascending order and how many arrangements have each. */
interface Frequencies {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

/**
 * P(U >= u) over all arrangements of two samples of n and m, for U = nΣ(rᵢ − i)² + mΣ(sⱼ − j)².
 *
 * Counts lattice paths by the value they accumulate (Xiao, Gordon & Yakovlev, "A C++ program for the Cramér–von Mises
 * two-sample test", J. Stat. Software 17(8), 2006). Meant for samples of up to 20 values each.
 */
export function cramerVonMisesExactSf(u: number, n: number, m: number): number {
  let divisor = n;
  for (let rest = m; rest !== 0; [divisor, rest] = [rest, divisor % rest]);
  const lcm = (n / divisor) * m;
  const stepX = lcm / n;
  const stepY = lcm / m;
  const pairs = n * m;
  const least = Math.floor((lcm * lcm * (n + m) * (6 * u - pairs * (4 * pairs - 1))) / (6 * pairs * pairs));
  const none: Frequencies = { values: new Float64Array(), counts: new Float64Array() };
  let column = Array.from({ length: n + 1 }, (_, x) =>
    x === 0 ? { values: Float64Array.of(0), counts: Float64Array.of(1) } : none,
  );
  for (let y = 0; y <= m; y++) {
    let left = none;
    column = column.map((below, x) => (left = mergeShifted(left, below, (stepX * x - stepY * y) ** 2)));
  }
  const { values, counts } = column[n]!;
  let extreme = 0;
  let all = 0;
  values.forEach((value, i) => {
    all += counts[i]!;
    if (value >= least) extreme += counts[i]!;
  });
  return extreme / all;
}

function mergeShifted(a: Frequencies, b: Frequencies, shift: number): Frequencies {
  const values = new Float64Array(a.values.length + b.values.length);
  const counts = new Float64Array(values.length);
  let i = 0;
  let j = 0;
  let size = 0;
  while (i < a.values.length || j < b.values.length) {
    const fromA = i < a.values.length ? a.values[i]! : Infinity;
    const fromB = j < b.values.length ? b.values[j]! : Infinity;
    values[size] = Math.min(fromA, fromB) + shift;
    if (fromA <= fromB) counts[size]! += a.counts[i++]!;
    if (fromB <= fromA) counts[size]! += b.counts[j++]!;
    size++;
  }
  return { values: values.subarray(0, size), counts: counts.subarray(0, size) };
}
