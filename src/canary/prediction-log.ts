import { ConflictError } from '../errors.js';
import type { Change, Storage } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';
import { cohortLengthMs } from './evidence/evidence-settings.js';

export const predictionsCollection = 'canary_predictions';

/** Most predictions kept in memory until the next flush. */
const mostPending = 20_000;

/** Predictions written or deleted in one commit. */
const batchSize = 500;

const dayMs = 86_400_000;

/** A prediction that waits for its actual value. */
export interface LoggedPrediction {
  readonly requestId: string;
  readonly modelName: string;
  readonly deploymentId: string;
  /** Who answered; `pair` in shadow mode, where both did. */
  readonly arm: 'canary' | 'production' | 'pair';
  readonly step: number;
  readonly unit: number;
  /** When it was made, UTC milliseconds. */
  readonly at: number;
  /** Labels are taken until then, UTC milliseconds. */
  readonly until: number;
  readonly prediction: number;
  /** In shadow mode, what the candidate said; `prediction` is production's. */
  readonly shadowPrediction: number | null;
  readonly segment: string | null;
  /** Null until the actual value comes. */
  readonly actual: number | null;
}

/** Labels count until their window after the end of the request's cohort has passed: then the cohort is scored. */
export function labelsUntil(at: number, labelWindowMs: number): number {
  const cohortMs = cohortLengthMs(labelWindowMs);
  return (Math.floor(at / cohortMs) + 1) * cohortMs + labelWindowMs;
}

/** What became of an actual value. */
export type LabelResult =
  /** Counted, and stored within a second. */
  | 'joined'
  /** No such prediction was logged, or it is too long ago. */
  | 'unknown'
  /** The request has its label already. */
  | 'already_labelled'
  /** The label window of the request has passed. */
  | 'too_late'
  /** The deployment has ended. */
  | 'ended';

/** Predictions of one process on their way to the store, and the labels of any process. */
export class PredictionLog {
  readonly #pending = new Map<string, LoggedPrediction>();

  /** Keeps a prediction; false when there are too many. */
  add(prediction: LoggedPrediction): boolean {
    if (this.#pending.size >= mostPending) return false;
    this.#pending.set(prediction.requestId, prediction);
    return true;
  }

  /** Writes what is pending; what could not be written stays pending. */
  async flush(storage: Storage): Promise<void> {
    while (this.#pending.size > 0) {
      const batch = [...this.#pending.values()].slice(0, batchSize);
      try {
        const changes = batch.map((prediction) => put(prediction, 'absent'));
        await storage.commit(changes, { durability: 'process' });
        for (const { requestId } of batch) this.#pending.delete(requestId);
      } catch (error) {
        if (!(error instanceof ConflictError) || error.conflict.kind !== 'record') throw error;
        this.#pending.delete(error.conflict.id); // written by an attempt whose answer got lost
      }
    }
  }

  /**
   * Claims a prediction for its label: of two callers with a label for one request, in whatever processes, one gets it.
   *
   * @returns the prediction, or why there is none to be had
   */
  async claim(
    storage: Storage,
    requestId: string,
    actual: number,
    now: number,
  ): Promise<LoggedPrediction | Exclude<LabelResult, 'joined' | 'ended'>> {
    await this.flush(storage);
    const record = await storage.get(predictionsCollection, requestId);
    if (record === undefined) return 'unknown';
    const logged = record.value as unknown as LoggedPrediction;
    if (logged.actual !== null) return 'already_labelled';
    if (now >= logged.until) return 'too_late';
    try {
      await storage.commit([put({ ...logged, actual }, record.version)]);
    } catch (error) {
      if (error instanceof ConflictError) return 'already_labelled';
      throw error;
    }
    return logged;
  }

  /** Deletes predictions whose label could count no more a day ago. */
  async purge(storage: Storage, now: number): Promise<number> {
    let purged = 0;
    for (;;) {
      const { records } = await storage.query(predictionsCollection, {
        where: { field: 'until', op: 'lt', value: now - dayMs },
        limit: batchSize,
      });
      if (records.length === 0) return purged;
      const collection = predictionsCollection;
      const changes = records.map(({ id }): Change => ({ kind: 'delete', collection, id, expect: 'any' }));
      await storage.commit(changes, { durability: 'process' });
      purged += records.length;
    }
  }
}

/**
 * Counts a label for the request it is about.
 *
 * @param follow makes a model known to this process
 */
export async function joinLabel(
  storage: Storage,
  live: LabelTaker,
  { requestId, actual, now }: { readonly requestId: string; readonly actual: number; readonly now: number },
  follow: (modelName: string) => Promise<void>,
): Promise<LabelResult> {
  const logged = await live.log.claim(storage, requestId, actual, now);
  if (typeof logged === 'string') return logged;
  let isCounted = live.recordLabel(logged, actual);
  if (isCounted === undefined) {
    await follow(logged.modelName);
    isCounted = live.recordLabel(logged, actual);
  }
  return isCounted === true ? 'joined' : 'ended';
}

/** Who counts labels. */
interface LabelTaker {
  readonly log: PredictionLog;
  /** Undefined when the deployment is not known. */
  recordLabel(logged: LoggedPrediction, actual: number): boolean | undefined;
}

const put = (prediction: LoggedPrediction, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: predictionsCollection,
  id: prediction.requestId,
  value: prediction as unknown as JsonValue,
  index: { deploymentId: prediction.deploymentId, until: prediction.until },
  expect,
});
