import { betainc } from './incomplete-beta.js';

/** P(T > t) for Student's t distribution; accurate in both tails. */
export function studentTSf(t: number, degreesOfFreedom: number): number {
  if (!(degreesOfFreedom > 0) || Number.isNaN(t)) return NaN;
  const total = degreesOfFreedom + t * t;
  const upper =
    total === Infinity ? 0 : betainc(degreesOfFreedom / 2, 0.5, degreesOfFreedom / total, (t * t) / total) / 2;
  return t >= 0 ? upper : 1 - upper;
}
