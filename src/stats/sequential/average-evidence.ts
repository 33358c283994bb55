/**
 * ln of the mean of e-values given as logarithms: an e-value itself, whatever their dependence (Vovk & Wang, "E-values:
 * calibration, combination and applications", 2021). −Infinity for none.
 */
export function averageEvidence(logEvidence: readonly number[]): number {
  const largest = Math.max(...logEvidence);
  if (largest === -Infinity) return -Infinity;
  let sum = 0;
  for (const value of logEvidence) sum += Math.exp(value - largest);
  return largest + Math.log(sum / logEvidence.length);
}
