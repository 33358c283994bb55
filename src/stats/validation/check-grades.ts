import { MLOpsError } from '../../errors.js';

/** A rating grade, or a portfolio: what was estimated, and what came of it after the whole horizon. */
export interface GradeOutcome {
  /** Probability of default that was estimated for it, above 0 and below 1. */
  readonly pd: number;
  /** Obligors at the beginning that had not defaulted. */
  readonly obligors: number;
  /** Those of them that defaulted within the horizon. */
  readonly defaults: number;
}

/** Refuses counts that are no counts and probabilities outside of (0, 1). */
export function checkGrade({ pd, obligors, defaults }: GradeOutcome, name = 'the grade'): void {
  if (!(pd > 0 && pd < 1)) {
    throw new MLOpsError('INVALID_INPUT', `${name} has pd ${pd}; expected a probability above 0 and below 1`);
  }
  checkDefaults(obligors, defaults, name);
}

/** Refuses counts that are no counts, and more defaults than obligors. */
export function checkDefaults(obligors: number, defaults: number, name: string): void {
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  if (!isCount(obligors) || !isCount(defaults) || obligors === 0 || defaults > obligors) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${name} has ${defaults} defaults of ${obligors} obligors; expected whole numbers, at least one obligor and no more defaults`,
    );
  }
}
