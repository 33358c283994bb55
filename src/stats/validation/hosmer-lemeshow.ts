import { MLOpsError } from '../../errors.js';
import { chiSquareSf } from '../distributions/chi-square.js';
import { checkOptions } from '../../util/check.js';
import { type GradeOutcome, checkGrade } from './check-grades.js';

/** What the Hosmer–Lemeshow test of calibration found. */
export interface HosmerLemeshowResult {
  /** Σ (D − N·PD)² / (N·PD·(1 − PD)) over the grades. */
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
}

/**
 * Test of all grades' PDs at once, two-sided by nature. χ² with as many degrees of freedom as grades, or two fewer where
 * the PDs were fitted to these very outcomes. Asymptotic: not to be trusted where N·PD falls below about 5. Obligors and
 * grades are taken as independent.
 *
 * Source: Hosmer, Lemeshow, "Applied logistic regression" (2000), 5.2.2; Basel Committee, Working Paper 14 (2005).
 *
 * @throws MLOpsError `INVALID_INPUT` also for fewer than one grade (three where fitted)
 */
export function hosmerLemeshow(
  grades: readonly GradeOutcome[],
  options: { readonly isFitted?: boolean } = {},
): HosmerLemeshowResult {
  checkOptions(options, ['isFitted'], 'hosmerLemeshow');
  const degreesOfFreedom = grades.length - (options.isFitted === true ? 2 : 0);
  if (degreesOfFreedom < 1) {
    throw new MLOpsError('INVALID_INPUT', `${grades.length} grades are too few; expected one, or three where fitted`);
  }
  let statistic = 0;
  grades.forEach((grade, i) => {
    checkGrade(grade, `grade ${i}`);
    const { pd, obligors, defaults } = grade;
    statistic += (defaults - obligors * pd) ** 2 / (obligors * pd * (1 - pd));
  });
  return { statistic, degreesOfFreedom, pValue: chiSquareSf(statistic, degreesOfFreedom) };
}
