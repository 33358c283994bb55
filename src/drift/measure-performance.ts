import { type Column, numberColumn } from '../data/column.js';
import type { Table } from '../data/table.js';
import type { Task } from '../models/model.js';
import { predictInSteps } from '../models/predict-in-steps.js';
import { numericTarget } from '../models/target.js';
import { trainerFor } from '../models/trainer.js';
import { confidenceBasedPerformance } from '../stats/confidence-based-performance.js';
import { type HeldOutLosses, directLossEstimate } from '../stats/direct-loss.js';
import { equalClusters, uncertainty, varianceGrowth } from '../stats/effective-size.js';
import { type Estimate, meanEstimate } from '../stats/estimate.js';
import type { Watch } from '../util/in-steps.js';
import { type Random, shuffle } from '../util/random.js';
import type { ClusterPair } from './clusters.js';
import type { MeasuredPerformance } from './performance-change.js';

/** Rows of one side, with what the model said of them. */
export interface PredictedSide {
  readonly table: Table;
  readonly predictions: Float64Array;
}

export interface PerformanceSubject {
  readonly baseline: PredictedSide;
  readonly current: PredictedSide;
  readonly task: Task;
  readonly targetColumn: string;
  readonly featureColumns: readonly string[];
  readonly clusters: ClusterPair | undefined;
  readonly random: Random;
}

/** Fewest rows of a side, with an outcome or with a prediction to estimate from, of which anything is said. */
const fewest = 30;

/** Rows from which the model of the loss learns at most; more change the estimate little. */
const mostReference = 20_000;

/**
 * How well the model does now against the baseline: from labels where the current data have them, else estimated: by CBPE
 * for classification, by DLE for regression. Undefined when either side has too few rows: 30 with labels in the baseline,
 * 30 with a prediction now.
 */
export async function measurePerformance(
  subject: PerformanceSubject,
  watch: Watch,
): Promise<MeasuredPerformance | undefined> {
  const { baseline, current, task, clusters } = subject;
  const before = labelled(baseline, subject);
  if (before === undefined || before.rows.length < fewest) return undefined;
  const metric = task === 'classification' ? 'accuracy' : 'mae';
  const after = labelled(current, subject);
  const mean = (of: Labelled, codes: Int32Array | undefined): Estimate => {
    const { value, variance } = meanOf(of, codes);
    return { value, variance: task === 'classification' ? Math.max(variance, leastVariance(of.losses)) : variance };
  };
  const known = { metric, baseline: mean(before, clusters?.baseline.codes) } as const;
  if (after !== undefined && after.rows.length >= fewest) {
    const rows = { baseline: before.rows.length, current: after.rows.length };
    return { ...known, source: 'labels', current: mean(after, clusters?.current.codes), rows, also: {} };
  }
  const predicted = current.predictions.reduce((sum, value) => sum + Number(Number.isFinite(value)), 0);
  if (predicted < fewest) return undefined; // a row or two would be as sure of themselves as the model is of them
  if (task === 'classification') return { ...known, ...byConfidence(subject, before) };
  return { ...known, ...(await byDirectLoss(subject, before, watch)) };
}

/** Rows whose outcome and prediction are known, and what each of them is worth. */
interface Labelled {
  readonly rows: Int32Array;
  readonly outcomes: Float64Array;
  /** Absolute errors, or 1 where the class was right and 0 where it was wrong. */
  readonly losses: Float64Array;
}

function labelled({ table, predictions }: PredictedSide, subject: PerformanceSubject): Labelled | undefined {
  if (!table.columns.has(subject.targetColumn)) return undefined;
  const actual = numericTarget(table, subject.targetColumn);
  const rows = rowsWhere(actual.length, (row) => Number.isFinite(actual[row]! - predictions[row]!));
  const loss = (row: number): number =>
    subject.task === 'regression'
      ? Math.abs(actual[row]! - predictions[row]!)
      : Number(predictions[row]! >= 0.5 === (actual[row] === 1));
  return { rows, outcomes: valuesOf(rows, (row) => actual[row]!), losses: valuesOf(rows, loss) };
}

/** A loop: lists of a million rows, filtered, would hold the event loop for half a second. */
function rowsWhere(count: number, holds: (row: number) => boolean): Int32Array {
  const rows = new Int32Array(count);
  let found = 0;
  for (let row = 0; row < count; row++) if (holds(row)) rows[found++] = row;
  return rows.subarray(0, found);
}

function valuesOf(rows: Int32Array, valueOf: (row: number) => number): Float64Array {
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = valueOf(rows[i]!);
  return values;
}

function meanOf({ rows, losses }: Labelled, codes: Int32Array | undefined): Estimate {
  if (codes === undefined) return meanEstimate(losses);
  const own = rows.map((row) => codes[row]!);
  return enlarged(meanEstimate(losses, own), uncertainty(Math.max(1, equalClusters(own) - 1)));
}

/** Of a share, with two imagined rows of each kind (Agresti & Coull 1998): 30 right answers of 30 do not prove 100%. */
function leastVariance(losses: Float64Array): number {
  const share = (losses.reduce((sum, loss) => sum + loss, 0) + 2) / (losses.length + 4);
  return (share * (1 - share)) / losses.length;
}

const enlarged = ({ value, variance }: Estimate, times: number): Estimate => ({ value, variance: times * variance });

/** How much more an estimate may err since rows of one cluster go together: from its errors on rows of the baseline. */
function dependence(
  { clusters }: PerformanceSubject,
  errors: Float64Array,
  rows: Int32Array,
  currentRows: Int32Array,
): number {
  if (clusters === undefined) return 1;
  const of = (codes: Int32Array, chosen: Int32Array): Int32Array => chosen.map((row) => codes[row]!);
  return varianceGrowth(errors, of(clusters.baseline.codes, rows), of(clusters.current.codes, currentRows));
}

const predictedRows = ({ predictions }: PredictedSide): Int32Array =>
  rowsWhere(predictions.length, (row) => Number.isFinite(predictions[row]));

type Estimated = Pick<MeasuredPerformance, 'source' | 'current' | 'rows' | 'also'>;

function byConfidence(subject: PerformanceSubject, before: Labelled): Estimated {
  const { baseline, current } = subject;
  const probabilities = current.predictions.filter(Number.isFinite);
  const reference = {
    probabilities: valuesOf(before.rows, (row) => baseline.predictions[row]!),
    outcomes: before.outcomes,
  };
  const estimates = confidenceBasedPerformance(reference, probabilities);
  const errors = before.losses.map((isRight, i) => {
    const probability = reference.probabilities[i]!;
    return isRight - Math.max(probability, 1 - probability);
  });
  const growth = dependence(subject, errors, before.rows, predictedRows(current));
  const { accuracy, ...also } = Object.fromEntries(
    Object.entries(estimates).map(([name, estimate]) => [name, enlarged(estimate, growth)]),
  );
  const rows = { baseline: before.rows.length, current: probabilities.length };
  return { source: 'cbpe', current: accuracy!, rows, also };
}

/** Names that no column of a caller has by accident. */
const lossColumn = '(loss)';
const predictionColumn = '(prediction)';

async function byDirectLoss(subject: PerformanceSubject, before: Labelled, watch: Watch): Promise<Estimated> {
  const { baseline, current, random } = subject;
  const order = before.rows.map((_, position) => position);
  shuffle(order, random.split('rows'));
  const chosen = order.subarray(0, mostReference);
  const at = (part: Int32Array): Int32Array => part.map((position) => before.rows[position]!);
  const lossesOf = (part: Int32Array): Float64Array => valuesOf(part, (i) => before.losses[i]!);
  const now = predictedRows(current);
  const currentRows = withPredictions(current);
  const half = chosen.length >> 1;
  const parts: HeldOutLosses[] = [];
  for (const [fold, [held, rest]] of [
    [chosen.subarray(0, half), chosen.subarray(half)] as const,
    [chosen.subarray(half), chosen.subarray(0, half)] as const,
  ].entries()) {
    const { model } = await trainerFor('gradient_boosting').train({
      table: rowsOf(baseline, at(rest)).withColumn(numberColumn('numeric', lossColumn, lossesOf(rest))),
      targetColumn: lossColumn,
      featureColumns: [...subject.featureColumns.filter((name) => isUsable(subject, name)), predictionColumn],
      task: 'regression',
      hyperparameters: { max_iterations: 50, max_leaf_nodes: 8, validation_size: 0.2, early_stopping_patience: 5 },
      random: random.split(`fold/${fold}`),
      ...(watch.signal !== undefined && { signal: watch.signal }),
    });
    const expectedNow = await predictInSteps(model, currentRows, watch); // of all rows: copying those to ask about takes longer
    parts.push({
      actual: lossesOf(held),
      expected: await predictInSteps(model, rowsOf(baseline, at(held)), watch),
      current: valuesOf(now, (row) => expectedNow[row]!),
    });
  }
  const errors = Float64Array.from(
    parts.flatMap(({ actual, expected }) => Array.from(actual, (loss, i) => loss - expected[i]!)),
  );
  const growth = dependence(subject, errors, at(chosen), now);
  const rows = { baseline: before.rows.length, current: now.length };
  return { source: 'dle', current: enlarged(directLossEstimate(parts), growth), rows, also: {} };
}

/** The rows, with the predictions as a column. */
const withPredictions = ({ table, predictions }: PredictedSide): Table =>
  table.withColumn(numberColumn('numeric', predictionColumn, predictions));

const rowsOf = (side: PredictedSide, rows: Int32Array): Table => withPredictions(side).take(rows);

/** Both sides have the column, with values of one kind. */
function isUsable({ baseline, current }: PerformanceSubject, name: string): boolean {
  const [before, after] = [baseline.table.columns.get(name), current.table.columns.get(name)];
  const hasValues = (column: Column, { table }: PredictedSide): boolean => column.missingCount < table.rowCount;
  return before?.kind === after?.kind && before !== undefined && hasValues(before, baseline) && before.kind !== 'date';
}
