import { ConflictError } from '../errors.js';
import type { Storage } from '../storage/storage.js';
import { own } from '../util/own.js';
import { addPoint, applyBatch } from './batch.js';
import { type MetricPoint, encodePoint, metricStream } from './metric.js';
import type { StoredRun } from './run.js';
import type { RunChange } from './run-writer.js';
import type { BatchPoint } from './tracking-options.js';

/** Where an attempt to store a batch would have put it. */
interface Attempt {
  /** Points of each metric before. */
  readonly counts: ReadonlyMap<string, number>;
  readonly droppedBefore: number;
}

/**
 * Points to be stored once, however many attempts it takes. An attempt that failed may have been carried out all the same
 * (a connection that broke in mid-commit), at once or later; so the next one looks for the points where the former would
 * have put them, and within the same commit's precondition.
 */
export class PointBatch {
  readonly size: number;
  readonly #points = new Map<string, MetricPoint[]>();
  /** Attempts whose outcome is not known. */
  readonly #inDoubt: Attempt[] = [];

  /** @param dropped points to be recorded as dropped, together with these */
  constructor(
    points: readonly BatchPoint[],
    readonly dropped: number,
  ) {
    this.size = points.length;
    for (const { key, step, timestamp, value } of points) {
      addPoint(this.#points, key, { step: step!, timestamp: timestamp!, value });
    }
  }

  async store(update: (change: RunChange) => Promise<void>): Promise<void> {
    let attempt: Attempt | undefined;
    try {
      await update(async (run, storage) => {
        if (await this.#isStored(run, storage)) return undefined;
        attempt = this.#attemptOn(run);
        return this.#applyTo(run);
      });
    } catch (error) {
      if (attempt !== undefined && !(error instanceof ConflictError)) this.#inDoubt.push(attempt);
      throw error;
    }
  }

  #attemptOn(run: StoredRun): Attempt {
    const counts = new Map(Array.from(this.#points.keys(), (key) => [key, own(run.metrics, key)?.count ?? 0]));
    return { counts, droppedBefore: run.droppedPoints ?? 0 };
  }

  #applyTo(run: StoredRun) {
    const applied = applyBatch(run, { points: this.#points, parameters: {}, tags: {} });
    if (this.dropped === 0) return applied;
    return { ...applied, run: { ...applied.run, droppedPoints: (run.droppedPoints ?? 0) + this.dropped } };
  }

  async #isStored(run: StoredRun, storage: Storage): Promise<boolean> {
    for (const { counts, droppedBefore } of this.#inDoubt) {
      if ((run.droppedPoints ?? 0) < droppedBefore + this.dropped) continue;
      let isThere = true;
      for (const [key, points] of this.#points) {
        isThere &&= await this.#holds(storage, metricStream(run.runId, key), counts.get(key)!, points);
      }
      if (isThere) return true;
    }
    return false;
  }

  async #holds(storage: Storage, stream: string, from: number, points: readonly MetricPoint[]): Promise<boolean> {
    const { entries } = await storage.read(stream, { from, to: from + points.length });
    const stored = entries.map(({ value }) => value);
    return JSON.stringify(stored) === JSON.stringify(points.map(encodePoint));
  }
}
