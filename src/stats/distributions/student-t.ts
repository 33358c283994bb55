import { betainc } from './incomplete-beta.js';
import { normalSf } from './normal.js';

/** Above so many degrees of freedom the beta function loses digits, and {@link nearNormal} has them. */
const nearNormalFrom = 1e6;

/** P(T > t) for Student's t distribution; accurate in both tails. */
export function studentTSf(t: number, degreesOfFreedom: number): number {
  if (!(degreesOfFreedom > 0) || Number.isNaN(t)) return NaN;
  if (degreesOfFreedom > nearNormalFrom) return normalSf(nearNormal(t, degreesOfFreedom));
  const total = degreesOfFreedom + t * t;
  const upper =
    total === Infinity ? 0 : betainc(degreesOfFreedom / 2, 0.5, degreesOfFreedom / total, (t * t) / total) / 2;
  return t >= 0 ? upper : 1 - upper;
}

/** The normal value of the same tail, but for terms of 1/ν³ (Hill 1970, Communications of the ACM 13, algorithm 395). */
function nearNormal(t: number, degreesOfFreedom: number): number {
  if (degreesOfFreedom === Infinity) return t;
  const a = degreesOfFreedom - 0.5;
  const z = Math.sqrt(a * Math.log1p((t / degreesOfFreedom) * t));
  return Math.sign(t) * (z + (z ** 3 + 3 * z) / 48 / a / a);
}

/** The 97.5% point of the normal distribution. */
export const normal975 = 1.959963984540054;

/** The 97.5% point of Student's t distribution, to 1e-9; of at least one degree of freedom. */
export function studentT975(degreesOfFreedom: number): number {
  if (degreesOfFreedom === Infinity) return normal975;
  let low = 1.9;
  let high = 13;
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (studentTSf(middle, degreesOfFreedom) > 0.025) low = middle;
    else high = middle;
  }
  return high;
}

/** The point beyond which Student's t distribution has the given share, below ½; of at least one degree of freedom. */
export function studentTQuantile(tail: number, degreesOfFreedom: number): number {
  let low = 0;
  let high = 1;
  while (high < 1e15 && studentTSf(high, degreesOfFreedom) > tail) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (studentTSf(middle, degreesOfFreedom) > tail) low = middle;
    else high = middle;
  }
  return high;
}
