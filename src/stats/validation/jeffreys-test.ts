import { betaCdf } from '../distributions/beta.js';
import { type GradeOutcome, checkGrade } from './check-grades.js';

/**
 * One-sided test that an estimated PD is not too low: P(default rate <= PD) in the posterior Beta(D + ½, N − D + ½), that
 * of Jeffreys' prior. Small values: the PD is underestimated. Obligors are taken as independent; a common factor makes
 * the test reject too often.
 *
 * Source: ECB, "Instructions for reporting the validation results of internal models" (2019), 2.5.3.
 *
 * @returns the p-value
 * @throws MLOpsError `INVALID_INPUT`
 */
export function jeffreysTest(grade: GradeOutcome): number {
  checkGrade(grade);
  const { pd, obligors, defaults } = grade;
  return betaCdf(pd, defaults + 0.5, obligors - defaults + 0.5);
}
