import type { MLOpsConfig } from '../config/mlops-config.js';
import { summaryOf } from '../data/baseline-profile.js';
import { Table } from '../data/table.js';
import { MLOpsError } from '../errors.js';
import { modelOrStore, scopeOfRecord } from '../governance/access/scope.js';
import { ControlPlane } from '../governance/control-plane.js';
import { registeredMetric } from '../models/metrics/registered-metric.js';
import type { Model } from '../models/model.js';
import { evidenceChanges } from '../registry/evidence.js';
import { readBaselineProfile, readModel } from '../registry/lookups.js';
import { type StoredVersion, versionId, versionsCollection } from '../registry/model-record.js';
import { type Context, type ContextOptions, createContext, deriveContext, shareContext } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import { checkName, checkOptionalName, checkOptions } from '../util/check.js';
import { toIso } from '../util/clock.js';
import { deepFreeze } from '../util/freeze.js';
import { createRandom } from '../util/random.js';
import type { Assessment } from './assess-drift.js';
import { type DriftHistory, historyOf } from './drift-history.js';
import {
  type DetectDriftOptions,
  type RecomputeOptions,
  optionsOfReport,
  recomputeOptionNames,
} from './drift-options.js';
import type { DriftReport, DriftWindow } from './drift-report.js';
import { type Recomputation, compareReports } from './recomputation.js';
import { computedImportances, recordedImportances } from './root-causes.js';
import { type CheckedInputs, type KnownBaseline, checkDriftOptions, readInputs } from './read-inputs.js';
import { driftReportsCollection, putReport, readWindowReports } from './stored-reports.js';
import { checkWindows } from './windows/check-windows.js';
import { type WindowTurn, appendToSequence } from './windows/sequence.js';
import { type CheckWindowsOptions, type WindowsCheck, readWindowOptions } from './windows/window-options.js';

/** Tells whether the world has moved away from what a model was trained on. */
export class DriftMonitor {
  readonly #context: Context;
  readonly #control: ControlPlane;

  constructor(config: MLOpsConfig, options: ContextOptions | Context = {}) {
    this.#context = createContext(config, options);
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
   * @throws MLOpsError `INVALID_INPUT` for columns named here that neither data set has, and for data of no known shape; `NOT_FOUND`
   *   for a file that is not there, and without a baseline for a version without a profile; `CORRUPT` for a profile that is none;
   *   `ABORTED`
   */
  async detectDrift(options: DetectDriftOptions): Promise<DriftReport> {
    checkDriftOptions(options);
    return this.#detect(options);
  }

  /**
   * {@link detectDrift} for each window of the current data, oldest first, each report stored before the next window is
   * looked at. A window is judged once, when the data reach its end; a later call with more data goes on where this one
   * ended, and one with the same data is answered the same. Over all windows of a sequence, however many they become, the expected share of false ones among the columns
   * called drifted is at most `drift.ks_test_threshold`, and so is that among those called stable.
   *
   * @throws MLOpsError `INVALID_INPUT` for a time column without dates; `ILLEGAL_STATE` for a sequence begun with other
   *   windows; `CONFLICT` when somebody else goes on with it at the same time
   */
  async checkWindows(options: CheckWindowsOptions): Promise<WindowsCheck> {
    const read = readWindowOptions(this.#context.config, options);
    checkDriftOptions(read.check);
    const detect = async (check: DetectDriftOptions, turn: WindowTurn): Promise<DriftReport> =>
      this.#detect(check, turn);
    return checkWindows(read, { control: this.#control, detect, now: this.#context.clock.now() });
  }

  async #detect(options: DetectDriftOptions, turn?: WindowTurn): Promise<DriftReport> {
    const { modelName, modelVersion } = options;
    const resource = { type: 'model', id: modelName, ...(modelVersion !== undefined && { version: modelVersion }) };
    const reportId = this.#context.ids.next();
    let assessed: Assessment | undefined; // once, though the commit may be planned anew
    return this.#control.change(
      'drift.detect',
      { resource, scope: { model: modelName } },
      async (storage, artifacts) => {
        const version = await this.#registeredVersion(storage, options);
        assessed ??= await this.#assess(version, options, artifacts, turn?.window);
        const assessment = assessed;
        const report: DriftReport = deepFreeze({
          reportId,
          createdAt: toIso(this.#context.clock.now()),
          ...(options.modelVersion !== undefined && { modelVersion: options.modelVersion }),
          ...assessment,
        });
        return {
          changes: [
            putReport(report),
            ...(turn === undefined ? [] : [await appendToSequence(storage, report, turn)]),
            ...(await this.#evidence(storage, version, report)),
          ],
          result: report,
          detail: {
            reportId,
            verdict: report.verdict,
            driftedFeatures: report.driftedFeatures,
            overallDriftScore: report.overallDriftScore,
            ...(turn !== undefined && { sequence: turn.window.sequence, window: turn.window.number }),
          },
        };
      },
    );
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async getReport(reportId: string): Promise<DriftReport> {
    const id = checkName(reportId, 'reportId');
    const scope = scopeOfRecord(driftReportsCollection, id, ({ modelName }: DriftReport) => ({ model: modelName }));
    return this.#control.access('drift.read', scope, async (storage) => {
      const record = await storage.get(driftReportsCollection, id);
      if (record === undefined) throw new MLOpsError('NOT_FOUND', `there is no drift report ${reportId}`);
      return record.value as unknown as DriftReport;
    });
  }

  /** Reports, newest first: 100 unless told otherwise by `limit`. */
  async listReports(
    options: { readonly modelName?: string; readonly limit?: number; readonly cursor?: string } = {},
  ): Promise<{ readonly reports: readonly DriftReport[]; readonly cursor?: string }> {
    checkOptions(options, ['modelName', 'limit', 'cursor'], 'listReports');
    return this.#control.access('drift.read', modelOrStore(options.modelName), async (storage) => {
      const { records, cursor } = await storage.query(driftReportsCollection, {
        ...(options.modelName !== undefined && { where: { field: 'modelName', op: 'eq', value: options.modelName } }),
        orderBy: [
          { field: 'createdAt', direction: 'desc' },
          { field: 'id', direction: 'desc' }, // of those of one moment the last first
        ],
        ...(options.limit !== undefined && { limit: options.limit }),
        ...(options.cursor !== undefined && { cursor: options.cursor }),
      });
      const reports = records.map((record) => record.value as unknown as DriftReport);
      return { reports, ...(cursor !== undefined && { cursor }) };
    });
  }

  /**
   * How the columns of a model drifted over its latest checks, or over the latest windows of a sequence.
   *
   * @param options.limit checks looked at; 100 unless told
   */
  async getHistory(options: {
    readonly modelName: string;
    /** Only its windows, in their order. */
    readonly sequence?: string;
    readonly limit?: number;
  }): Promise<DriftHistory> {
    checkOptions(options, ['modelName', 'sequence', 'limit'], 'getHistory');
    const modelName = checkName(options.modelName, 'modelName');
    const sequence = checkOptionalName(options.sequence, 'sequence');
    const limit = options.limit ?? 100;
    const reports =
      sequence === undefined
        ? (await this.listReports({ modelName, limit })).reports
        : await this.#control.access('drift.read', { model: modelName }, async (storage) =>
            readWindowReports(storage, modelName, sequence, limit),
          );
    return deepFreeze(historyOf(modelName, reports));
  }

  /**
   * Makes the check of a stored report again, from the same data, and compares every number. What was compared is taken
   * from the report; pass the data and the other options as they were. Nothing is stored.
   *
   * @throws MLOpsError `NOT_FOUND`
   */
  async recompute(reportId: string, options: RecomputeOptions): Promise<Recomputation> {
    checkOptions(options, recomputeOptionNames, 'recompute');
    const report = await this.getReport(reportId);
    const whole = optionsOfReport(report, options);
    checkDriftOptions(whole);
    return this.#control.access('drift.read', { model: report.modelName }, async (storage, artifacts) => {
      const version = await this.#registeredVersion(storage, whole);
      return deepFreeze(compareReports(report, await this.#assess(version, whole, artifacts, report.window)));
    });
  }

  /** Gives up the storage; it closes when the last instance made from the same config has. */
  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #registeredVersion(storage: Storage, options: DetectDriftOptions): Promise<StoredVersion | undefined> {
    if (options.modelVersion === undefined) return undefined;
    const record = await storage.get(versionsCollection, versionId(options.modelName, options.modelVersion));
    return record?.value as unknown as StoredVersion | undefined;
  }

  async #assess(
    version: StoredVersion | undefined,
    options: DetectDriftOptions,
    artifacts: ArtifactStore,
    window?: DriftWindow,
  ): Promise<Assessment> {
    const inputs = await readInputs(this.#context, options, await knownBaseline(version, artifacts, options));
    const model = await this.#scoringModel(version, inputs, artifacts);
    const { config } = this.#context;
    const random = createRandom(config.policy.seed);
    // Loads the statistics. One after the other: Jest cannot link modules that are imported at the same time.
    const { measureDrift } = await import('./measure-drift.js');
    const { judgeDrift } = await import('./assess-drift.js');
    const { compared, data, performance, problem, joint } = await measureDrift(
      inputs,
      model,
      random.split('performance'),
      options,
    );
    const { baseline, targetColumn } = inputs;
    const canCompute = model !== undefined && targetColumn !== undefined && baseline instanceof Table;
    const importances =
      recordedImportances(version?.evidence.feature_importance) ??
      (canCompute
        ? await computedImportances(model, baseline, targetColumn, {
            random: random.split('importance'),
            signal: options.signal,
          })
        : undefined);
    const registered = performance && model && registeredMetric(version?.performanceMetrics ?? {}, performance.metric);
    return judgeDrift({ ...inputs, window }, config, compared, data, {
      performance: performance && { ...performance, registered },
      ...{ problem, importances, joint },
    });
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
      return await readModel(this.#context, version, artifacts);
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

/** What is registered about the version watched, its profile only where that is to be the baseline. */
async function knownBaseline(
  version: StoredVersion | undefined,
  artifacts: ArtifactStore,
  options: DetectDriftOptions,
): Promise<KnownBaseline> {
  const known = {
    ...(version !== undefined && { featureColumns: version.featureColumns, modelType: version.modelType }),
    ...(version?.targetColumn != null && { targetColumn: version.targetColumn }),
  };
  if (options.baselineData !== undefined || options.baselineProfile !== undefined) return known;
  const profile = version === undefined ? undefined : await readBaselineProfile(version, artifacts);
  if (profile !== undefined) return { ...known, baseline: summaryOf(profile) };
  throw new MLOpsError(
    'NOT_FOUND',
    `${options.modelName} ${options.modelVersion} ${version === undefined ? 'is not registered' : 'has no profile'}; ` +
      'pass baselineData or baselineProfile, or register with { baselineProfile: await createProfile(rows) }',
  );
}
