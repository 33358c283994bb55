import { sumValue } from '../../stats/exact-accumulator.js';
import type { ClusterSums } from '../../stats/stratified-difference.js';
import type { CellTable } from './deployment-statistics.js';

/** Something whose mean is compared between two models. */
export interface Measure {
  readonly name: string;
  readonly better: 'lower' | 'higher';
  /** A rate is a mean of zeros and ones. */
  readonly isRate: boolean;
  /** How much larger one model's mean may be when it is "r times as good" in the metric: r to this power. */
  readonly power: 1 | 2;
  /** Observations of a cell, row i. */
  readonly count: (cells: CellTable, i: number) => number;
  /** Their sum. */
  readonly sum: (cells: CellTable, i: number) => number;
}

/** A measure of one of the policy's metrics. */
export interface MetricMeasure extends Measure {
  readonly task: 'regression' | 'classification';
  /** Regression: the sums of pairs it is computed from. */
  readonly loss?: 'absolute' | 'squared';
  /** Classification: whether a labelled request counts, and whether as a hit. */
  readonly counts?: (predicted: boolean, actual: boolean) => boolean;
  readonly hits?: (predicted: boolean, actual: boolean) => boolean;
}

const loss = (name: 'absolute' | 'squared'): MetricMeasure => ({
  name: name === 'absolute' ? 'absolute error' : 'squared error',
  task: 'regression',
  better: 'lower',
  isRate: false,
  power: name === 'absolute' ? 1 : 2,
  loss: name,
  count: (cells, i) => cells.labels[i]!,
  sum: (cells, i) => sumValue(cells[name][i]!),
});

type Classes = Pick<MetricMeasure, 'name' | 'counts' | 'hits' | 'count' | 'sum'>;

const rate = (classes: Classes): MetricMeasure => ({
  task: 'classification',
  better: 'higher',
  isRate: true,
  power: 1,
  ...classes,
});

const isTruePositive = (predicted: boolean, actual: boolean): boolean => predicted && actual;

/**
 * How a policy metric is measured: the mean of a per-request value. RMSE is r times as good when the mean squared error is
 * at most 1/r² times as large. R² is judged as RMSE is: on the same targets both rank models alike. F1 is judged through
 * TP/(TP+FP+FN): F1 is a concave increasing function of it, so whoever is at least r times as good there is at least r
 * times as good in F1.
 */
export const metricMeasures: Readonly<Record<string, MetricMeasure>> = {
  mae: loss('absolute'),
  rmse: loss('squared'),
  r2_score: loss('squared'),
  accuracy: rate({
    name: 'hits',
    counts: () => true,
    hits: (predicted, actual) => predicted === actual,
    count: (cells, i) => cells.labels[i]!,
    sum: (cells, i) => cells.labels[i]! - cells.falsePositives[i]! - cells.falseNegatives[i]!,
  }),
  precision: rate({
    name: 'hits among predicted positives',
    counts: (predicted) => predicted,
    hits: isTruePositive,
    count: (cells, i) => cells.truePositives[i]! + cells.falsePositives[i]!,
    sum: (cells, i) => cells.truePositives[i]!,
  }),
  recall: rate({
    name: 'hits among actual positives',
    counts: (_predicted, actual) => actual,
    hits: isTruePositive,
    count: (cells, i) => cells.truePositives[i]! + cells.falseNegatives[i]!,
    sum: (cells, i) => cells.truePositives[i]!,
  }),
  f1_score: rate({
    name: 'hits among predicted or actual positives',
    counts: (predicted, actual) => predicted || actual,
    hits: isTruePositive,
    count: (cells, i) => cells.truePositives[i]! + cells.falsePositives[i]! + cells.falseNegatives[i]!,
    sum: (cells, i) => cells.truePositives[i]!,
  }),
};

const eventRate = (
  name: string,
  count: (cells: CellTable, i: number) => number,
  sum: (cells: CellTable, i: number) => number,
): Measure => ({ name, better: 'lower', isRate: true, power: 1, count, sum });

export const errorRate = eventRate(
  'errors',
  (cells, i) => cells.requests[i]!,
  (cells, i) => cells.errors[i]!,
);
export const slowRate = eventRate(
  'slow answers',
  (cells, i) => cells.requests[i]!,
  (cells, i) => cells.slow[i]!,
);
export const missRate = eventRate(
  'misses',
  (cells, i) => cells.labels[i]!,
  (cells, i) => cells.misses[i]!,
);
/** Labels among the requests that were answered. */
export const joinRate = eventRate(
  'labels',
  (cells, i) => cells.requests[i]! - cells.errors[i]!,
  (cells, i) => cells.labels[i]!,
);

/** The factor k in "the canary is exactly `threshold` times as good": mean of canary = k · mean of production. */
export const factorOf = ({ better, power }: Measure, threshold: number): number =>
  better === 'higher' ? threshold ** power : threshold ** -power;

/** A measure's counts and sums by key group. */
export function clusterSums(cells: CellTable, measure: Measure, groups: number): ClusterSums {
  const counts = new Float64Array(groups);
  const sums = new Float64Array(groups);
  cells.group.forEach((group, i) => {
    counts[group] = measure.count(cells, i);
    sums[group] = measure.sum(cells, i);
  });
  return { counts, sums };
}
