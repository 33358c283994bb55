import { type DataSummary, summarizeData } from '../data/data-summary.js';
import { Table } from '../data/table.js';
import { MLOpsError } from '../errors.js';
import type { Model } from '../models/model.js';
import { holdsOutcomes, numericTarget } from '../models/target.js';
import type { Random } from '../util/random.js';
import { type Watch, inSteps } from '../util/in-steps.js';
import { type ComparedColumn, type ComparedData, schemaOf } from './assess-drift.js';
import { compareSummaries } from './compare-summaries.js';
import { compareTables } from './compare-tables.js';
import type { ClusterPair } from './clusters.js';
import { type DriftInputs, Predictions, clusterPairSteps, comparisonSteps } from './comparisons.js';
import { type MeasuredJoint, jointTests } from './joint-tests.js';
import { measurePerformance } from './measure-performance.js';
import type { MeasuredPerformance } from './performance-change.js';
import type { CheckedInputs } from './read-inputs.js';

/** What {@link judgeDrift} needs of the data. */
export interface MeasuredDrift {
  readonly compared: readonly ComparedColumn[];
  readonly data: { readonly baseline: ComparedData; readonly current: ComparedData };
  readonly performance?: MeasuredPerformance | undefined;
  readonly joint?: MeasuredJoint;
  /** Why performance could not be measured, though there are predictions. */
  readonly problem?: string;
}

/** Measures every column: from rows where both sides have them, else from counts. */
export async function measureDrift(
  inputs: CheckedInputs,
  model: Model | undefined,
  random: Random,
  { signal, onProgress }: Watch,
): Promise<MeasuredDrift> {
  const { baseline, current } = inputs;
  const rows = { baseline: baseline.rowCount, current: current.rowCount };
  if (baseline instanceof Table && current instanceof Table) {
    const held = { ...inputs, baseline, current };
    const predictions = new Predictions(inputs.predictionColumn, model);
    const comparisons = await inSteps(comparisonSteps(held, predictions), { signal });
    const clusters = await inSteps(clusterPairSteps(held), { signal });
    const { tests } = inputs;
    const compared = await compareTables(comparisons, rows, { signal, onProgress }, { clusters, tests });
    const joint = tests && (await jointTests(held, tests, random.split('joint'), signal));
    const performance = await performanceOf(held, model, { clusters, random, predictions }, { signal }).catch(
      problemOf,
    );
    return {
      compared,
      ...(typeof performance === 'string' ? { problem: performance } : { performance }),
      ...(joint !== undefined && { joint }),
      data: { baseline: await describeTable(baseline, signal), current: await describeTable(current, signal) },
    };
  }
  const counted = async (side: Table | DataSummary): Promise<DataSummary> =>
    side instanceof Table ? summarizeData(side, { signal }) : side;
  const data = { baseline: await counted(baseline), current: await counted(current) };
  return {
    compared: compareCounts(inputs, data),
    data: { baseline: describeSummary(data.baseline), current: describeSummary(data.current) },
  };
}

/** What went wrong with the performance leaves the drift of the columns alone. */
function problemOf(error: unknown): string {
  if (!(error instanceof MLOpsError) || error.code === 'ABORTED') throw error;
  return error.message;
}

/** From predictions of both sides, where they can be had. Predictions without a model are of the task their policy says. */
async function performanceOf(
  inputs: DriftInputs,
  model: Model | undefined,
  {
    clusters,
    random,
    predictions,
  }: { readonly clusters: ClusterPair | undefined; readonly random: Random; readonly predictions: Predictions },
  watch: Watch,
): Promise<MeasuredPerformance | undefined> {
  const { baseline, current, featureColumns, targetColumn } = inputs;
  if (targetColumn === undefined) return undefined;
  for (const table of [baseline, current]) {
    if (!table.columns.has(targetColumn) || holdsOutcomes(table.columns.get(targetColumn))) continue;
    // Whoever names predictions expects an answer: what is wrong with the target is thrown.
    if (inputs.predictionColumn !== undefined) numericTarget(table, targetColumn);
    return undefined;
  }
  if (!baseline.columns.has(targetColumn)) return undefined;
  const before = await inSteps(predictions.steps(baseline), watch);
  const after = await inSteps(predictions.steps(current), watch);
  if (before === undefined || after === undefined) return undefined;
  const task = inputs.predictionColumn === undefined && model !== undefined ? model.task : inputs.policy.task;
  const isTruth = (value: number): boolean => Number.isNaN(value) || value === 0 || value === 1;
  if (task === 'classification' && !numericTarget(baseline, targetColumn).every(isTruth)) return undefined;
  return measurePerformance(
    {
      baseline: { table: baseline, predictions: before },
      current: { table: current, predictions: after },
      task,
      targetColumn,
      featureColumns,
      clusters,
      random,
    },
    watch,
  );
}

/** Compares data sets known by their counts. Pure. */
export function compareCounts(
  { featureColumns, targetColumn }: Pick<CheckedInputs, 'featureColumns' | 'targetColumn'>,
  { baseline, current }: { readonly baseline: DataSummary; readonly current: DataSummary },
): ComparedColumn[] {
  const rows = { baseline: baseline.rowCount, current: current.rowCount };
  const compare = (name: string, role: ComparedColumn['role']): ComparedColumn => ({
    role,
    effects: compareSummaries(name, baseline.columns.get(name), current.columns.get(name), rows),
  });
  const features = featureColumns.map((name) => compare(name, 'feature'));
  // A target that one side has not is not compared: outcomes often arrive late.
  const isKnown = ({ columns }: DataSummary): boolean => columns.has(targetColumn ?? '');
  return targetColumn !== undefined && (isKnown(baseline) || isKnown(current))
    ? [...features, compare(targetColumn, 'target')]
    : features;
}

async function describeTable(table: Table, signal: AbortSignal | undefined): Promise<ComparedData> {
  return { digest: await table.digestInSteps({ signal }), rowCount: table.rowCount, schema: schemaOf(table) };
}

/** What a report says of data known by its counts. */
export const describeSummary = ({ digest, rowCount, columns }: DataSummary): ComparedData => ({
  digest,
  rowCount,
  schema: new Map(Array.from(columns, ([name, column]) => [name, column.kind])),
});
