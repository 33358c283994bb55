import { MLOpsError } from '../errors.js';

/**
 * Adjusted p-values, in the order given, that control the false discovery rate of independent or positively dependent
 * tests: p₍ᵢ₎·n/i, made monotone from the largest down (Benjamini & Hochberg 1995). Rejecting those at most α keeps the
 * expected share of false ones among the rejected at α.
 *
 * @throws MLOpsError `INVALID_INPUT` for a p-value outside [0, 1]
 */
export const benjaminiHochberg = (pValues: readonly number[]): number[] => stepUp(pValues, 1);

/**
 * As {@link benjaminiHochberg}, valid under any dependence at the price of the factor 1 + ½ + … + 1/n (Benjamini &
 * Yekutieli 2001).
 */
export function benjaminiYekutieli(pValues: readonly number[]): number[] {
  let harmonic = 0;
  for (let i = 1; i <= pValues.length; i++) harmonic += 1 / i;
  return stepUp(pValues, harmonic);
}

function stepUp(pValues: readonly number[], factor: number): number[] {
  pValues.forEach((p, i) => {
    if (!(p >= 0 && p <= 1)) throw new MLOpsError('INVALID_INPUT', `pValues[${i}] is ${p}; expected 0 to 1`);
  });
  const n = pValues.length;
  const descending = pValues.map((_, i) => i).sort((i, j) => pValues[j]! - pValues[i]!);
  const adjusted = new Array<number>(n);
  let smallest = 1;
  descending.forEach((index, position) => {
    smallest = Math.min(smallest, pValues[index]! * ((n * factor) / (n - position)));
    adjusted[index] = smallest;
  });
  return adjusted;
}
