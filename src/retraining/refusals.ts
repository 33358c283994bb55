import { ConflictError, MLOpsError } from '../errors.js';
import type { Storage } from '../storage/storage.js';
import type { RetrainingTrigger } from './retraining-plan.js';

export const refusalsCollection = 'retraining_refusals';

/** The last retraining of a model that was asked for and could not begin, such as over data that were refused. */
export interface StoredRefusal {
  /** The same for as long as the same thing goes wrong, within `retraining.cooldown_hours`. */
  readonly refusalId: string;
  readonly modelName: string;
  readonly trigger: RetrainingTrigger;
  readonly error: string;
  /** When it went wrong like this first, and last; UTC milliseconds. */
  readonly since: number;
  readonly at: number;
}

/** Keeps what stood in the way, for alerts; whoever asks again and again leaves one record, which they tell of once. */
export async function noteRefusal(
  storage: Storage,
  refusal: Omit<StoredRefusal, 'since'>,
  restMs: number,
): Promise<void> {
  const { modelName, at, error } = refusal;
  const record = await storage.get(refusalsCollection, modelName);
  const before = record?.value as unknown as StoredRefusal | undefined;
  const isKnown = before?.error === error && Math.abs(at - before.since) < restMs;
  const value = isKnown ? { ...before, at } : { ...refusal, since: at };
  const expect = record?.version ?? 'absent';
  try {
    await storage.commit([{ kind: 'put', collection: refusalsCollection, id: modelName, value, expect }]);
  } catch (lost) {
    if (!(lost instanceof ConflictError)) throw lost; // somebody else has noted theirs
  }
}

/** Whether an error is about the retraining that was asked for: not about a stop, or a store that cannot be written. */
export const isRefusal = (error: unknown): boolean =>
  !(error instanceof MLOpsError && /^(ABORTED|CLOSED|CONFLICT|STORAGE_.*)$/.test(error.code));
