import { lnGamma } from '../distributions/gamma.js';

/** Concentration of the prior around the intended shares: k of the Dirichlet(k·p) mixture. */
const defaultConcentration = 1000;

/**
 * Evidence that counts do not follow the intended shares: the logarithm of an e-value, valid at every moment at once.
 * ln E = lnΓ(Σα) − lnΓ(Σα+n) + Σ[lnΓ(α_j+n_j) − lnΓ(α_j)] − Σ n_j ln p_j, a Dirichlet–multinomial mixture.
 *
 * Source: Lindon & Malek, "Anytime-valid inference for multinomial count data", arXiv 2011.03567.
 *
 * @param counts observations a group
 * @param shares intended share of each group, adding up to 1
 * @param alphas the Dirichlet's parameters; 1000 × share unless told
 */
export function logSampleRatioEvidence(
  counts: readonly number[],
  shares: readonly number[],
  alphas: readonly number[] = shares.map((share) => share * defaultConcentration),
): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const prior = alphas.reduce((sum, alpha) => sum + alpha, 0);
  let evidence = lnGamma(prior) - lnGamma(prior + total);
  counts.forEach((count, j) => {
    evidence += lnGamma(alphas[j]! + count) - lnGamma(alphas[j]!) - count * Math.log(shares[j]!);
  });
  return evidence;
}
