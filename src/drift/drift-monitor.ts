import type { MLOpsConfig } from '../config/mlops-config.js';
import { type DataSummary, summarizeData } from '../data/data-summary.js';
import { type DataSource, readTable } from '../data/read-table.js';
import { Table } from '../data/table.js';
import { MLOpsError } from '../errors.js';
import { ControlPlane } from '../governance/control-plane.js';
import type { Model } from '../models/model.js';
import { evidenceChanges } from '../registry/evidence.js';
import { readModel } from '../registry/lookups.js';
import { type StoredVersion, versionId, versionsCollection } from '../registry/model-record.js';
import { type Context, type ContextOptions, createContext, deriveContext, shareContext } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import { checkName, checkOptionalName, checkOptions, refuse } from '../util/check.js';
import { toIso } from '../util/clock.js';
import { deepFreeze } from '../util/freeze.js';
import { inSteps } from '../util/in-steps.js';
import type { JsonValue } from '../util/json.js';
import { type ComparedColumn, type ComparedData, judgeDrift, schemaOf } from './assess-drift.js';
import { compareSummaries } from './compare-summaries.js';
import { compareTables } from './compare-tables.js';
import { clusterPairSteps, comparisonSteps, type DriftInputs } from './comparisons.js';
import type { DriftReport } from './drift-report.js';

export const driftReportsCollection = 'drift_reports';

export interface DetectDriftOptions {
  readonly modelName: string;
  /** The version watched. When it is registered, the report becomes evidence on it, and its model gives residuals. */
  readonly modelVersion?: string;
  /** What the model was trained on, or a period known to be good. */
  readonly baselineData: DataSource;
  /** What it meets now. */
  readonly currentData: DataSource;
  /** The model's `feature_columns` in the policy unless told. */
  readonly featureColumns?: readonly string[];
  readonly targetColumn?: string;
  /** Column that holds the model's predictions; without it, a registered version makes them. */
  readonly predictionColumn?: string;
  /**
   * Column that says which rows depend on each other, such as the security that recurs every month, or the month of a
   * daily series: rows with the same value there count as what they are worth as independent ones.
   */
  readonly clusterColumn?: string;
  /** Which policy section under `models` applies; the model's name unless told. */
  readonly modelType?: string;
  /**
   * Reads each data set once, a few thousand rows at a time, and keeps counts only: for files larger than memory. What
   * the counts leave open widens the intervals. Residuals and Wasserstein distances are not computed.
   */
  readonly streaming?: boolean;
  /** Stops the check; nothing is stored then, and it rejects with `ABORTED`. */
  readonly signal?: AbortSignal;
  /** Called with the share of the columns compared, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Tells whether the world has moved away from what a model was trained on. */
export class DriftMonitor {
  readonly #context: Context;
  readonly #control: ControlPlane;

  constructor(config: MLOpsConfig, options: ContextOptions | Context = {}) {
    this.#context = 'stores' in options ? options : createContext(config, options);
    this.#control = new ControlPlane(this.#context);
    shareContext(this, this.#context);
  }

  /** The same monitor, used by somebody else. */
  withPrincipal(principal: Principal): DriftMonitor {
    return new DriftMonitor(this.#context.config, deriveContext(this.#context, { principal }));
  }

  /**
   * Compares current data with a baseline, column by column, and stores the report. A column drifted when its effect
   * is above the policy's threshold with confidence, so neither a small sample nor a huge one raises an alarm by itself.
   *
   * @throws MLOpsError `INVALID_INPUT` for columns that neither data set has
   */
  async detectDrift(options: DetectDriftOptions): Promise<DriftReport> {
    const inputs = await this.#checkInputs(options);
    const resource = {
      type: 'model',
      id: inputs.modelName,
      ...(options.modelVersion !== undefined && { version: options.modelVersion }),
    };
    const reportId = this.#context.ids.next();
    return this.#control.change('drift.detect', { resource }, async (storage, artifacts) => {
      const version = await this.#registeredVersion(storage, options);
      const model = await this.#scoringModel(version, inputs, artifacts);
      const assessment = await this.#assess(inputs, model, options);
      const report: DriftReport = deepFreeze({
        reportId,
        createdAt: toIso(this.#context.clock.now()),
        ...(options.modelVersion !== undefined && { modelVersion: options.modelVersion }),
        ...assessment,
      });
      return {
        changes: [putReport(report), ...(await this.#evidence(storage, version, report))],
        result: report,
        detail: {
          reportId,
          verdict: report.verdict,
          driftedFeatures: report.driftedFeatures,
          overallDriftScore: report.overallDriftScore,
        },
      };
    });
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async getReport(reportId: string): Promise<DriftReport> {
    return this.#control.access('drift.read', async (storage) => {
      const record = await storage.get(driftReportsCollection, checkName(reportId, 'reportId'));
      if (record === undefined) throw new MLOpsError('NOT_FOUND', `there is no drift report ${reportId}`);
      return record.value as unknown as DriftReport;
    });
  }

  /** Reports, newest first. */
  async listReports(
    options: { readonly modelName?: string; readonly limit?: number; readonly cursor?: string } = {},
  ): Promise<{ readonly reports: readonly DriftReport[]; readonly cursor?: string }> {
    checkOptions(options, ['modelName', 'limit', 'cursor'], 'listReports');
    return this.#control.access('drift.read', async (storage) => {
      const { records, cursor } = await storage.query(driftReportsCollection, {
        ...(options.modelName !== undefined && { where: { field: 'modelName', op: 'eq', value: options.modelName } }),
        orderBy: [{ field: 'createdAt', direction: 'desc' }],
        ...(options.limit !== undefined && { limit: options.limit }),
        ...(options.cursor !== undefined && { cursor: options.cursor }),
      });
      const reports = records.map((record) => record.value as unknown as DriftReport);
      return { reports, ...(cursor !== undefined && { cursor }) };
    });
  }

  /** Gives up the storage; it closes when the last instance made from the same config has. */
  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #checkInputs(options: DetectDriftOptions): Promise<CheckedInputs> {
    checkOptions(
      options,
      [
        'modelName',
        'modelVersion',
        'baselineData',
        'currentData',
        'featureColumns',
        'targetColumn',
        'predictionColumn',
        'clusterColumn',
        'modelType',
        'streaming',
        'signal',
        'onProgress',
      ],
      'detectDrift',
    );
    const modelName = checkName(options.modelName, 'modelName');
    checkOptionalName(options.modelVersion, 'modelVersion');
    const policy = this.#context.config.modelPolicy(options.modelType ?? modelName);
    const { signal, onProgress, streaming } = options;
    if (streaming === true && options.predictionColumn !== undefined) {
      refuse('predictionColumn has no effect with streaming: residuals need the rows; leave one of them out');
    }
    if (streaming === true && options.clusterColumn !== undefined) {
      refuse('clusterColumn has no effect with streaming: dependence shows in the rows only; leave one of them out');
    }
    const read = (source: DataSource, from: number): Promise<Table | DataSummary> =>
      streaming === true
        ? summarizeData(source, { signal, onProgress: (share) => onProgress?.(from + share / 2) })
        : readTable(source, { signal, unreadable: 'missing' });
    const baseline = await read(options.baselineData, 0);
    const current = await read(options.currentData, 0.5);
    const targetColumn = options.targetColumn ?? policy.targetColumn ?? undefined;
    const { predictionColumn, clusterColumn } = options;
    const featureColumns = options.featureColumns ?? policy.featureColumns;
    if (featureColumns.length === 0) {
      refuse(`featureColumns is empty; pass it, or list models.${modelName}.feature_columns in the policy`);
    }
    for (const column of featureColumns) checkName(column, 'feature column');
    requireColumn(predictionColumn, baseline, current);
    requireColumn(options.targetColumn, baseline, current);
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
    };
  }

  async #assess(
    inputs: CheckedInputs,
    model: Model | undefined,
    { signal, onProgress }: DetectDriftOptions,
  ): Promise<ReturnType<typeof judgeDrift>> {
    const { baseline, current } = inputs;
    const rows = { baseline: baseline.rowCount, current: current.rowCount };
    if (!(baseline instanceof Table && current instanceof Table)) {
      const data = { baseline: inputs.baseline as DataSummary, current: inputs.current as DataSummary };
      return judgeDrift(inputs, this.#context.config, summarized(inputs, data, rows), {
        baseline: describeSummary(data.baseline),
        current: describeSummary(data.current),
      });
    }
    const held = { ...inputs, baseline, current };
    const comparisons = await inSteps(comparisonSteps(held, model), { signal });
    const clusters = await inSteps(clusterPairSteps(held), { signal });
    const compared = await compareTables(comparisons, rows, { signal, onProgress }, clusters);
    return judgeDrift(inputs, this.#context.config, compared, {
      baseline: await describeTable(baseline, signal),
      current: await describeTable(current, signal),
    });
  }

  async #registeredVersion(storage: Storage, options: DetectDriftOptions): Promise<StoredVersion | undefined> {
    if (options.modelVersion === undefined) return undefined;
    const record = await storage.get(versionsCollection, versionId(options.modelName, options.modelVersion));
    return record?.value as unknown as StoredVersion | undefined;
  }

  /** The model that makes predictions for residuals, when it is needed and can be had. */
  async #scoringModel(
    version: StoredVersion | undefined,
    inputs: CheckedInputs,
    artifacts: ArtifactStore,
  ): Promise<Model | undefined> {
    if (version === undefined || inputs.predictionColumn !== undefined || inputs.targetColumn === undefined)
      return undefined;
    try {
      return await readModel(version, artifacts);
    } catch (error) {
      if (error instanceof MLOpsError && error.code === 'UNSUPPORTED') return undefined; // drift of the data still counts
      throw error;
    }
  }

  async #evidence(
    storage: Storage,
    version: StoredVersion | undefined,
    report: DriftReport,
  ): Promise<readonly Change[]> {
    if (version === undefined) return [];
    const { overallDriftScore, reportId, verdict } = report;
    if (verdict === 'not_assessed') return [];
    return evidenceChanges(this.#context, storage, version.modelName, version.version, 'drift', verdict !== 'drifted', {
      overallDriftScore,
      reportId,
      verdict,
    });
  }
}

type CheckedInputs = Omit<DriftInputs, 'baseline' | 'current'> & {
  readonly baseline: Table | DataSummary;
  readonly current: Table | DataSummary;
};

async function describeTable(table: Table, signal: AbortSignal | undefined): Promise<ComparedData> {
  return { digest: await table.digestInSteps({ signal }), rowCount: table.rowCount, schema: schemaOf(table) };
}

const describeSummary = ({ digest, rowCount, columns }: DataSummary): ComparedData => ({
  digest,
  rowCount,
  schema: new Map(Array.from(columns, ([name, column]) => [name, column.kind])),
});

function summarized(
  { featureColumns, targetColumn }: CheckedInputs,
  { baseline, current }: { readonly baseline: DataSummary; readonly current: DataSummary },
  rows: { readonly baseline: number; readonly current: number },
): ComparedColumn[] {
  const compare = (name: string, role: ComparedColumn['role']): ComparedColumn => ({
    role,
    effects: compareSummaries(name, baseline.columns.get(name), current.columns.get(name), rows),
  });
  const features = featureColumns.map((name) => compare(name, 'feature'));
  const hasTarget =
    targetColumn !== undefined && (baseline.columns.has(targetColumn) || current.columns.has(targetColumn));
  return hasTarget ? [...features, compare(targetColumn, 'target')] : features;
}

/** A column named by the caller must be in one of the data sets; one missing from the other is a finding. */
function requireColumn(
  column: string | undefined,
  baseline: CheckedInputs['baseline'],
  current: CheckedInputs['current'],
): void {
  if (column === undefined || baseline.columns.has(column) || current.columns.has(column)) return;
  if (baseline instanceof Table) baseline.column(column);
  else refuse(`there is no column ${JSON.stringify(column)}; there are ${[...baseline.columns.keys()].join(', ')}`);
}

const putReport = (report: DriftReport): Change => ({
  kind: 'put',
  collection: driftReportsCollection,
  id: report.reportId,
  value: report as unknown as JsonValue,
  index: {
    modelName: report.modelName,
    modelVersion: report.modelVersion ?? null,
    verdict: report.verdict,
    createdAt: report.createdAt,
    overallDriftScore: report.overallDriftScore,
    baselineDigest: report.inputs.baselineDigest,
    currentDigest: report.inputs.currentDigest,
  },
  expect: 'absent',
});
