import { binomialTail } from '../distributions/binomial.js';
import { type GradeOutcome, checkGrade } from './check-grades.js';

/**
 * One-sided exact test that an estimated PD is not too low: P(X >= D) for X binomial with N obligors and that PD. Small
 * values: the PD is underestimated. Obligors are taken as independent; a common factor makes the test reject too often.
 *
 * Source: Basel Committee, Working Paper 14 (2005), ch. III.
 *
 * @returns the p-value
 * @throws MLOpsError `INVALID_INPUT`
 */
export function binomialTest(grade: GradeOutcome): number {
  checkGrade(grade);
  return binomialTail(grade.defaults, grade.obligors, grade.pd);
}
