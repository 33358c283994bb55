import { MLOpsError } from '../errors.js';
import { ControlPlane } from '../governance/control-plane.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import type { Context } from '../runtime/context.js';
import { dataBoundary } from '../runtime/protection.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import type { ExperimentTracker } from '../tracking/experiment-tracker.js';
import { digestJson } from '../util/digest.js';
import { deepFreeze } from '../util/freeze.js';
import type { JsonValue } from '../util/json.js';
import { createRandom } from '../util/random.js';
import { teller } from '../util/tell.js';
import { systemTimer } from '../util/timer.js';
import type { Claim } from './claim.js';
import { constrained } from './constrained-trainer.js';
import { type TrainerSources, findTrainer } from './find-trainer.js';
import type { Job } from './job.js';
import { Journal, takenOver } from './journal.js';
import { LeaseKeeper, releaseLease } from './lease.js';
import type { RetrainPipelineOptions, RetrainingWork } from './retrain-options.js';
import type { RetrainResult } from './retrain-result.js';
import {
  type RetrainingStatus,
  type StoredRetraining,
  loadRetraining,
  retrainingScope,
  putRetraining,
  stepNames,
} from './retraining-record.js';
import { searchSpaces } from './search-space.js';
import { readSnapshot } from './snapshot.js';
import { endRuns } from './training-run.js';
import { isError } from '../util/is-error.js';

/** Carries a claimed retraining out: keeps the lease while the steps run, and writes down how it ended. */
export class RetrainingWorker {
  private readonly control: ControlPlane;

  constructor(
    private readonly context: Context,
    private readonly tracker: ExperimentTracker,
    private readonly registry: ModelRegistry,
    private readonly sources: TrainerSources,
    private readonly leaseMs: number,
    private readonly options: RetrainPipelineOptions,
  ) {
    this.control = new ControlPlane(context);
  }

  async carryOut(claim: Claim, { onProgress, ...others }: RetrainingWork): Promise<RetrainResult> {
    // Whoever watches fails nothing: what is registered by then stays so.
    const work = { ...others, ...(onProgress !== undefined && { onProgress: teller('onProgress', onProgress) }) };
    const { abandoned = [] } = claim;
    if (claim.kind === 'done' && abandoned.length === 0) return deepFreeze(claim.result);
    const { modelName } = claim.kind === 'done' ? abandoned[0]!.plan : claim.retraining.plan;
    return this.control.access('retraining.record_step', { model: modelName }, async (storage, artifacts) => {
      for (const { retrainingId, snapshot } of abandoned) {
        if (snapshot !== null) await artifacts.delete(snapshot.digest);
        await endRuns(storage, this.tracker, retrainingId, 'killed', 'its process died');
      }
      if (claim.kind === 'done') return deepFreeze(claim.result);
      const { clock } = this.context;
      const timer = this.options.timer ?? systemTimer;
      const keeper = new LeaseKeeper(storage, modelName, claim.lease, this.leaseMs, clock, timer);
      try {
        const job = await this.#job(claim, work, keeper, storage, artifacts);
        const { runSteps } = await import('./run-steps.js'); // loads the training, explaining and judging of models
        const result = deepFreeze(await runSteps(job));
        await keeper.stop();
        await this.#end(job, claim.lease.holder, { status: endStatus(result), result });
        work.onProgress?.(1, 'done');
        return result;
      } catch (error) {
        await keeper.stop();
        throw await this.#afterFailure(claim, storage, error, keeper);
      }
    });
  }

  async #job(
    { retraining }: Extract<Claim, { kind: 'claimed' }>,
    work: RetrainingWork,
    keeper: LeaseKeeper,
    storage: Storage,
    artifacts: ArtifactStore,
  ): Promise<Job> {
    const { config, clock } = this.context;
    const { plan, retrainingId, snapshot } = retraining;
    const loaded = await loadRetraining(storage, retrainingId);
    const spaces = { ...searchSpaces, ...this.options.searchSpaces };
    return {
      retrainingId,
      plan,
      // Kept under a policy that may have had fewer sensitive columns; what was replaced then stays as it is.
      data: await dataBoundary(this.context).table(await readSnapshot(artifacts, snapshot!)),
      journal: new Journal(storage, loaded, clock),
      config,
      storage,
      artifacts,
      tracker: this.tracker,
      registry: this.registry,
      trainer: constrained(findTrainer(plan.algorithm, plan.modelType, this.sources), plan),
      space: spaces[plan.algorithm] ?? {},
      loaders: this.sources.loaders,
      ...(work.canary !== undefined && { canary: work.canary.manager }),
      random: createRandom(plan.seed),
      clock,
      signal: work.signal === undefined ? keeper.lost : AbortSignal.any([work.signal, keeper.lost]),
      progress: (step, fraction) => {
        void keeper.renewIfDue();
        const share = Math.min(1, Math.max(0, fraction)) || 0; // trainers of somebody's own say anything
        work.onProgress?.((stepNames.indexOf(step) + share) / stepNames.length, step);
      },
    };
  }

  /** Closes the run, then writes the end of the retraining, gives the lease up and audits, in one commit. */
  async #end(
    { retrainingId, storage }: { readonly retrainingId: string; readonly storage: Storage },
    holder: string,
    end: { readonly status: RetrainingStatus; readonly result?: RetrainResult; readonly error?: string },
  ): Promise<void> {
    const { status, result = null, error = null } = end;
    const runStatus = status === 'interrupted' ? 'aborted' : status === 'failed' ? 'failed' : 'completed';
    await endRuns(storage, this.tracker, retrainingId, runStatus, error ?? undefined);
    const resource = { type: 'retraining', id: retrainingId };
    const snapshot = await this.control.change(
      'retraining.complete',
      { resource, scope: retrainingScope(retrainingId) },
      async (current) => {
        const { value, recordVersion } = await loadRetraining(current, retrainingId);
        const release = await releaseLease(current, value.plan.modelName, holder);
        if (release.length === 0) throw takenOver(retrainingId);
        const isResumable = status === 'interrupted';
        const ended: StoredRetraining = {
          ...value,
          status,
          result,
          error,
          endedAt: isResumable ? null : this.context.clock.now(),
          snapshot: isResumable ? value.snapshot : null,
        };
        const reason = result?.reason ?? error;
        return {
          changes: [putRetraining(ended, recordVersion), ...release],
          result: isResumable ? null : value.snapshot,
          ...(reason !== null && { reason }),
          detail: {
            retrainingId,
            modelName: value.plan.modelName,
            status,
            newModelVersion: result?.newModelVersion ?? null,
            reportId: value.plan.reportId,
            steps: digestJson(value.steps as unknown as JsonValue),
          },
        };
      },
    );
    if (snapshot !== null) await (await this.context.stores.artifacts()).delete(snapshot.digest);
  }

  /** Writes down why the work stopped, unless it is no longer ours to say or the store cannot be written; the error to throw. */
  async #afterFailure(
    { retraining, lease }: Extract<Claim, { kind: 'claimed' }>,
    storage: Storage,
    error: unknown,
    keeper: LeaseKeeper,
  ): Promise<unknown> {
    const { retrainingId } = retraining;
    if (keeper.lost.aborted) return takenOver(retrainingId);
    const code = error instanceof MLOpsError ? error.code : 'INTERNAL';
    if (/^(STORAGE_|CLOSED$|CONFLICT$)/.test(code)) return error;
    // Of one that another host began: this one lacks what reads the production version, or its library.
    const isForeign = code === 'UNSUPPORTED' && retraining.attempt > 1;
    const status = code === 'ABORTED' || isForeign ? 'interrupted' : 'failed';
    const message = isError(error) ? error.message : String(error);
    await this.#end({ retrainingId, storage }, lease.holder, { status, error: message });
    if (status === 'failed') return error;
    const left = `retraining ${retrainingId} is left as it is: resume it on a host that has what this one lacks`;
    if (isForeign) return new MLOpsError('UNSUPPORTED', `${message}; ${left}`, { cause: error });
    const goOn = `resume('${retrainingId}') or bondx-mlops retrain --resume ${retrainingId} goes on`;
    return new MLOpsError('ABORTED', `the retraining was interrupted (${message}); ${goOn}`, { cause: error });
  }
}

const endStatus = ({ status }: RetrainResult): RetrainingStatus =>
  status === 'registered' ? 'registered' : 'rejected';
