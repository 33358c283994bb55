import { normalQuantile } from './distributions/normal.js';

/** An estimate with its interval. */
export interface Estimate {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Share of `hits` in `count` trials with Wilson's score interval (Wilson 1927, JASA 22), which stays within 0 and 1 and is
 * right for shares near them.
 */
export function wilson(hits: number, count: number, confidence: number): Estimate {
  const z = normalQuantile((1 + confidence) / 2);
  const share = hits / count;
  const shrink = 1 + (z * z) / count;
  const centre = (share + (z * z) / (2 * count)) / shrink;
  const half = (z / shrink) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return { value: share, lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}
