import { MLOpsError } from '../errors.js';
import type { Clock } from '../util/clock.js';
import { checkName, checkObject, checkOptions, describe, refuse } from '../util/check.js';
import { checkMetricCount, checkPosition, checkValue } from './batch.js';
import { PointBatch } from './point-batch.js';
import type { RunChange } from './run-writer.js';
import type { BatchPoint, BufferRunOptions, LogMetricsOptions } from './tracking-options.js';

/** Most points of one commit: hashing them holds the event loop for a few milliseconds. */
const batchSize = 2_000;

/** What became of the points given to a buffer. */
export interface BufferReport {
  /** Points in the store. */
  readonly stored: number;
  /** Points refused because the buffer was full; the run records their number. */
  readonly dropped: number;
}

/** What a buffer works with. */
export interface BufferTarget {
  readonly clock: Clock;
  /** Whether the policy records metrics at all. */
  readonly isRecording: boolean;
  /** Writes to the run. */
  readonly update: (change: RunChange) => Promise<void>;
}

/**
 * Metrics of a run for loops that cannot wait: a call takes a point in and returns, the points are stored in the
 * background, in order, in batches. A batch that could not be stored is tried again, and is never stored twice.
 *
 * Points that were not flushed are lost when the process dies: its timer does not keep the process alive. `flush`,
 * `close`, `endRun` and the tracker's `close` store everything.
 */
export class BufferedRun {
  readonly #maxPoints: number;
  readonly #flushIntervalMs: number;
  readonly #names = new Set<string>();
  #queue: BatchPoint[] = [];
  /** The batch that is being stored, or whose storing failed. */
  #batch: PointBatch | undefined;
  #storing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #accepted = 0;
  #stored = 0;
  #dropped = 0;
  #reportedDropped = 0;
  #failure: unknown;

  constructor(
    readonly runId: string,
    private readonly target: BufferTarget,
    options: BufferRunOptions = {},
  ) {
    checkOptions(options, ['maxPoints', 'flushIntervalMs'], 'bufferRun');
    const { maxPoints = 100_000, flushIntervalMs = 1_000 } = options;
    if (!Number.isSafeInteger(maxPoints) || maxPoints < 1)
      refuse(`maxPoints must be a whole number, got ${describe(maxPoints)}`);
    if (typeof flushIntervalMs !== 'number' || !(flushIntervalMs > 0 && flushIntervalMs < 2 ** 31)) {
      refuse(`flushIntervalMs must be milliseconds above 0, got ${describe(flushIntervalMs)}`);
    }
    this.#maxPoints = maxPoints;
    this.#flushIntervalMs = flushIntervalMs;
  }

  /**
   * Takes in one point for each metric, all or none.
   *
   * @returns false when the buffer is full: the points are dropped and counted
   * @throws MLOpsError `INVALID_INPUT` for what could never be stored, `CLOSED` after `close`
   */
  logMetrics(metrics: Readonly<Record<string, number>>, options: LogMetricsOptions = {}): boolean {
    if (this.#isClosed) throw new MLOpsError('CLOSED', `this buffer of run ${this.runId} was closed`);
    checkOptions(options, ['step', 'timestamp'], 'logMetrics');
    const { step = 0, timestamp = this.target.clock.now() } = options;
    checkPosition(step, timestamp);
    const keys = Object.keys(checkObject(metrics, 'metrics'));
    for (const key of keys) this.#check(key, metrics[key]);
    if (!this.target.isRecording) return true;
    const hasRoom = this.waiting + keys.length <= this.#maxPoints;
    if (hasRoom) {
      for (const key of keys) this.#queue.push({ key, value: metrics[key]!, step, timestamp });
      this.#accepted += keys.length;
    } else this.#dropped += keys.length;
    this.#schedule(this.#queue.length >= batchSize && this.#failure === undefined);
    return hasRoom;
  }

  /** Points taken in and not stored yet. */
  get waiting(): number {
    return this.#accepted - this.#stored;
  }

  /** Points refused so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Why the last attempt to store points failed; undefined when it did not. It is repeated after the interval. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Resolves when every point taken in before is stored.
   *
   * @throws what storing failed with; the points stay in the buffer, and are tried again
   */
  async flush(): Promise<BufferReport> {
    const [accepted, dropped] = [this.#accepted, this.#dropped];
    while (this.#stored < accepted || this.#reportedDropped < dropped) await this.#storeNext();
    return { stored: this.#stored, dropped: this.#dropped };
  }

  /** Takes in no more points, and flushes. After a failure it can be called again. */
  async close(): Promise<BufferReport> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    return this.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #check(key: string, value: unknown): void {
    if (!this.#names.has(key)) {
      checkName(key, 'metric name');
      checkMetricCount(this.#names.size + 1, `run ${this.runId}`); // or nothing of this buffer could be stored
      this.#names.add(key);
    }
    checkValue(key, value);
  }

  #schedule(isUrgent: boolean): void {
    if (isUrgent && this.#storing === undefined) void this.#storeAll();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#storeAll();
    }, this.#flushIntervalMs).unref();
  }

  /** In the background: failures are kept for those who ask, and the points for the next attempt. */
  async #storeAll(): Promise<void> {
    try {
      do await this.flush();
      while (this.#queue.length >= batchSize);
    } catch {
      if (!this.#isClosed) this.#schedule(false);
    }
  }

  /** The attempt under way, or the next one. */
  #storeNext(): Promise<void> {
    this.#storing ??= this.#store().finally(() => (this.#storing = undefined));
    return this.#storing;
  }

  async #store(): Promise<void> {
    this.#batch ??= new PointBatch(this.#queue.splice(0, batchSize), this.#dropped - this.#reportedDropped);
    try {
      await this.#batch.store(this.target.update);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    this.#failure = undefined;
    this.#stored += this.#batch.size;
    this.#reportedDropped += this.#batch.dropped;
    this.#batch = undefined;
  }
}
