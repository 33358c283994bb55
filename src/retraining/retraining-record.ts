import { type ScopeSource, scopeOfRecord } from '../governance/access/scope.js';
import { MLOpsError } from '../errors.js';
import { retrainingsCollection } from '../sealing/subject-key.js';
import type { ArtifactRef } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import type { Digest } from '../util/digest.js';
import { deepFreeze } from '../util/freeze.js';
import type { JsonValue } from '../util/json.js';
import type { RetrainResult } from './retrain-result.js';
import type { RetrainingPlan } from './retraining-plan.js';

export { retrainingsCollection };

/** Idempotency keys, each with the retraining it stands for. */
export const keysCollection = 'retraining_keys';

/** The stages of a retraining, in their order. */
export const stepNames = [
  'check',
  'split',
  'tune',
  'cross_validate',
  'train',
  'compare',
  'explain',
  'gates',
  'register',
  'canary',
] as const;
/** The steps of a retraining, in their order. */
export type StepName = (typeof stepNames)[number];

/** A stage that was completed. */
export interface StoredStep {
  readonly name: StepName;
  /** Digest of what it was computed from; a step is computed anew when that is no longer the same. */
  readonly inputs: Digest;
  readonly output: JsonValue;
  readonly endedAt: number;
  /** Which attempt computed it, from 1. */
  readonly attempt: number;
}

/**
 * - `running`: some process is at it, or died at it and it can be resumed.
 * - `interrupted`: stopped on request; can be resumed.
 * - `failed`: ended by an error that resuming would meet again.
 * - `abandoned`: its process died and another retraining of the model was begun instead.
 */
export type RetrainingStatus = (typeof retrainingStatuses)[number];

export const retrainingStatuses = ['running', 'interrupted', 'registered', 'rejected', 'failed', 'abandoned'] as const;

export interface StoredRetraining {
  readonly retrainingId: string;
  readonly plan: RetrainingPlan;
  readonly key: string | null;
  readonly status: RetrainingStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly startedBy: string;
  /** Grows whenever a process takes the work up; commits of an earlier one are refused from then on. */
  readonly attempt: number;
  /** The training data, until the retraining has ended. */
  readonly snapshot: ArtifactRef | null;
  /** Identifies the content of the training data, also after the snapshot is gone. */
  readonly dataDigest: Digest;
  readonly steps: readonly StoredStep[];
  readonly result: RetrainResult | null;
  readonly error: string | null;
}

/** A retraining as a caller sees it. */
export interface Retraining extends Omit<
  StoredRetraining,
  'startedAt' | 'endedAt' | 'steps' | 'snapshot' | 'result' | 'error' | 'key'
> {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly steps: readonly (Omit<StoredStep, 'endedAt'> & { readonly endedAt: string })[];
  readonly result?: RetrainResult;
  readonly error?: string;
}

export interface LoadedRetraining {
  readonly value: StoredRetraining;
  readonly recordVersion: number;
}

export function viewRetraining(stored: StoredRetraining): Retraining {
  const { endedAt, result, error, snapshot: _snapshot, key: _key, ...rest } = stored;
  return deepFreeze({
    ...rest,
    startedAt: toIso(stored.startedAt),
    ...(endedAt !== null && { endedAt: toIso(endedAt) }),
    steps: stored.steps.map((step) => ({ ...step, endedAt: toIso(step.endedAt) })),
    ...(result !== null && { result }),
    ...(error !== null && { error }),
  });
}

export const retrainingScope = (retrainingId: string): ScopeSource =>
  scopeOfRecord(retrainingsCollection, retrainingId, ({ plan }: StoredRetraining) => ({ model: plan.modelName }));

/** @throws MLOpsError `NOT_FOUND` */
export async function loadRetraining(storage: Storage, retrainingId: string): Promise<LoadedRetraining> {
  const record = await storage.get(retrainingsCollection, retrainingId);
  if (record === undefined) {
    throw new MLOpsError(
      'NOT_FOUND',
      `there is no retraining ${retrainingId}; listRetrainings() shows those there are`,
    );
  }
  return { value: record.value as unknown as StoredRetraining, recordVersion: record.version };
}

export const putRetraining = (value: StoredRetraining, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: retrainingsCollection,
  id: value.retrainingId,
  value: value as unknown as JsonValue,
  index: {
    modelName: value.plan.modelName,
    status: value.status,
    trigger: value.plan.trigger,
    reportId: value.plan.reportId,
    dataDigest: value.dataDigest,
    startedAt: value.startedAt,
    endedAt: value.endedAt,
  },
  expect,
});
