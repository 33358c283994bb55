import type { DataProfile } from '../../data/profile.js';
import type { Table } from '../../data/table.js';
import type { Random } from '../../util/random.js';
import type { DataFinding } from '../retrain-result.js';
import type { RetrainingPlan } from '../retraining-plan.js';

/** What the checks of training data look at. */
export interface CheckInputs {
  readonly plan: RetrainingPlan;
  /** All rows as they came. */
  readonly data: Table;
  /** Rows with a target to learn from, and those held back. */
  readonly train: Table;
  readonly holdout: Table;
  /** UTC milliseconds. */
  readonly now: number;
  readonly random: Random;
  readonly champion?: {
    readonly version: string;
    /** Its predictions for the rows of `train`. */
    readonly scores: Float64Array;
    /** As registered. */
    readonly metrics: Readonly<Record<string, number>>;
    /** Of the data it was trained on, when it was kept. */
    readonly profile?: DataProfile;
  };
}

/** One check: what it finds, nothing when all is well. */
export type DataCheck = (inputs: CheckInputs) => readonly DataFinding[] | Promise<readonly DataFinding[]>;

export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))}%`;
