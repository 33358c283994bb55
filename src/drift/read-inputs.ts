import { modelHint } from '../config/model-hint.js';
import { summaryOf } from '../data/baseline-profile.js';
import { type DataSummary, summarizeData } from '../data/data-summary.js';
import { type DataSource, readTable } from '../data/read-table.js';
import { Table } from '../data/table.js';
import type { Context } from '../runtime/context.js';
import { dataBoundary } from '../runtime/protection.js';
import { checkFeatures, checkName, checkOptionalName, checkOptions, refuse } from '../util/check.js';
import type { DriftInputs } from './comparisons.js';
import { type DetectDriftOptions, detectDriftOptionNames } from './drift-options.js';
import { checkTestNames } from './two-sample-tests.js';

/** A drift check's inputs, validated; data as rows, or as counts where the rows are not held. */
export type CheckedInputs = Omit<DriftInputs, 'baseline' | 'current'> & {
  readonly baseline: Table | DataSummary;
  readonly current: Table | DataSummary;
};

/** What is registered about the version watched. */
export interface KnownBaseline {
  /** Counts of its profile, when no other baseline is given. */
  readonly baseline?: DataSummary;
  readonly featureColumns?: readonly string[];
  readonly targetColumn?: string;
  readonly modelType?: string;
}

/** Refuses options that contradict each other, before anything is read. */
export function checkDriftOptions(options: DetectDriftOptions): void {
  checkOptions(options, detectDriftOptionNames, 'detectDrift');
  checkName(options.modelName, 'modelName');
  checkOptionalName(options.modelVersion, 'modelVersion');
  const { baselineData, baselineProfile, modelVersion, streaming, predictionColumn, clusterColumn, tests } = options;
  if (baselineData !== undefined && baselineProfile !== undefined) {
    refuse('baselineData and baselineProfile are two baselines; leave one of them out');
  }
  if (baselineData === undefined && baselineProfile === undefined && modelVersion === undefined) {
    refuse('nothing to compare with: pass baselineData, baselineProfile, or a modelVersion registered with a profile');
  }
  if (predictionColumn !== undefined && (streaming === true || baselineData === undefined)) {
    refuse(
      'predictionColumn has no effect without the rows of both sides, which residuals need; pass baselineData, without streaming, or leave it out',
    );
  }
  if (clusterColumn !== undefined && (streaming === true || baselineData === undefined)) {
    refuse(
      'clusterColumn needs the rows of both sides: dependence does not show in counts; pass baselineData, without streaming',
    );
  }
  if (tests === undefined) return;
  checkTestNames(tests);
  if (streaming === true || baselineData === undefined) {
    refuse('tests need the rows of both sides, not counts; pass baselineData, without streaming');
  }
  if (clusterColumn !== undefined) {
    refuse('tests take rows for independent, which clusterColumn says they are not; leave one of them out');
  }
}

/**
 * Reads both data sets, sensitive columns replaced, and decides which columns are compared.
 *
 * @param known what is registered about the version watched
 */
export async function readInputs(
  context: Pick<Context, 'config' | 'keys'>,
  options: DetectDriftOptions,
  known: KnownBaseline,
): Promise<CheckedInputs> {
  const { modelName, predictionColumn, clusterColumn, baselineData, baselineProfile } = options;
  const modelType = options.modelType ?? known.modelType ?? modelName;
  const policy = context.config.modelPolicy(modelType);
  const boundary = dataBoundary(context);
  const { signal, onProgress, streaming } = options;
  const read = async (source: DataSource, from: number): Promise<Table | DataSummary> =>
    streaming === true
      ? summarizeData(source, { signal, onProgress: (share) => onProgress?.(from + share / 2) }, boundary.table)
      : boundary.table(await readTable(source, { signal, unreadable: 'missing' }));
  const told = baselineProfile === undefined ? known.baseline : summaryOf(baselineProfile);
  const baseline = baselineData === undefined ? await boundary.summary(told!) : await read(baselineData, 0);
  const current = await read(options.currentData, baselineData === undefined ? 0 : 0.5);
  const targetColumn = options.targetColumn ?? policy.targetColumn ?? known.targetColumn;
  const fromPolicy = policy.featureColumns.length > 0 ? policy.featureColumns : (known.featureColumns ?? []);
  const featureColumns = checkFeatures(options.featureColumns ?? fromPolicy);
  if (featureColumns.length === 0) {
    const hint = modelHint(context.config.policy, modelType);
    refuse(`featureColumns is empty; pass it, or list models.${modelType}.feature_columns in the policy${hint}`);
  }
  requireColumn(predictionColumn, baseline, current);
  requirePredictions(predictionColumn, baseline, current);
  requireColumn(options.targetColumn, baseline, current);
  const hasColumns = baseline.columns.size + current.columns.size > 0; // no data at all are not assessed
  if (hasColumns) for (const column of options.featureColumns ?? []) requireColumn(column, baseline, current);
  for (const table of [baseline, current]) {
    if (clusterColumn !== undefined && table instanceof Table) table.column(clusterColumn);
  }
  return {
    modelName,
    policy,
    baseline,
    current,
    featureColumns,
    ...(targetColumn !== undefined && { targetColumn }),
    ...(predictionColumn !== undefined && { predictionColumn }),
    ...(clusterColumn !== undefined && { clusterColumn }),
    ...(options.tests !== undefined && { tests: options.tests }),
  };
}

/** Predictions of one side may be lost, which is a finding; where neither side has numbers they are something else. */
function requirePredictions(column: string | undefined, ...sides: readonly (Table | DataSummary)[]): void {
  if (column === undefined || sides.some(({ columns }) => columns.get(column)?.kind === 'numeric')) return;
  refuse(`predictionColumn ${JSON.stringify(column)} holds no numbers; predictions of classes are probabilities`);
}

/** A column named by the caller must be in one of the data sets; one missing from the other is a finding. */
function requireColumn(column: string | undefined, baseline: Table | DataSummary, current: Table | DataSummary): void {
  if (column === undefined || baseline.columns.has(column) || current.columns.has(column)) return;
  if (baseline instanceof Table) baseline.column(column);
  else refuse(`there is no column ${JSON.stringify(column)}; there are ${[...baseline.columns.keys()].join(', ')}`);
}
