import { ConflictError } from '../errors.js';
import { checkSubject, findSubjectKey, predictionsCollection } from '../sealing/subject-key.js';
import type { OpenSubjectKey, SubjectKeys } from '../sealing/subject-keys.js';
import type { Change, Storage, StoredRecord } from '../storage/storage.js';
import { cohortLengthMs } from './evidence/evidence-settings.js';
import { type LoggedPrediction, isLabelled, openPrediction, putPrediction, subjectOf } from './stored-prediction.js';

/** Most predictions kept in memory until the next flush. */
const mostPending = 20_000;

/** Predictions written or deleted in one commit. */
const batchSize = 500;

/** Keys of subjects asked for at the same time: those that are made then are committed together. */
const keysAtOnce = 50;

const dayMs = 86_400_000;

/** A prediction and whom it is about. */
interface Pending {
  readonly prediction: LoggedPrediction;
  readonly subject: string | undefined;
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
  /** The subject of the request was erased. */
  | 'erased'
  /** The deployment has ended. */
  | 'ended';

export interface PredictionLogOptions {
  readonly subjects: SubjectKeys;
  /** Predictions stay at least that long. */
  readonly minimumDays: number;
}

/** Predictions of one process on their way to the store, and the labels of any process. */
export class PredictionLog {
  readonly #pending = new Map<string, Pending>();

  constructor(private readonly options: PredictionLogOptions) {}

  /** Whether nothing waits to be written. */
  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /**
   * Keeps a prediction; false when there are too many.
   *
   * @param subject whom it is about: what is said of them is encrypted under their key
   */
  add(prediction: LoggedPrediction, subject?: string): boolean {
    if (this.#pending.size >= mostPending) return false;
    this.#pending.set(prediction.requestId, { prediction, subject });
    return true;
  }

  /** Writes what is pending; what could not be written stays pending. What is about an erased subject is forgotten. */
  async flush(storage: Storage): Promise<void> {
    while (this.#pending.size > 0) {
      const batch = [...this.#pending.values()].slice(0, batchSize);
      try {
        const keys = await this.#keysOf(storage, batch);
        const changes = batch.flatMap(({ prediction, subject }) => {
          const key = subject === undefined ? undefined : keys.get(subject);
          return subject !== undefined && key === undefined ? [] : putPrediction(prediction, 'absent', key);
        });
        const checks = [...keys.values()].flatMap((key) => (key ? checkSubject(key.subject, key.version) : []));
        if (changes.length > 0) await storage.commit([...changes, ...checks], { durability: 'process' });
        for (const { prediction } of batch) this.#pending.delete(prediction.requestId);
      } catch (error) {
        if (!(error instanceof ConflictError) || error.conflict.kind !== 'record') throw error;
        if (error.conflict.collection !== predictionsCollection) continue; // a subject's key was changed or destroyed
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
    for (;;) {
      const record = await storage.get(predictionsCollection, requestId);
      if (record === undefined) return 'unknown';
      if (isLabelled(record)) return 'already_labelled';
      const subject = subjectOf(record);
      const key = subject === undefined ? undefined : await this.options.subjects.open(storage, subject);
      if (subject !== undefined && key === undefined) return 'erased';
      const logged = openPrediction(record, key);
      if (now >= logged.until) return 'too_late';
      const checks = key === undefined ? [] : [checkSubject(key.subject, key.version)];
      try {
        await storage.commit([putPrediction({ ...logged, actual }, record.version, key), ...checks]);
        return logged;
      } catch (error) {
        // Another label was first, or a subject's key was changed or destroyed: what is there now tells.
        if (!(error instanceof ConflictError)) throw error;
      }
    }
  }

  /** Deletes predictions whose label could count no more a day ago, unless their subject is on hold. */
  async purge(storage: Storage, now: number): Promise<number> {
    const before = now - Math.max(1, this.options.minimumDays) * dayMs;
    let purged = 0;
    for (let cursor: string | undefined; ;) {
      const page = await storage.query(predictionsCollection, {
        where: { field: 'until', op: 'lt', value: before },
        limit: batchSize,
        ...(cursor !== undefined && { cursor }),
      });
      const due = await duePart(storage, page.records);
      try {
        if (due.length > 0) await storage.commit(due, { durability: 'process' });
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        continue; // a subject was put on hold, or its key changed: look again
      }
      purged += due.filter(({ kind }) => kind === 'delete').length;
      if (page.cursor === undefined) return purged;
      cursor = page.cursor;
    }
  }

  async #keysOf(storage: Storage, batch: readonly Pending[]): Promise<ReadonlyMap<string, OpenSubjectKey | undefined>> {
    const subjects = [...new Set(batch.flatMap(({ subject }) => subject ?? []))];
    const keys = new Map<string, OpenSubjectKey | undefined>();
    for (let at = 0; at < subjects.length; at += keysAtOnce) {
      const some = subjects.slice(at, at + keysAtOnce);
      const opened = await Promise.all(some.map((subject) => this.options.subjects.use(storage, subject)));
      some.forEach((subject, i) => keys.set(subject, opened[i]));
    }
    return keys;
  }
}

/** Deletes those whose subject is not on hold, and holds the commit to that. */
async function duePart(storage: Storage, records: readonly StoredRecord[]): Promise<readonly Change[]> {
  const subjects = new Set(records.flatMap((record) => subjectOf(record) ?? []));
  const held = new Set<string>();
  const checks: Change[] = [];
  for (const subject of subjects) {
    const key = await findSubjectKey(storage, subject);
    if (key === undefined) continue;
    if (key.value.hold === null) checks.push(checkSubject(subject, key.version));
    else held.add(subject);
  }
  const due = records.filter((record) => !held.has(subjectOf(record) ?? ''));
  const collection = predictionsCollection;
  return due.length === 0
    ? []
    : [...due.map(({ id }): Change => ({ kind: 'delete', collection, id, expect: 'any' })), ...checks];
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
