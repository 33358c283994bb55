import { type DataSummary, summarizeData } from '../data/data-summary.js';
import { Table } from '../data/table.js';
import type { Model } from '../models/model.js';
import { type Watch, inSteps } from '../util/in-steps.js';
import { type ComparedColumn, type ComparedData, schemaOf } from './assess-drift.js';
import { compareSummaries } from './compare-summaries.js';
import { compareTables } from './compare-tables.js';
import { clusterPairSteps, comparisonSteps } from './comparisons.js';
import type { CheckedInputs } from './read-inputs.js';

/** What {@link judgeDrift} needs of the data. */
export interface MeasuredDrift {
  readonly compared: readonly ComparedColumn[];
  readonly data: { readonly baseline: ComparedData; readonly current: ComparedData };
}

/** Measures every column: from rows where both sides have them, else from counts. */
export async function measureDrift(
  inputs: CheckedInputs,
  model: Model | undefined,
  { signal, onProgress }: Watch,
): Promise<MeasuredDrift> {
  const { baseline, current } = inputs;
  const rows = { baseline: baseline.rowCount, current: current.rowCount };
  if (baseline instanceof Table && current instanceof Table) {
    const held = { ...inputs, baseline, current };
    const comparisons = await inSteps(comparisonSteps(held, model), { signal });
    const clusters = await inSteps(clusterPairSteps(held), { signal });
    const compared = await compareTables(comparisons, rows, { signal, onProgress }, clusters);
    return {
      compared,
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
