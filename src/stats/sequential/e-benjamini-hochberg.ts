/**
 * Which hypotheses to reject so that the expected share of false rejections is at most `alpha`, whatever the dependence:
 * the k largest e-values, k the largest with k · E_(k) >= n/α.
 *
 * Source: Wang & Ramdas, "False discovery rate control with e-values", 2022.
 *
 * @param logEvidence logarithms of the e-values
 * @returns whether each is rejected, in the order given
 */
export function eBenjaminiHochberg(logEvidence: readonly number[], alpha: number): boolean[] {
  const sorted = [...logEvidence].sort((a, b) => b - a);
  let threshold = Infinity;
  sorted.forEach((value, i) => {
    if (value + Math.log(i + 1) >= Math.log(sorted.length / alpha)) threshold = value;
  });
  return logEvidence.map((value) => value >= threshold);
}
