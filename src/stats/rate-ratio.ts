import { normalQuantile } from './distributions/normal.js';
import type { Estimate } from './wilson.js';

/**
 * Ratio of two shares, `hits / count` over `otherHits / otherCount`, with the interval of its logarithm by the delta
 * method (Katz, Baptista, Azen, Pike 1978, Biometrics 34). Where one of the numbers of hits is 0, one half is added to
 * both (Walter 1975, Biometrika 62).
 */
export function rateRatio(
  hits: number,
  count: number,
  otherHits: number,
  otherCount: number,
  confidence: number,
): Estimate {
  const extra = hits === 0 || otherHits === 0 ? 0.5 : 0;
  const [x, n, y, m] = [hits + extra, count + extra, otherHits + extra, otherCount + extra];
  const ratio = x / n / (y / m);
  const half = normalQuantile((1 + confidence) / 2) * Math.sqrt(1 / x - 1 / n + 1 / y - 1 / m);
  return { value: ratio, lower: ratio * Math.exp(-half), upper: ratio * Math.exp(half) };
}
