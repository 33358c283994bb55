import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import type { TableInput } from '../data/table.js';
import { modelOrStore } from '../governance/access/scope.js';
import { ControlPlane } from '../governance/control-plane.js';
import type { AnyModel } from '../models/async-model.js';
import type { Trainer } from '../models/contract.js';
import { builtInTrainers } from '../models/trainer.js';
import { ModelRegistry } from '../registry/model-registry.js';
import { type Context, contextOf, deriveContext, shareContext } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import { ExperimentTracker } from '../tracking/experiment-tracker.js';
import {
  checkFraction,
  checkFunction,
  checkName,
  checkObject,
  checkOneOf,
  checkOptionalOneOf,
  checkOptions,
  refuse,
} from '../util/check.js';
import { deepFreeze } from '../util/freeze.js';
import { createRandom } from '../util/random.js';
import { systemTimer } from '../util/timer.js';
import type { TrainerSources } from './find-trainer.js';
import {
  type AutomateRetrainingOptions,
  type RetrainingAutomation,
  RetrainingLoop,
  automateOptionNames,
} from './due/automation.js';
import type { Due } from './due/find-due.js';
import { type DueOutcome, type ManagedModel, type RunDueOptions, asOutcome, checkModels } from './due/run-due.js';
import type { CheckPerformanceOptions } from './performance/check-performance.js';
import { type PerformanceReport, putPerformanceReport } from './performance/performance-report.js';
import {
  type RetrainPipelineOptions,
  type RetrainingWork,
  type TriggerRetrainingOptions,
  triggerOptionNames,
  pipelineOptionNames,
  workOptionNames,
} from './retrain-options.js';
import type { RetrainResult } from './retrain-result.js';
import { type RetrainingCause, retrainingTriggers } from './retraining-plan.js';
import {
  type Retraining,
  type RetrainingStatus,
  type StoredRetraining,
  loadRetraining,
  retrainingScope,
  retrainingStatuses,
  retrainingsCollection,
  viewRetraining,
} from './retraining-record.js';
import type { RetrainingStarter } from './retraining-starter.js';

const tenMinutes = 600_000;

/**
 * Turns an alarm and recent data into a better version of the model, or says why not.
 *
 * A retraining is a row of recorded steps (see {@link stepNames}) that any process can resume after this one died, and
 * that ends in the same model as if nothing had happened. One process retrains a model at a time.
 */
export class RetrainPipeline {
  readonly #context: Context;
  readonly #control: ControlPlane;
  readonly #sources: TrainerSources;
  readonly #leaseMs: number;

  constructor(
    config: MLOpsConfig,
    private readonly tracker: ExperimentTracker,
    private readonly registry: ModelRegistry,
    private readonly options: RetrainPipelineOptions = {},
  ) {
    if (!(tracker instanceof ExperimentTracker && registry instanceof ModelRegistry)) {
      refuse(
        'new RetrainPipeline takes a config, an ExperimentTracker and a ModelRegistry of this copy of the package',
      );
    }
    this.#context = deriveContext({ ...contextOf(registry), config }, options, pipelineOptionNames);
    this.#control = new ControlPlane(this.#context);
    const { leaseMs = tenMinutes, trainers = [], loaders = [] } = options;
    if (!(leaseMs >= 1000)) refuse(`leaseMs must be at least 1000 milliseconds, got ${leaseMs}`);
    const known = new Map<string, Trainer<AnyModel>>([
      ...builtInTrainers,
      ...trainers.map((trainer) => [trainer.algorithm, trainer] as const),
    ]);
    this.#sources = { config, trainers: known, loaders };
    this.#leaseMs = leaseMs;
    shareContext(this, this.#context);
  }

  /** The same pipeline, used by somebody else. */
  withPrincipal(principal: Principal): RetrainPipeline {
    const { tracker, registry, options } = this;
    return new RetrainPipeline(
      this.#context.config,
      tracker.withPrincipal(principal),
      registry.withPrincipal(principal),
      { ...options, principal },
    );
  }

  /**
   * Trains a challenger, compares it with the production version on rows held back from training, and registers it only
   * when it is proved better: the interval of the paired difference in loss must lie below zero.
   *
   * The holdout is the latest part of the data when there is a time column, a seeded random part otherwise
   * (`retraining.test_size`). What is registered is the very model that was judged.
   *
   * @param cause a drift or performance report, or `{ modelName }` for the other triggers
   * @param trainingData the rows, or how to get them: asked for only when a retraining is begun
   * @throws MLOpsError `INVALID_INPUT` for data that cannot be trained on; nothing is registered then. `ABORTED` when the
   *   signal fired: {@link resume} goes on
   */
  async triggerRetraining(
    cause: RetrainingCause,
    trainingData: TableInput | (() => Promise<TableInput>),
    options: TriggerRetrainingOptions = {},
  ): Promise<RetrainResult> {
    checkOptions(options, triggerOptionNames, 'triggerRetraining');
    checkName(checkObject(cause, 'the cause').modelName, 'modelName');
    const trigger = checkOneOf(options.trigger ?? 'drift', retrainingTriggers, 'trigger');
    const { canary, hyperparameters } = options;
    if (hyperparameters !== undefined) checkObject(hyperparameters, 'hyperparameters');
    if (canary !== undefined) {
      const manager = checkObject(checkObject(canary, 'canary').manager, 'manager of the canary');
      if (!('createCanaryDeployment' in manager)) refuse('manager of the canary must be a CanaryDeploymentManager');
      if (canary.traffic !== undefined) checkFraction(canary.traffic, 'traffic of the canary');
    }
    return (await this.#starter()).trigger(trigger, cause, trainingData, options);
  }

  /**
   * Goes on with a retraining whose process died or was stopped: completed steps are read back, the rest is computed. The
   * result of one that has ended is given again; one that another process is at is left alone (`skipped`).
   *
   * @throws MLOpsError `NOT_FOUND`, also where this process has no such trainer: the retraining is left to one that has
   */
  async resume(retrainingId: string, options: RetrainingWork = {}): Promise<RetrainResult> {
    checkOptions(options, workOptionNames, 'resume');
    checkName(retrainingId, 'retrainingId');
    return (await this.#starter()).resume(retrainingId, options);
  }

  /**
   * Retrains what is due: models whose newest drift or performance report asks for it, and those that
   * `retraining.scheduled_retraining` has not seen retrained in this week, month or quarter. For any scheduler, as often
   * as it likes: of processes that call at once, one trains; what was interrupted or died is gone on with; what failed
   * rests for `retraining.cooldown_hours`. One model after the other; one that fails holds no other up.
   *
   * @example
   * await pipeline.runDue({ models: [{ modelName: 'spread', trainingData: () => readCsv('latest.csv') }] });
   * @throws MLOpsError `ABORTED` when the signal fired
   */
  async runDue(options: RunDueOptions): Promise<readonly DueOutcome[]> {
    checkOptions(options, ['models', 'signal', 'onProgress'], 'runDue');
    checkModels(options.models);
    const outcomes: DueOutcome[] = [];
    await this.#runAll(options, (outcome) => outcomes.push(outcome));
    return outcomes;
  }

  /**
   * Calls {@link runDue} again and again, a little out of step with other processes, until it is stopped. It does not keep
   * the process alive.
   */
  automate(options: AutomateRetrainingOptions): RetrainingAutomation {
    checkOptions(options, automateOptionNames, 'automate');
    const { everyMs = 900_000, models, onProgress } = options;
    checkModels(models);
    if (!(everyMs >= 1000 && everyMs <= 86_400_000)) refuse('everyMs must be 1000 to 86400000 milliseconds');
    const look = (signal: AbortSignal, tell: (outcome: DueOutcome) => void) =>
      this.#runAll({ models, signal, ...(onProgress !== undefined && { onProgress }) }, tell);
    const spread = createRandom(this.#context.ids.next()).next();
    return new RetrainingLoop(look, { ...options, everyMs }, this.options.timer ?? systemTimer, spread);
  }

  /**
   * How the version in production does on recent rows, against what was measured when it was registered. A report with the
   * verdict `dropped` asks for a retraining: pass it to {@link triggerRetraining} with `trigger: 'performance'`, or let
   * {@link runDue} find it.
   *
   * @throws MLOpsError `NOT_FOUND` without a version in production
   */
  async checkPerformance(options: CheckPerformanceOptions): Promise<PerformanceReport> {
    checkOptions(options, ['modelName', 'data', 'timeColumn'], 'checkPerformance');
    const modelName = checkName(options.modelName, 'modelName');
    const request = { resource: { type: 'model', id: modelName }, scope: { model: modelName } };
    return this.#control.change('retraining.check_performance', request, async (storage, artifacts) => {
      const { loaders } = this.#sources;
      const { checkPerformance } = await import('./performance/check-performance.js');
      const report = deepFreeze(await checkPerformance(this.#context, { storage, artifacts, loaders }, options));
      const { reportId, verdict, reason, modelVersion, dataDigest } = report;
      return {
        changes: [putPerformanceReport(report)],
        result: report,
        reason,
        detail: { reportId, verdict, modelVersion, dataDigest },
      };
    });
  }

  /** A retraining with its plan, its steps and its result. @throws MLOpsError `NOT_FOUND` */
  async getRetraining(retrainingId: string): Promise<Retraining> {
    checkName(retrainingId, 'retrainingId');
    return this.#control.access('retraining.read', retrainingScope(retrainingId), async (storage) =>
      viewRetraining((await loadRetraining(storage, retrainingId)).value),
    );
  }

  /** Retrainings, newest first. */
  async listRetrainings(
    options: {
      readonly modelName?: string;
      readonly status?: RetrainingStatus;
      readonly limit?: number;
      readonly cursor?: string;
    } = {},
  ): Promise<{ readonly retrainings: readonly Retraining[]; readonly cursor?: string }> {
    checkOptions(options, ['modelName', 'status', 'limit', 'cursor'], 'listRetrainings');
    checkOptionalOneOf(options.status, retrainingStatuses, 'status');
    const conditions = (['modelName', 'status'] as const).flatMap((field) => {
      const value = options[field];
      return value === undefined ? [] : [{ field, op: 'eq' as const, value }];
    });
    return this.#control.access('retraining.read', modelOrStore(options.modelName), async (storage) => {
      const { records, cursor } = await storage.query(retrainingsCollection, {
        where: { and: conditions },
        orderBy: [{ field: 'startedAt', direction: 'desc' }],
        ...(options.limit !== undefined && { limit: options.limit }),
        ...(options.cursor !== undefined && { cursor: options.cursor }),
      });
      const retrainings = records.map(({ value }) => viewRetraining(value as unknown as StoredRetraining));
      return { retrainings, ...(cursor !== undefined && { cursor }) };
    });
  }

  /** Most processes retrain nothing: what that takes is loaded for the first retraining. */
  async #starter(): Promise<RetrainingStarter> {
    const starter = await import('./retraining-starter.js');
    return new starter.RetrainingStarter(
      this.#context,
      this.tracker,
      this.registry,
      this.#sources,
      this.#leaseMs,
      this.options,
    );
  }

  async #runAll(options: RunDueOptions, tell: (outcome: DueOutcome) => void): Promise<void> {
    for (const model of options.models) tell(await this.#runIfDue(model, options));
  }

  async #runIfDue(model: ManagedModel, { signal, onProgress }: RunDueOptions): Promise<DueOutcome> {
    const { modelName, trainingData, ...planOptions } = checkObject(model, 'a model of runDue');
    checkFunction(trainingData, 'trainingData of a model of runDue');
    const { config, clock } = this.#context;
    const { findDue } = await import('./due/find-due.js');
    let due: Due | string;
    try {
      due = await this.#control.access('retraining.read', { model: modelName }, (storage) =>
        findDue({ storage, retraining: config.policy.retraining, now: clock.now() }, modelName),
      );
    } catch (error) {
      if (!(error instanceof MLOpsError && error.code === 'FORBIDDEN')) throw error;
      return { modelName, trigger: null, reason: error.message, error: asOutcome(error) };
    }
    if (typeof due === 'string') return { modelName, trigger: null, reason: due };
    const { trigger, cause, idempotencyKey, reason } = due;
    try {
      const result = await this.triggerRetraining(cause, trainingData, {
        reason,
        ...planOptions,
        trigger,
        idempotencyKey,
        ...(signal !== undefined && { signal }),
        ...(onProgress !== undefined && {
          onProgress: (fraction, stage) => onProgress(modelName, fraction, stage),
        }),
      });
      return { modelName, trigger, reason, result };
    } catch (error) {
      return { modelName, trigger, reason, error: asOutcome(error) };
    }
  }
}
