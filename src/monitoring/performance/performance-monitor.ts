import { latencyBucket } from '../../canary/evidence/latency-buckets.js';
import { type Clock, systemClock } from '../../util/clock.js';
import { checkOptions, refuse } from '../../util/check.js';
import { deepFreeze } from '../../util/freeze.js';
import { mergeWindows } from './merge-windows.js';
import { type PerformanceSummary, summarizeWindow } from './summarize-window.js';
import { type Observation, OpenWindow, type PerformanceWindow } from './window.js';

/** How long the windows of a {@link PerformanceMonitor} are, and how many it keeps. */
export interface PerformanceMonitorOptions {
  /** Length of a window, milliseconds; 60,000 unless told. */
  readonly windowMs?: number;
  /** Full windows kept of each version; 60 unless told: an hour of minutes. */
  readonly keep?: number;
  readonly clock?: Clock;
}

interface Tracked {
  readonly open: OpenWindow;
  /** Full windows, oldest first. */
  readonly closed: PerformanceWindow[];
  /** Everything since the monitor began, but for the open window. */
  total: PerformanceWindow;
}

/** Versions that are tracked at once; further ones are not counted: names that requests choose must not fill the memory. */
const mostVersions = 1000;

/**
 * Counts what the versions of models answer: quality, latency, errors and throughput, in windows of time. Recording is
 * synchronous, does no I/O, allocates nothing once a version is known, and never throws.
 *
 * @example
 * const monitor = new PerformanceMonitor();
 * monitor.record({ modelName: 'spread', version: '1.0.0', latencyMs: 2.1, prediction: 104, actual: 101 });
 * monitor.summary('spread', '1.0.0')?.quality.mae; // 3
 */
export class PerformanceMonitor {
  readonly #windowMs: number;
  readonly #keep: number;
  readonly #clock: Clock;
  readonly #models = new Map<string, Map<string, Tracked>>();
  #versions = 0;
  #dropped = 0;

  constructor(options: PerformanceMonitorOptions = {}) {
    checkOptions(options, ['windowMs', 'keep', 'clock'], 'PerformanceMonitor');
    const { windowMs = 60_000, keep = 60, clock = systemClock } = options;
    if (!(windowMs >= 1 && windowMs <= 86_400_000))
      refuse(`windowMs must be 1 to 86400000 milliseconds, got ${windowMs}`);
    if (!(Number.isInteger(keep) && keep >= 1 && keep <= 10_000))
      refuse(`keep must be 1 to 10000 windows, got ${keep}`);
    this.#windowMs = windowMs;
    this.#keep = keep;
    this.#clock = clock;
  }

  /** Counts a request; latencies below zero and what is no number are left out. @returns whether it was counted */
  record(observation: Observation): boolean {
    try {
      const now = this.#clock.now();
      const tracked = this.#tracked(observation.modelName, observation.version, now);
      if (tracked === undefined) {
        this.#dropped++;
        return false;
      }
      const { latencyMs, prediction, actual } = observation;
      const bucket = latencyMs !== undefined && latencyMs >= 0 && latencyMs < Infinity ? latencyBucket(latencyMs) : -1;
      const error = prediction !== undefined && actual !== undefined ? prediction - actual : NaN;
      tracked.open.add(bucket, latencyMs ?? 0, observation.isError === true, error);
      return true;
    } catch {
      return false; // such as an observation that is no object: whoever is served must not notice
    }
  }

  /** Counts the actual value of a request that was recorded without one. @returns whether it was counted */
  recordActual(label: Pick<Observation, 'modelName' | 'version'> & { prediction: number; actual: number }): boolean {
    try {
      const tracked = this.#tracked(label.modelName, label.version, this.#clock.now());
      tracked?.open.label(label.prediction - label.actual);
      return tracked !== undefined;
    } catch {
      return false;
    }
  }

  /** Requests that were not counted, since they name no version, or too many versions are tracked. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Models and versions that were seen, in that order. */
  versions(): readonly { readonly modelName: string; readonly version: string }[] {
    return [...this.#models].flatMap(([modelName, versions]) =>
      [...versions.keys()].map((version) => ({ modelName, version })),
    );
  }

  /** The windows of a version, oldest first; the last one is still open. They can be stored and merged: {@link mergeWindows}. */
  windows(modelName: string, version: string): readonly PerformanceWindow[] {
    const now = this.#clock.now();
    const tracked = this.#models.get(modelName)?.get(version);
    if (tracked === undefined) return [];
    this.#roll(tracked, now);
    return deepFreeze([...tracked.closed, ...(tracked.open.isEmpty ? [] : [tracked.open.view(now)])]);
  }

  /** The windows that are kept, together; undefined for a version nobody recorded. */
  summary(modelName: string, version: string): PerformanceSummary | undefined {
    const windows = this.windows(modelName, version);
    return windows.length === 0 ? undefined : summarizeWindow(mergeWindows(windows));
  }

  /** Everything since the monitor began; for counters that only grow. */
  totals(): readonly PerformanceWindow[] {
    const now = this.#clock.now();
    return [...this.#models.values()].flatMap((versions) =>
      [...versions.values()].map((tracked) => deepFreeze(mergeWindows([tracked.total, tracked.open.view(now)]))),
    );
  }

  #tracked(modelName: string, version: string, now: number): Tracked | undefined {
    let versions = this.#models.get(modelName);
    let tracked = versions?.get(version);
    if (tracked === undefined) {
      if (this.#versions >= mostVersions || typeof modelName !== 'string' || typeof version !== 'string')
        return undefined;
      if (versions === undefined) this.#models.set(modelName, (versions = new Map<string, Tracked>()));
      const open = new OpenWindow(modelName, version, now - (now % this.#windowMs));
      tracked = { open, closed: [], total: open.view(now) };
      versions.set(version, tracked);
      this.#versions++;
    }
    if (Math.abs(now - tracked.open.from) >= this.#windowMs) this.#roll(tracked, now);
    return tracked;
  }

  /** Closes the open window once its time is over, and forgets those that are too old. */
  #roll(tracked: Tracked, now: number): void {
    const { open, closed } = tracked;
    const end = open.from + this.#windowMs;
    // A clock that was ahead has been put right: its windows are no measure of time, and only their counts stay.
    const wasAhead = now <= open.from - this.#windowMs;
    if (now >= end || wasAhead) {
      if (!open.isEmpty) {
        const full = open.view(end);
        closed.push(full);
        tracked.total = mergeWindows([tracked.total, full]);
      }
      if (wasAhead) closed.splice(0, Infinity, ...closed.filter(({ to }) => to <= now));
      open.clear(now - (now % this.#windowMs));
    }
    const oldest = open.from - this.#keep * this.#windowMs;
    while (closed.length > 0 && closed[0]!.from < oldest) closed.shift();
  }
}
