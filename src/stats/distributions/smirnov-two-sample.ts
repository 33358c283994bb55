/**
 * P(D >= h/lcm(m, n)) of the two-sample Smirnov statistic when both samples come from one continuous distribution, exact:
 * the share of lattice paths from (0, 0) to (m, n) that reach |x/m − y/n| >= h/lcm, or x/m − y/n >= h/lcm one-sided.
 *
 * O(m·n·D) two-sided, O(m·n) one-sided, O(n) when m = n. Sources: Hodges, Arkiv för Matematik 3, 1958 (equal sizes,
 * alternating sum); share recursion as in scipy.stats.ks_2samp. Every quantity is a positive share, so small
 * probabilities keep their relative accuracy.
 */
export function smirnovTwoSampleSf(m: number, n: number, h: number, sides: 'one' | 'two'): number {
  if (h <= 0) return 1;
  if (isBelowDoubles(m, n, h)) return 0;
  if (m === n) return sides === 'two' ? equalSizesTwoSided(n, h) : equalSizesOneSided(n, h);
  return m > n ? leavingShare(m, n, h, sides) : leavingShare(n, m, h, sides);
}

/**
 * Whether 4 exp(−2d²mn/(√m + √n)²), the Dvoretzky–Kiefer–Wolfowitz bound of both samples together at d = h/lcm, is less
 * than the smallest double.
 */
function isBelowDoubles(m: number, n: number, h: number): boolean {
  const d = (h * greatestCommonDivisor(m, n)) / m / n;
  return (2 * d * d * m * n) / (Math.sqrt(m) + Math.sqrt(n)) ** 2 > 750;
}

function equalSizesOneSided(n: number, h: number): number {
  let probability = 1;
  for (let j = 0; j < h; j++) probability *= (n - j) / (n + j + 1);
  return probability;
}

function equalSizesTwoSided(n: number, h: number): number {
  let sum = 0;
  for (let k = Math.floor(n / h); k >= 0; k--) {
    let ratio = 1;
    for (let j = 0; j < h; j++) ratio = ((n - k * h - j) * ratio) / (n + k * h + j + 1);
    sum = ratio * (1 - sum);
  }
  return Math.min(1, 2 * sum);
}

/** Column by column in x; `share[j − first]` is the share of paths to (x, j) that have left the band, 1 outside it. */
function leavingShare(m: number, n: number, h: number, sides: 'one' | 'two'): number {
  const divisor = greatestCommonDivisor(m, n);
  const stepX = n / divisor;
  const stepY = m / divisor;
  const afterLast = (x: number): number =>
    sides === 'one' ? n + 1 : Math.min(Math.ceil((stepX * x + h) / stepY), n + 1);
  const reciprocals = new Float64Array(m + n + 1);
  for (let k = 1; k < reciprocals.length; k++) reciprocals[k] = 1 / k;
  const share = new Float64Array(n + 2).fill(1);
  let first = 0;
  let end = afterLast(0);
  share.fill(0, 0, end);
  for (let x = 1; x <= m; x++) {
    const lastFirst = first;
    const lastEnd = end;
    first = Math.min(Math.max(Math.floor((stepX * x - h) / stepY) + 1, 0), n);
    end = afterLast(x);
    if (end <= first) return 1;
    const offset = first - lastFirst;
    let value = first === 0 ? 0 : 1;
    for (let y = first; y < end; y++) {
      const k = y - first;
      const reciprocal = reciprocals[x + y]!;
      // (share of the left neighbour · x + share of the lower neighbour · y) / (x + y)
      value = share[k + offset]! * (x * reciprocal) + value * (y * reciprocal);
      share[k] = value;
    }
    share.fill(1, end - first, Math.max(end - first, lastEnd - lastFirst));
  }
  return Math.min(1, share[end - first - 1]!);
}

export function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
