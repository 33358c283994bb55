import type { MLOpsConfig } from '../config/mlops-config.js';
import { type Table, type TableInput, toTable } from '../data/table.js';
import type { DriftReport } from '../drift/drift-report.js';
import { MLOpsError } from '../errors.js';
import { ControlPlane } from '../governance/control-plane.js';
import { permutationImportance } from '../models/permutation-importance.js';
import { modelsCollection, type StoredModel } from '../registry/model-record.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import { ModelStage } from '../registry/stage.js';
import { type Context, type ContextOptions, contextOf, deriveContext, shareContext } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import type { ExperimentTracker } from '../tracking/experiment-tracker.js';
import { checkOneOf, checkOptions } from '../util/check.js';
import { deepFreeze } from '../util/freeze.js';
import type { JsonObject } from '../util/json.js';
import { type Champion, challenge } from './challenge.js';
import type { ChallengeResult, RetrainResult } from './retrain-result.js';
import { trainModel } from './train-model.js';

export interface TriggerRetrainingOptions {
  /**
   * Why. `drift` (unless told): follows the report, and does nothing when it does not ask for retraining or
   * `retraining.auto_retrain_on_drift` is off. `manual`: trains in any case.
   */
  readonly trigger?: 'drift' | 'manual';
  /** Column to split by; `models.<type>.time_column` or a date column called `date` unless told. */
  readonly timeColumn?: string;
  readonly modelType?: string;
  /** `models.<type>.algorithm` and `hyperparameters` unless told. */
  readonly algorithm?: string;
  readonly hyperparameters?: JsonObject;
  readonly signal?: AbortSignal;
  /** Called with the share done, from 0 to 1, and what is being done. */
  readonly onProgress?: (fraction: number, stage: string) => void;
}

/** Turns a drift report and recent data into a better version of the model, or says why not. */
export class RetrainPipeline {
  readonly #context: Context;
  readonly #control: ControlPlane;

  constructor(
    config: MLOpsConfig,
    private readonly tracker: ExperimentTracker,
    private readonly registry: ModelRegistry,
    options: ContextOptions = {},
  ) {
    this.#context = deriveContext({ ...contextOf(registry), config }, options);
    this.#control = new ControlPlane(this.#context);
    shareContext(this, this.#context);
  }

  /** The same pipeline, used by somebody else. */
  withPrincipal(principal: Principal): RetrainPipeline {
    const { tracker, registry } = this;
    return new RetrainPipeline(
      this.#context.config,
      tracker.withPrincipal(principal),
      registry.withPrincipal(principal),
      { principal },
    );
  }

  /**
   * Trains a challenger, compares it with the production version on rows held back from training, and registers it only
   * when it is proved better: the interval of the paired difference in loss must lie below zero.
   *
   * The holdout is the latest part of the data when there is a time column, a seeded random part otherwise
   * (`retraining.test_size`). What is registered is the very model that was judged.
   *
   * @throws MLOpsError `INVALID_INPUT` for data that cannot be trained on; nothing is registered then
   */
  async triggerRetraining(
    report: DriftReport,
    trainingData: TableInput,
    options: TriggerRetrainingOptions = {},
  ): Promise<RetrainResult> {
    const job = this.#prepare(report, trainingData, options);
    const resource = { type: 'model', id: job.modelName };
    const retrainingId = this.#context.ids.next();
    const result = deepFreeze(await this.#run(job));
    await this.#control.change('retraining.trigger', { resource }, async () => ({
      changes: [
        {
          kind: 'put',
          collection: 'retrainings',
          id: retrainingId,
          value: { ...(result as unknown as JsonObject), driftReportId: report.reportId, modelName: job.modelName },
          index: { modelName: job.modelName, status: result.status, startedAt: job.startedAt },
          expect: 'absent',
        },
      ],
      result: undefined,
      reason: result.reason,
      detail: {
        retrainingId,
        status: result.status,
        newModelVersion: result.newModelVersion,
        reportId: report.reportId,
      },
    }));
    return result;
  }

  #prepare(report: DriftReport, trainingData: TableInput, options: TriggerRetrainingOptions): Job {
    checkOptions(
      options,
      ['trigger', 'timeColumn', 'modelType', 'algorithm', 'hyperparameters', 'signal', 'onProgress'],
      'triggerRetraining',
    );
    const trigger = checkOneOf(options.trigger ?? 'drift', ['drift', 'manual'] as const, 'trigger');
    const { modelName } = report;
    const modelType = options.modelType ?? modelName;
    return {
      report,
      options,
      trigger,
      modelName,
      modelType,
      data: toTable(trainingData),
      startedAt: this.#context.clock.now(),
      onProgress: options.onProgress ?? (() => undefined),
    };
  }

  async #run(job: Job): Promise<RetrainResult> {
    const skip = this.#reasonToSkip(job);
    if (skip !== undefined) {
      return { success: false, status: 'skipped', newModelVersion: null, trainingTimeSeconds: 0, reason: skip };
    }
    const runId = await this.tracker.startRun({
      experimentName: `${job.modelName}_retraining`,
      modelType: job.modelType,
      tags: { trigger: job.trigger, driftReportId: job.report.reportId },
    });
    try {
      const result = await this.#trainAndChallenge(job, runId);
      await this.tracker.endRun(runId, 'completed');
      return result;
    } catch (error) {
      const aborted = error instanceof MLOpsError && error.code === 'ABORTED';
      await this.tracker.endRun(runId, aborted ? 'aborted' : 'failed', String(error));
      throw error;
    }
  }

  #reasonToSkip({ trigger, report }: Job): string | undefined {
    if (trigger === 'manual') return undefined;
    if (!report.requiresRetraining) return `report ${report.reportId} does not ask for retraining (${report.verdict})`;
    if (!this.#context.config.policy.retraining.autoRetrainOnDrift) {
      return "retraining.auto_retrain_on_drift is off; pass { trigger: 'manual' } to train all the same";
    }
    return undefined;
  }

  async #trainAndChallenge(job: Job, runId: string): Promise<RetrainResult> {
    const { report, options, modelName, modelType } = job;
    const random = this.#context.random.split(`retraining/${this.#context.config.policy.retraining.randomState}`);
    const trained = await trainModel(this.#context.config, {
      modelType,
      data: job.data,
      featureColumns: report.featureColumns,
      ...(report.targetColumn !== undefined && { targetColumn: report.targetColumn }),
      ...pick(options, ['timeColumn', 'algorithm', 'hyperparameters', 'signal']),
      random,
      onProgress: (fraction) => job.onProgress(0.8 * fraction, 'training'),
    });
    const { model, algorithm, hyperparameters, trainingTimeSeconds, warnings } = trained;
    await this.tracker.logParameters(runId, {
      algorithm,
      hyperparameters,
      trainingDataDigest: trained.trainingData.digest,
      trainingRows: trained.trainingData.rowCount,
      holdout: trained.split,
    });
    if (warnings.length > 0) await this.tracker.setTags(runId, { warnings: warnings.join('; ') });
    job.onProgress(0.8, 'comparing with production');
    const outcome = challenge(trained, await this.#champion(modelName), random.split('compare'));
    await this.tracker.logMetrics(runId, outcome.challengerMetrics);
    const refusal = reasonToReject(outcome);
    if (refusal !== undefined) {
      const base = { runId, trainingTimeSeconds, reason: refusal, challenge: outcome };
      return { success: false, status: 'rejected', newModelVersion: null, ...base };
    }
    const registered = await this.registry.register(
      {
        modelName,
        modelType,
        runId,
        experimentName: `${modelName}_retraining`,
        featureColumns: trained.featureColumns,
        targetColumn: trained.targetColumn,
        performanceMetrics: outcome.challengerMetrics,
        hyperparameters: { algorithm, ...hyperparameters },
        model,
        trainingData: trained.trainingData,
        origin: {
          driftReportId: report.reportId,
          ...(outcome.championVersion !== undefined && { championVersion: outcome.championVersion }),
        },
      },
      'minor',
    );
    job.onProgress(0.9, 'explaining');
    const importance = permutationImportance(model, trained.holdout, trained.targetColumn, {
      random: random.split('importance'),
    });
    await this.registry.recordEvidence({
      modelName: job.modelName,
      version: registered.version,
      kind: 'feature_importance',
      passed: true,
      detail: { method: 'permutation', importance: importance.map((entry) => ({ ...entry })) },
    });
    job.onProgress(1, 'done');
    return {
      success: true,
      status: 'registered',
      newModelVersion: registered.version,
      runId,
      trainingTimeSeconds,
      reason: reasonToAccept(outcome),
      challenge: outcome,
    };
  }

  /** The production version, ready to score; undefined when there is none. */
  async #champion(modelName: string): Promise<Champion | undefined> {
    const version = await this.#control.access('registry.read', async (storage) => {
      const record = await storage.get(modelsCollection, modelName);
      return (record?.value as unknown as StoredModel | undefined)?.production ?? undefined;
    });
    if (version === undefined) return undefined;
    return { version, model: await this.registry.loadModel(modelName, { stage: ModelStage.PRODUCTION }) };
  }
}

interface Job {
  readonly report: DriftReport;
  readonly options: TriggerRetrainingOptions;
  readonly trigger: 'drift' | 'manual';
  readonly modelName: string;
  readonly modelType: string;
  readonly data: Table;
  readonly startedAt: number;
  readonly onProgress: (fraction: number, stage: string) => void;
}

function reasonToReject({ comparison, championVersion }: ChallengeResult): string | undefined {
  if (comparison === undefined || comparison.upper < 0) return undefined;
  return `not proved better than ${championVersion}: ${describeDifference(comparison)}`;
}

function reasonToAccept({ comparison, championVersion }: ChallengeResult): string {
  if (comparison === undefined) return 'the first version: there is nothing in production to compare with';
  return `better than ${championVersion}: ${describeDifference(comparison)}`;
}

function describeDifference({
  difference,
  lower,
  upper,
  loss,
  rows,
}: NonNullable<ChallengeResult['comparison']>): string {
  const [d, l, u] = [difference, lower, upper].map((value) => Number(value.toPrecision(4)));
  return `${loss.replace('_', ' ')} differs by ${d} (${l} to ${u}) on ${rows} rows`;
}

/** The given keys of an object, those that are set. */
function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))) as Pick<T, K>;
}
