import { normalCdf, normalQuantile } from '../../stats/distributions/normal.js';
import { studentTQuantile } from '../../stats/distributions/student-t.js';
import { equalClusters } from '../../stats/effective-size.js';
import { quantile } from '../../stats/quantile.js';
import { type Estimate, wilson } from '../../stats/wilson.js';
import { checkCount, checkOptions, refuse } from '../../util/check.js';
import { type Watch, inSteps } from '../../util/in-steps.js';
import { type Random, randomInt } from '../../util/random.js';
import type { Task } from '../contract.js';
import { calibrationGaps } from './calibration.js';
import { metricsOf } from './metrics-of.js';

export interface MetricIntervalOptions extends Watch {
  readonly random: Random;
  /** Of each interval; 0.95 unless told. */
  readonly confidence?: number;
  /** Samples drawn; 1,000 unless told. */
  readonly resamples?: number;
  /** Number of the cluster of each row, from 0, such as its date: rows of one are drawn together. Each row by itself unless given. */
  readonly clusters?: Int32Array;
}

/**
 * Every metric of a task with a bootstrap interval: the quantiles of the metric over samples of the rows drawn with
 * replacement (percentile bootstrap, Efron & Tibshirani 1993, ch. 13), seeded. The quantiles lie further out than the
 * confidence says, by as much as makes up for the narrowness of bootstraps of few rows or clusters (the expanded percentile
 * interval; Hesterberg 2015, The American Statistician 69(4)): of fewer than six clusters it is too narrow still. A metric that has no value in more than
 * half of the samples, such as the ROC curve of a single class, has no interval.
 *
 * The calibration error is a sum of distances, which chance can only lengthen, and resampling lengthens once more: its
 * interval is as far to both sides as the bins' own gaps moved in the samples, added up, which by the triangle inequality
 * is no less than the error did.
 *
 * No sample holds what has not happened among the rows. So the intervals of `log_loss` and `brier` are no narrower than the outcomes
 * make them that the probabilities let come true, and those of `accuracy`, `precision` and `recall` than Wilson's of a share (1927).
 *
 * @throws MLOpsError `INVALID_INPUT` as {@link metricsOf}, `ABORTED`
 */
export async function metricIntervals(
  task: Task,
  actual: Float64Array,
  predicted: Float64Array,
  options: MetricIntervalOptions,
): Promise<Readonly<Record<string, Estimate>>> {
  checkOptions(options, ['random', 'confidence', 'resamples', 'clusters', 'signal', 'onProgress'], 'metricIntervals');
  const { confidence = 0.95, resamples = 1000, clusters } = options;
  if (!(confidence > 0 && confidence < 1)) refuse(`confidence must be between 0 and 1, got ${confidence}`);
  checkCount(resamples, 'resamples', 20, 1_000_000);
  if (clusters !== undefined && clusters.length !== actual.length) {
    refuse(`clusters has ${clusters.length} numbers for ${actual.length} rows`);
  }
  const values = metricsOf(task, actual, predicted);
  const drawn = await inSteps(resample(task, actual, predicted, options, resamples), options);
  const independent = clusters === undefined ? actual.length : equalClusters(clusters);
  const tail = expanded((1 - confidence) / 2, independent);
  const least =
    task === 'classification' ? leastIntervals(actual, predicted, values, confidence, independent) : undefined;
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      if (name === 'calibration') {
        const moved = quantile(Float64Array.from(drawn, (sample) => sample[name]!).sort(), 1 - 2 * tail);
        return [[name, { value, lower: Math.max(0, value - moved), upper: Math.min(1, value + moved) }] as const];
      }
      const sorted = Float64Array.from(drawn.map((sample) => sample[name] ?? NaN).filter(Number.isFinite)).sort();
      if (sorted.length < resamples / 2) return [];
      const { lower, upper } = least?.[name] ?? { lower: value, upper: value };
      const ends = {
        lower: Math.min(lower, quantile(sorted, tail)),
        upper: Math.max(upper, quantile(sorted, 1 - tail)),
      };
      return [[name, { value, ...ends }] as const];
    }),
  );
}

/** Of metrics that rows may leave no doubt about, though others would. */
function leastIntervals(
  actual: Float64Array,
  predicted: Float64Array,
  values: Readonly<Record<string, number>>,
  confidence: number,
  independent: number,
): Readonly<Partial<Record<string, Omit<Estimate, 'value'>>>> {
  const n = actual.length;
  /** What an outcome of 1 costs more than one of 0. */
  const byOutcomes = (name: string, cost: (probability: number) => number, most: number): Omit<Estimate, 'value'> => {
    const variance = predicted.reduce((sum, p) => sum + p * (1 - p) * cost(p) ** 2, 0) / n ** 2;
    const margin = normalQuantile((1 + confidence) / 2) * Math.sqrt(variance);
    return { lower: Math.max(0, values[name]! - margin), upper: Math.min(most, values[name]! + margin) };
  };
  const ofShare = (name: string, rows: number): Omit<Estimate, 'value'> => {
    const count = (rows * independent) / n;
    return rows === 0 ? { lower: 0, upper: 1 } : wilson(values[name]! * count, count, confidence);
  };
  const rowsAbove = (cells: Float64Array): number => cells.reduce((sum, cell) => sum + Number(cell >= 0.5), 0);
  return {
    log_loss: byOutcomes('log_loss', (p) => (p === 0 || p === 1 ? 0 : Math.log1p(-p) - Math.log(p)), Infinity),
    brier: byOutcomes('brier', (p) => 1 - 2 * p, 1),
    accuracy: ofShare('accuracy', n),
    precision: ofShare('precision', rowsAbove(predicted)),
    recall: ofShare('recall', rowsAbove(actual)),
  };
}

/** The tail that makes the percentile interval of a mean of so many as wide as Student's. */
const expanded = (tail: number, count: number): number =>
  count > 1 ? normalCdf(-Math.sqrt(count / (count - 1)) * studentTQuantile(tail, Math.max(1, count - 1))) : 0;

/** The metrics of each sample; in place of `calibration` how far the gaps of its bins moved. */
function* resample(
  task: Task,
  actual: Float64Array,
  predicted: Float64Array,
  { random, clusters }: MetricIntervalOptions,
  resamples: number,
): Generator<number, readonly Record<string, number>[]> {
  // Rows in the order of their predictions: the metrics that sort find their work done.
  const order = Int32Array.from(predicted, (_, row) => row).sort((a, b) => predicted[b]! - predicted[a]!);
  const clusterCount = clusters?.reduce((most, cluster) => Math.max(most, cluster + 1), 0) ?? actual.length;
  const times = new Int32Array(clusterCount);
  const found: Record<string, number>[] = [];
  const gaps = task === 'classification' ? calibrationGaps(actual, predicted) : undefined;
  for (let b = 0; b < resamples; b++) {
    times.fill(0);
    for (let i = 0; i < clusterCount; i++) times[randomInt(random, clusterCount)]!++;
    const rows = repeatRows(order, times, clusters);
    if (rows.length > 0) {
      const sample = [take(actual, rows), take(predicted, rows)] as const;
      const moved = gaps && calibrationGaps(...sample).reduce((sum, gap, bin) => sum + Math.abs(gap - gaps[bin]!), 0);
      found.push({ ...metricsOf(task, ...sample), ...(moved !== undefined && { calibration: moved }) });
    }
    yield b / resamples;
  }
  return found;
}

function repeatRows(order: Int32Array, times: Int32Array, clusters: Int32Array | undefined): Int32Array {
  const timesOf = (row: number): number => times[clusters === undefined ? row : clusters[row]!]!;
  let count = 0;
  for (const row of order) count += timesOf(row);
  const rows = new Int32Array(count);
  let at = 0;
  for (const row of order) for (let i = timesOf(row); i > 0; i--) rows[at++] = row;
  return rows;
}

const take = (values: Float64Array, rows: Int32Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
