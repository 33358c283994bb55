import { Table, type TableInput, toTable } from '../data/table.js';
import { ControlPlane } from '../governance/control-plane.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import type { Context } from '../runtime/context.js';
import { dataBoundary } from '../runtime/protection.js';
import type { ArtifactRef } from '../storage/artifact-store.js';
import type { ExperimentTracker } from '../tracking/experiment-tracker.js';
import { checkOptionalName } from '../util/check.js';
import { isError } from '../util/is-error.js';
import { thrownText } from '../util/thrown-text.js';
import { Claims, type Wish, skip } from './claim.js';
import { type TrainerSources, findTrainer } from './find-trainer.js';
import { makePlan, typeOfModel } from './make-plan.js';
import { isRefusal, noteRefusal } from './refusals.js';
import type { RetrainPipelineOptions, RetrainingWork, TriggerRetrainingOptions } from './retrain-options.js';
import type { RetrainResult } from './retrain-result.js';
import type { RetrainingCause, RetrainingTrigger } from './retraining-plan.js';
import { retrainingScope } from './retraining-record.js';
import { RetrainingWorker } from './retraining-worker.js';
import { storeSnapshot } from './snapshot.js';

/** Begins retrainings and goes on with them: settles whether and how, claims the model, and has the work carried out. */
export class RetrainingStarter {
  readonly #context: Context;
  readonly #control: ControlPlane;
  readonly #sources: TrainerSources;
  readonly #claims: Claims;
  readonly #worker: RetrainingWorker;

  constructor(
    context: Context,
    tracker: ExperimentTracker,
    registry: ModelRegistry,
    sources: TrainerSources,
    leaseMs: number,
    options: RetrainPipelineOptions,
  ) {
    this.#context = context;
    this.#control = new ControlPlane(context);
    this.#sources = sources;
    this.#claims = new Claims(context, leaseMs, (plan) => findTrainer(plan.algorithm, plan.modelType, sources));
    this.#worker = new RetrainingWorker(context, tracker, registry, sources, leaseMs, options);
  }

  async trigger(
    trigger: RetrainingTrigger,
    cause: RetrainingCause,
    trainingData: TableInput | (() => Promise<TableInput>),
    options: TriggerRetrainingOptions,
  ): Promise<RetrainResult> {
    const { modelName } = cause;
    const modelType = options.modelType ?? (await typeOfModel(this.#context, modelName));
    const algorithm = options.algorithm ?? this.#context.config.modelPolicy(modelType).algorithm;
    const { isCostly = false } = algorithm === 'auto' ? {} : findTrainer(algorithm, modelType, this.#sources);
    const unneeded = this.#reasonToSkip(trigger, cause);
    const boundary = dataBoundary(this.#context);
    const data = typeof trainingData === 'function' ? trainingData : await boundary.table(toTable(trainingData));
    const retrainingId = this.#context.ids.next();
    const kept: ArtifactRef[] = [];
    const wish: Wish = {
      retrainingId,
      modelName,
      isAlarm: trigger === 'drift' || trigger === 'performance',
      key: checkOptionalName(options.idempotencyKey, 'idempotencyKey') ?? defaultKey(trigger, cause, data),
      prepare: once(async () => {
        try {
          const table = data instanceof Table ? data : await boundary.table(toTable(await data()));
          const plan = await makePlan(this.#context, trigger, cause, { ...options, modelType, isCostly }, table);
          const snapshot = await storeSnapshot(await this.#context.stores.artifacts(), table, retrainingId);
          kept.push(snapshot);
          return { plan, snapshot, dataDigest: table.digest() };
        } catch (error) {
          if (trigger !== 'manual' && isRefusal(error)) {
            // A store that cannot be written must not hide what was wrong in the first place.
            await this.#noteRefusal(retrainingId, modelName, trigger, error).catch(() => undefined);
          }
          throw error;
        }
      }),
    };
    const resource = { type: 'model', id: modelName };
    const claim = await this.#control.change(
      'retraining.trigger',
      { resource, scope: { model: modelName } },
      async (storage) =>
        unneeded === undefined
          ? this.#claims.begin(storage, wish)
          : {
              changes: [],
              result: { kind: 'done' as const, result: unneeded },
              reason: unneeded.reason,
              detail: { status: 'skipped', ...(cause.reportId !== undefined && { reportId: cause.reportId }) },
            },
    );
    // Whoever asked at the same time was first: nothing names the data kept here.
    const isOurs = claim.kind === 'claimed' && claim.retraining.retrainingId === retrainingId;
    if (!isOurs) for (const { digest } of kept) await (await this.#context.stores.artifacts()).delete(digest);
    return this.#worker.carryOut(claim, options);
  }

  async resume(retrainingId: string, options: RetrainingWork): Promise<RetrainResult> {
    const resource = { type: 'retraining', id: retrainingId };
    const claim = await this.#control.change(
      'retraining.resume',
      { resource, scope: retrainingScope(retrainingId) },
      (storage) => this.#claims.resume(storage, retrainingId),
    );
    return this.#worker.carryOut(claim, options);
  }

  /** Nobody may be there to hear of the error: alerts tell of it. */
  async #noteRefusal(refusalId: string, modelName: string, trigger: RetrainingTrigger, thrown: unknown): Promise<void> {
    const { clock, config, stores } = this.#context;
    const error = thrownText(isError(thrown) ? thrown.message : thrown);
    const refusal = { refusalId, modelName, trigger, error, at: clock.now() };
    await noteRefusal(await stores.storage(), refusal, config.policy.retraining.cooldownHours * 3_600_000);
  }

  #reasonToSkip(trigger: RetrainingTrigger, cause: RetrainingCause): RetrainResult | undefined {
    const { autoRetrainOnDrift, autoRetrainOnPerformanceDrop } = this.#context.config.policy.retraining;
    if (trigger === 'manual' || trigger === 'schedule') return undefined;
    if (cause.requiresRetraining !== true) {
      const why =
        cause.reportId === undefined
          ? 'there is no report that asks for it'
          : `report ${cause.reportId} (${cause.verdict}) asks for no retraining`;
      return skip('not_required', `${why}; pass { trigger: 'manual' } to train all the same`);
    }
    const [isOn, key] =
      trigger === 'drift'
        ? [autoRetrainOnDrift, 'auto_retrain_on_drift']
        : [autoRetrainOnPerformanceDrop, 'auto_retrain_on_performance_drop'];
    if (isOn) return undefined;
    return skip('switched_off', `retraining.${key} is off; pass { trigger: 'manual' } to train all the same`);
  }
}

/** Alarms of one report on the same data are one alarm. Data not yet loaded cannot be told apart. */
function defaultKey(
  trigger: RetrainingTrigger,
  { reportId }: RetrainingCause,
  data: Table | (() => Promise<TableInput>),
): string | null {
  if (reportId === undefined || trigger === 'manual' || trigger === 'schedule') return null;
  return `${trigger}/${reportId}${data instanceof Table ? `/${data.digest()}` : ''}`;
}

/** Plans are made anew when a commit is lost; what they prepared is not. */
function once<T>(prepare: () => Promise<T>): () => Promise<T> {
  let prepared: Promise<T> | undefined;
  return () => (prepared ??= prepare());
}
