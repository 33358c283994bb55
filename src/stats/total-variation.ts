import { MLOpsError } from '../errors.js';

export interface TotalVariationResult {
  /** ½ Σ |pᵢ − qᵢ|, in [0, 1]: the largest difference in probability of any set of categories. */
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Total variation distance between two samples of categories, with a confidence interval of the populations' distance.
 * Each sample's shares are within √(ln((2^k − 2)/δ)/2n) of its population's in total variation, δ = α/2 a sample
 * (Weissman et al., "Inequalities for the L1 deviation of the empirical distribution", 2003); holds for every n.
 *
 * @throws MLOpsError `INVALID_INPUT` when a side has no counts
 */
export function totalVariationBounds(
  reference: readonly number[],
  current: readonly number[],
  confidence: number,
): TotalVariationResult {
  const n = reference.reduce((sum, count) => sum + count, 0);
  const m = current.reduce((sum, count) => sum + count, 0);
  if (n === 0 || m === 0)
    throw new MLOpsError('INVALID_INPUT', 'a total variation distance needs counts on both sides');
  let value = 0;
  reference.forEach((count, i) => (value += Math.abs(count / n - current[i]! / m) / 2));
  const categories = reference.length;
  if (categories < 2) return { value, lower: value, upper: value };
  // ln(2^k − 2) without overflow for many categories.
  const logEvents = categories * Math.LN2 + Math.log1p(-(2 ** (1 - categories)));
  const logTerm = logEvents + Math.log(2 / (1 - confidence));
  const margin = Math.sqrt(logTerm / (2 * n)) + Math.sqrt(logTerm / (2 * m));
  return { value, lower: Math.max(0, value - margin), upper: Math.min(1, value + margin) };
}
