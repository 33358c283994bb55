import { meanDifference, meanInterval, meanRatio } from '../../stats/compare-means.js';
import { rateRatio } from '../../stats/rate-ratio.js';
import { type Estimate, wilson } from '../../stats/wilson.js';
import type { Task } from '../contract.js';

/** What differences between groups are tolerated. */
export interface FairnessLimits {
  /** Ratios from this to its inverse: 0.8 allows 0.8 to 1.25. */
  readonly ratio: number;
  /** Difference of mean residuals, in units of the target: a quarter of the mean absolute error, 0.05 for probabilities. */
  readonly calibration: number;
}

/** How a model treats some rows. */
export interface GroupMeasures {
  /** Mean absolute error; for classification the share of wrong classes. */
  readonly error: Estimate;
  /** Share of the rows that are selected. */
  readonly selectionRate: Estimate;
  /** Mean of prediction minus actual value: 0 is calibrated, above 0 too high. */
  readonly calibration: Estimate;
}

/** A group beside all other rows. */
export interface Disparity extends Estimate {
  readonly measure: 'error_ratio' | 'selection_ratio' | 'calibration_difference';
  /** The least and the greatest value that are tolerated. */
  readonly tolerated: readonly [number, number];
  readonly verdict: 'fair' | 'disparate' | 'inconclusive';
}

/** Predictions and what came true. */
export interface JudgedRows {
  readonly task: Task;
  readonly actual: Float64Array;
  readonly predicted: Float64Array;
  /** A prediction from here on selects its row. */
  readonly threshold: number;
}

type IsMember = (row: number) => boolean;

export function measureGroup(rows: JudgedRows, isMember: IsMember, confidence: number): GroupMeasures {
  const { count, selected, wrong, errors, residuals } = summarize(rows, isMember);
  return {
    error: rows.task === 'classification' ? wilson(wrong, count, confidence) : meanInterval(errors, confidence),
    selectionRate: wilson(selected, count, confidence),
    calibration: meanInterval(residuals, confidence),
  };
}

/** The disparities between the members and all other rows. */
export function compareGroups(
  rows: JudgedRows,
  isMember: IsMember,
  confidence: number,
  { ratio, calibration }: FairnessLimits,
): readonly Disparity[] {
  const [group, rest] = [summarize(rows, isMember), summarize(rows, (row) => !isMember(row))];
  const errorRatio =
    rows.task === 'classification'
      ? rateRatio(group.wrong, group.count, rest.wrong, rest.count, confidence)
      : meanRatio(group.errors, rest.errors, confidence);
  const selectionRatio = rateRatio(group.selected, group.count, rest.selected, rest.count, confidence);
  const difference = meanDifference(group.residuals, rest.residuals, confidence);
  return [
    judge('error_ratio', errorRatio, ratio, 1 / ratio),
    judge('selection_ratio', selectionRatio, ratio, 1 / ratio),
    judge('calibration_difference', difference, -calibration, calibration),
  ];
}

function judge(measure: Disparity['measure'], estimate: Estimate, least: number, most: number): Disparity {
  const { value, lower, upper } = estimate;
  const isBeyond = lower > most || upper < least;
  const isWithin = lower >= least && upper <= most;
  return {
    measure,
    value: finite(value),
    lower,
    upper: finite(upper),
    tolerated: [least, most],
    verdict: isBeyond ? 'disparate' : isWithin ? 'fair' : 'inconclusive',
  };
}

/** JSON has no infinities: a ratio to no error at all is as large as can be. */
const finite = (ratio: number): number => Math.min(ratio, Number.MAX_VALUE);

interface Summary {
  readonly count: number;
  readonly selected: number;
  /** Rows of the other class than was said; of classification. */
  readonly wrong: number;
  /** Absolute ones. */
  readonly errors: Float64Array;
  readonly residuals: Float64Array;
}

function summarize({ actual, predicted, threshold }: JudgedRows, isMember: IsMember): Summary {
  const residuals: number[] = [];
  let [selected, wrong] = [0, 0];
  for (let row = 0; row < actual.length; row++) {
    if (!isMember(row)) continue;
    const [truth, said] = [actual[row]!, predicted[row]!];
    const isSelected = said >= threshold;
    selected += Number(isSelected);
    wrong += Number(isSelected !== (truth === 1));
    residuals.push(said - truth);
  }
  const values = Float64Array.from(residuals);
  return { count: values.length, selected, wrong, errors: values.map(Math.abs), residuals: values };
}
