import { type Table, type TableInput, toTable } from '../../data/table.js';
import { quantile } from '../../stats/quantile.js';
import { checkCount, checkFraction, checkOneOf, checkOptions, refuse } from '../../util/check.js';
import type { Task } from '../contract.js';
import { checkPairs } from '../metrics/check-pairs.js';
import { numericTarget } from '../target.js';
import {
  type Disparity,
  type FairnessLimits,
  type GroupMeasures,
  compareGroups,
  measureGroup,
} from './compare-groups.js';
import { groupsOf } from './group-column.js';

export type { Disparity, FairnessLimits, GroupMeasures } from './compare-groups.js';

/** Which groups {@link groupFairness} compares, by which measure and limits. */
export interface GroupFairnessOptions {
  readonly task: Task;
  readonly targetColumn: string;
  /** Column that says which group a row belongs to; it need not be a feature. */
  readonly groupColumn: string;
  /** A prediction from here on selects a row: 0.5 for classification, the median prediction for regression unless told. */
  readonly threshold?: number;
  /** Groups of fewer rows are counted, not judged; 100 unless told. */
  readonly minRows?: number;
  /** Of the intervals of the measures, and of all disparities together; 0.95 unless told. */
  readonly confidence?: number;
  /** What is tolerated: see {@link FairnessLimits}. */
  readonly limits?: Partial<FairnessLimits>;
}

/** `unfair` and `fair` are proved; `inconclusive`: too few rows to tell. */
export type FairnessVerdict = 'fair' | 'disparate' | 'inconclusive';

/** How a model treats one group. */
export interface GroupResult {
  readonly group: string;
  readonly rows: number;
  readonly verdict: FairnessVerdict | 'too_few_rows';
  /** With intervals; absent where rows are too few. */
  readonly measures?: GroupMeasures;
  /** Beside all other rows. */
  readonly disparities?: readonly Disparity[];
}

/** How a model treats the groups of a column, by {@link groupFairness}. */
export interface FairnessReport {
  readonly groupColumn: string;
  readonly rows: number;
  /** `inconclusive` when some interval reaches over what is tolerated, or fewer than two groups have rows enough. */
  readonly verdict: FairnessVerdict;
  readonly threshold: number;
  readonly confidence: number;
  readonly minRows: number;
  readonly limits: FairnessLimits;
  readonly groups: readonly GroupResult[];
}

/** Four fifths (US Uniform Guidelines on Employee Selection Procedures, 1978, 29 CFR 1607.4 D) and its inverse. */
const ratioLimit = 0.8;

const tasks = ['regression', 'classification'] as const;
const optionNames = ['task', 'targetColumn', 'groupColumn', 'threshold', 'minRows', 'confidence', 'limits'];

/** Refuses what would tolerate everything, or nothing. */
function checkLimits({ threshold, limits = {} }: GroupFairnessOptions): void {
  if (threshold !== undefined && !Number.isFinite(threshold)) refuse(`threshold must be a number, got ${threshold}`);
  checkOptions(limits, ['ratio', 'calibration'], 'limits');
  const { ratio = ratioLimit, calibration = 0 } = limits;
  if (!(ratio > 0 && ratio <= 1)) refuse(`limits.ratio must be above 0 and at most 1, such as 0.8, got ${ratio}`);
  if (!(calibration >= 0 && calibration < Infinity))
    refuse(`limits.calibration must be at least 0, got ${calibration}`);
}

/**
 * Whether a model errs, selects and is calibrated alike in all groups. Each group is compared with all other rows: the
 * ratio of the errors, the ratio of the shares selected, and the difference of the mean residuals, each with an interval
 * at a confidence that holds for all of them together (Bonferroni). A disparity is one whose interval lies beyond what is
 * tolerated, fairness one whose interval lies within; between the two nobody knows.
 *
 * @param predicted a prediction for each row of the data
 * @example
 * groupFairness(holdout, model.predictBatch(holdout), { task: 'regression', targetColumn: 'spread_bps', groupColumn: 'sector' });
 * @throws MLOpsError `INVALID_INPUT` for columns that are not there, missing targets, or options out of range
 */
export function groupFairness(
  data: TableInput,
  predicted: Float64Array,
  options: GroupFairnessOptions,
): FairnessReport {
  checkOptions(options, optionNames, 'groupFairness');
  const { targetColumn, groupColumn, minRows = 100 } = options;
  const task = checkOneOf(options.task, tasks, 'task');
  checkLimits(options);
  const table: Table = toTable(data);
  const confidence = checkFraction(options.confidence ?? 0.95, 'confidence');
  checkCount(minRows, 'minRows', 30, Number.MAX_SAFE_INTEGER);
  const actual = numericTarget(table, targetColumn);
  checkPairs(actual, predicted);
  const threshold = options.threshold ?? (task === 'classification' ? 0.5 : quantile(predicted.slice().sort(), 0.5));
  const rows = { task, actual, predicted, threshold };
  const limits = { ratio: ratioLimit, calibration: defaultGap(task, actual, predicted), ...options.limits };
  const { names, codes } = groupsOf(table.column(groupColumn));
  const counts = new Int32Array(names.length);
  for (const code of codes) counts[code]!++;
  const judged = [...names.keys()].filter(
    (code) => counts[code]! >= minRows && codes.length - counts[code]! >= minRows,
  );
  const perDisparity = 1 - (1 - confidence) / Math.max(1, 3 * judged.length);
  const groups = names.map((group, code): GroupResult => {
    const isMember = (row: number): boolean => codes[row] === code;
    if (!judged.includes(code)) return { group, rows: counts[code]!, verdict: 'too_few_rows' };
    const disparities = compareGroups(rows, isMember, perDisparity, limits);
    const measures = measureGroup(rows, isMember, confidence);
    return {
      group,
      rows: counts[code]!,
      verdict: worstOf(disparities.map(({ verdict }) => verdict)),
      measures,
      disparities,
    };
  });
  const verdicts = groups.flatMap(({ verdict }) => (verdict === 'too_few_rows' ? [] : [verdict]));
  const verdict = verdicts.length < 2 ? 'inconclusive' : worstOf(verdicts);
  return { groupColumn, rows: codes.length, verdict, threshold, confidence, minRows, limits, groups };
}

/** Five points of probability; for regression a quarter of the mean absolute error. */
function defaultGap(task: Task, actual: Float64Array, predicted: Float64Array): number {
  if (task === 'classification') return 0.05;
  return actual.reduce((sum, truth, i) => sum + Math.abs(truth - predicted[i]!), 0) / actual.length / 4;
}

function worstOf(verdicts: readonly FairnessVerdict[]): FairnessVerdict {
  if (verdicts.includes('disparate')) return 'disparate';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'fair';
}
