import { MLOpsError } from '../errors.js';
import type { Plan } from '../governance/control-plane.js';
import { findModel } from '../registry/stage-change.js';
import type { Context } from '../runtime/context.js';
import { actorId } from '../registry/attribution.js';
import type { ArtifactRef } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import { type Digest, digestBytes } from '../util/digest.js';
import { type LoadedLease, type StoredLease, isHeld, putLease, readLease } from './lease.js';
import type { RetrainResult, SkipReason } from './retrain-result.js';
import type { RetrainingPlan } from './retraining-plan.js';
import {
  type LoadedRetraining,
  type StoredRetraining,
  keysCollection,
  loadRetraining,
  putRetraining,
  retrainingsCollection,
} from './retraining-record.js';

/** What came of the wish to retrain. */
export type Claim =
  | {
      readonly kind: 'done';
      readonly result: RetrainResult;
      /** One that was given up: what it left is to be cleared away. */
      readonly abandoned?: readonly StoredRetraining[];
    }
  | {
      readonly kind: 'claimed';
      readonly retraining: StoredRetraining;
      readonly lease: StoredLease;
      /** Retrainings of the model whose processes are gone: what they left is to be cleared away. */
      readonly abandoned: readonly StoredRetraining[];
    };

/** Attempts in a row that complete no step and leave a dead process; then a retraining is given up. */
const mostFutile = 3;

/** A wish to retrain, before it is known whether it will be followed. */
export interface Wish {
  /** The id the retraining will have. */
  readonly retrainingId: string;
  readonly modelName: string;
  /** Whether it is an alarm, to which the cooldown applies. */
  readonly isAlarm: boolean;
  readonly key: string | null;
  /** Makes the plan and keeps the data; called only when the wish will be followed. */
  prepare(): Promise<{
    readonly plan: RetrainingPlan;
    readonly snapshot: ArtifactRef;
    readonly dataDigest: Digest;
  }>;
}

export const skip = (skipped: SkipReason, reason: string): RetrainResult => ({
  success: false,
  status: 'skipped',
  newModelVersion: null,
  trainingTimeSeconds: 0,
  skipped,
  reason,
});

/** Gives retrainings out, at most one a model at a time, over all processes: every claim is one conditional commit. */
export class Claims {
  /** @param checkTrainer throws where this process cannot train what a plan asks for */
  constructor(
    private readonly context: Context,
    readonly leaseMs: number,
    private readonly checkTrainer: (plan: RetrainingPlan) => unknown,
  ) {}

  /** Follows a wish, or says why not. The result of an earlier retraining with the same key is given again. */
  async begin(storage: Storage, wish: Wish): Promise<Plan<Claim>> {
    const { retrainingId, modelName, key } = wish;
    const now = this.context.clock.now();
    const { cooldownHours } = this.context.config.policy.retraining;
    const known = key === null ? undefined : await findByKey(storage, modelName, key);
    const before = known?.retraining.value;
    if (before?.result) return answer(before.result, `the same as retraining ${before.retrainingId}`);
    const lease = await readLease(storage, modelName);
    if (isHeld(lease, now)) return answer(inProgress(modelName, lease.value!));
    if (known !== undefined && isOpen(before!)) {
      return isHopeless(before!) ? this.#giveUp(known.retraining) : this.#takeUp(storage, known.retraining, lease);
    }
    const rest = wish.isAlarm ? await restOfAlarms(storage, cooldownHours, modelName, now) : undefined;
    if (rest !== undefined) return answer(skip('cooldown', rest));
    const retraining: StoredRetraining = {
      retrainingId,
      ...(await wish.prepare()),
      key,
      status: 'running',
      startedAt: now,
      endedAt: null,
      startedBy: actorId(this.context),
      attempt: 1,
      steps: [],
      result: null,
      error: null,
    };
    const keyChanges = key === null ? [] : [putKey(modelName, key, retrainingId, known?.recordVersion ?? 'absent')];
    return this.#claim(storage, retraining, 'absent', lease, keyChanges);
  }

  /** Takes a retraining up that was interrupted; the result of one that has ended is given again. */
  async resume(storage: Storage, retrainingId: string): Promise<Plan<Claim>> {
    const loaded = await loadRetraining(storage, retrainingId);
    const { value } = loaded;
    if (value.result !== null) return answer(value.result, `retraining ${retrainingId} has ended`);
    if (!isOpen(value)) {
      return answer(skip('not_required', `retraining ${retrainingId} has ${value.status}: ${value.error ?? ''}`));
    }
    const lease = await readLease(storage, value.plan.modelName);
    if (isHeld(lease, this.context.clock.now())) return answer(inProgress(value.plan.modelName, lease.value!));
    return this.#takeUp(storage, loaded, lease);
  }

  async #takeUp(
    storage: Storage,
    { value, recordVersion }: LoadedRetraining,
    lease: LoadedLease,
  ): Promise<Plan<Claim>> {
    try {
      this.checkTrainer(value.plan);
    } catch (error) {
      const { code, message } = error as MLOpsError;
      const left = `retraining ${value.retrainingId} is left as it is: resume it on a host that has that trainer`;
      throw new MLOpsError(code, `${message}; ${left}`, { cause: error });
    }
    const retraining: StoredRetraining = { ...value, status: 'running', attempt: value.attempt + 1, error: null };
    return this.#claim(storage, retraining, recordVersion, lease, []);
  }

  /** Ends a retraining that takes its process with it again and again, such as by its need of memory. */
  #giveUp({ value, recordVersion }: LoadedRetraining): Plan<Claim> {
    const { retrainingId, attempt, steps } = value;
    const error =
      `the process died in ${mostFutile} attempts in a row (${attempt} in all) after ${steps.length} completed steps: ` +
      'look into its memory and log, then retrain on fewer rows or in a larger process';
    const failed: StoredRetraining = {
      ...value,
      ...{ status: 'failed', endedAt: this.context.clock.now(), snapshot: null, error },
    };
    const result = skip('given_up', `retraining ${retrainingId} was given up: ${error}`);
    return {
      changes: [putRetraining(failed, recordVersion)],
      result: { kind: 'done', result, abandoned: [value] },
      reason: result.reason,
      detail: { retrainingId, attempt },
    };
  }

  async #claim(
    storage: Storage,
    retraining: StoredRetraining,
    expect: 'absent' | number,
    lease: LoadedLease,
    further: readonly Change[],
  ): Promise<Plan<Claim>> {
    const { modelName } = retraining.plan;
    const { retrainingId, attempt } = retraining;
    const now = this.context.clock.now();
    const holder = this.context.ids.next();
    const taken: StoredLease = { retrainingId, holder, expiresAt: now + this.leaseMs, durationMs: this.leaseMs };
    const others = (await openRetrainings(storage, modelName)).filter(
      ({ value }) => value.retrainingId !== retrainingId,
    );
    const error = `abandoned for ${retrainingId}`;
    const abandoned = others.map(({ value }) => value);
    return {
      changes: [
        putRetraining(retraining, expect),
        putLease(modelName, taken, lease.recordVersion),
        ...others.map(({ value, recordVersion }) =>
          putRetraining({ ...value, status: 'abandoned', endedAt: now, snapshot: null, error }, recordVersion),
        ),
        ...further,
      ],
      result: { kind: 'claimed', retraining, lease: taken, abandoned },
      detail: {
        retrainingId,
        attempt,
        trigger: retraining.plan.trigger,
        reason: retraining.plan.reason,
        reportId: retraining.plan.reportId,
        dataDigest: retraining.dataDigest,
      },
    };
  }
}

/** Why an alarm has to wait: one about the same production version was answered a short while ago. */
export async function restOfAlarms(
  storage: Storage,
  hours: number,
  modelName: string,
  now: number,
): Promise<string | undefined> {
  const restMs = hours * 3_600_000;
  const { records } = await storage.query(retrainingsCollection, {
    where: {
      and: [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'status', op: 'in', values: ['registered', 'rejected'] },
        { field: 'endedAt', op: 'gt', value: now - restMs },
        { field: 'endedAt', op: 'lt', value: now + restMs }, // later is by a clock that was ahead
      ],
    },
    orderBy: [{ field: 'endedAt', direction: 'desc' }],
  });
  // Data that were refused before any comparison may come again, corrected, at once; they end no rest either.
  const last = records
    .map((record) => record.value as unknown as StoredRetraining)
    .find(({ result }) => result?.challenge !== undefined);
  if (last === undefined) return undefined;
  const production = (await findModel(storage, modelName))?.value.production ?? undefined;
  if (last.result!.challenge!.championVersion !== production) return undefined;
  return (
    `${modelName} was retrained at ${toIso(last.endedAt!)} (${last.status}) and has the same production version since; ` +
    `alarms rest for retraining.cooldown_hours (${hours}), or pass { trigger: 'manual' }`
  );
}

export const isOpen = ({ status }: StoredRetraining): boolean => status === 'running' || status === 'interrupted';

/** Died, having completed nothing since too many attempts. Whoever is asked to stop in time has not died. */
const isHopeless = ({ status, attempt, steps }: StoredRetraining): boolean =>
  status === 'running' && attempt - Math.max(0, ...steps.map((step) => step.attempt)) >= mostFutile;

const inProgress = (modelName: string, { retrainingId, expiresAt }: StoredLease): RetrainResult =>
  skip(
    'in_progress',
    `${modelName} is being retrained (${retrainingId}); if that process is gone, try again after ${toIso(expiresAt)}`,
  );

const answer = (result: RetrainResult, reason = result.reason): Plan<Claim> => ({
  changes: [],
  result: { kind: 'done', result },
  reason,
  detail: { status: result.status, newModelVersion: result.newModelVersion },
});

async function openRetrainings(storage: Storage, modelName: string): Promise<readonly LoadedRetraining[]> {
  const { records } = await storage.query(retrainingsCollection, {
    where: {
      and: [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'status', op: 'in', values: ['running', 'interrupted'] },
      ],
    },
  });
  return records.map((record) => ({
    value: record.value as unknown as StoredRetraining,
    recordVersion: record.version,
  }));
}

/** Keys are of any length and content; ids are not. */
const keyId = (modelName: string, key: string): string => digestBytes(JSON.stringify([modelName, key]));

/** The latest retraining with an idempotency key. */
export async function findByKey(
  storage: Storage,
  modelName: string,
  key: string,
): Promise<{ readonly retraining: LoadedRetraining; readonly recordVersion: number } | undefined> {
  const record = await storage.get(keysCollection, keyId(modelName, key));
  if (record === undefined) return undefined;
  const { retrainingId } = record.value as { retrainingId: string };
  return { retraining: await loadRetraining(storage, retrainingId), recordVersion: record.version };
}

const putKey = (modelName: string, key: string, retrainingId: string, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: keysCollection,
  id: keyId(modelName, key),
  value: { modelName, key, retrainingId },
  expect,
});
