import { hostname } from 'node:os';
import { ConflictError, MLOpsError } from '../errors.js';
import { ControlPlane } from '../governance/control-plane.js';
import { type Context, deriveContext } from '../runtime/context.js';
import type { Change, Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import { type StoredRun, nextRevision, runsCollection } from './run.js';
import { putRun } from './run-writer.js';
import { inBackground } from '../util/in-background.js';
import { longestInterval } from '../util/timer.js';

const leasesCollection = 'run_leases';

/** Readers look for dead runs at most this often, in milliseconds. */
const sweepIntervalMs = 1_000;

/** A lease that ran out so long ago, in milliseconds, did so whatever the clocks say. */
const mostSkew = 86_400_000;

interface Lease {
  readonly runId: string;
  /** UTC milliseconds, by the clock of the process that has the run. */
  readonly expiresAt: number;
  /** Whose clock that is; not known of leases of older versions. */
  readonly host?: string;
}

/**
 * Tells living runs from those whose process died. A process that has a run going says so every now and then; when it has
 * not for the length of a lease, the next reader on its host, in whatever process, ends the run as `killed`. Clocks of hosts
 * differ: a reader on another one does so when it has seen no sign of life itself for as long, or after a day.
 */
export class RunLeases {
  /** Runs of this process, and the version of their lease's record once it is known. */
  readonly #held = new Map<string, number | undefined>();
  readonly #control: ControlPlane;
  #timer: NodeJS.Timeout | undefined;
  #sweptAt = -Infinity;
  /** Leases of other hosts that seem to have run out: the version they had, and since when. */
  #watched = new Map<string, { readonly version: number; readonly since: number }>();
  #renewing: Promise<void> | undefined;

  constructor(private readonly context: Context) {
    // Whoever happens to read does not end other people's runs: the library does.
    const principal = { id: 'bondx-mlops', type: 'service', authentication: 'application' } as const;
    this.#control = new ControlPlane(deriveContext(context, { principal }), 'library');
  }

  /** To be committed with the run's beginning; then call {@link begin}. */
  take(runId: string): Change {
    return this.#put(runId, 'any');
  }

  /** To be committed with the run's end; then call {@link end}. */
  static drop(runId: string): Change {
    return { kind: 'delete', collection: leasesCollection, id: runId, expect: 'any' };
  }

  /** Keeps the lease of a run alive from now on. */
  begin(runId: string): void {
    this.#held.set(runId, undefined);
    const renew = inBackground(() => void this.renew());
    this.#timer ??= setInterval(
      renew,
      Math.min(this.#policy.heartbeatIntervalSeconds * 1_000, longestInterval),
    ).unref();
  }

  end(runId: string): void {
    this.#held.delete(runId);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    for (const runId of [...this.#held.keys()]) this.end(runId);
  }

  /** One heartbeat for every run of this process. Never fails: a lease that cannot be renewed runs out. */
  renew(): Promise<void> {
    // A store that is slow or away outlasts the interval: a second heartbeat would lose to the first one and look as ended.
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew(): Promise<void> {
    for (const [runId, version] of [...this.#held]) {
      try {
        const storage = await this.context.stores.storage();
        const before = version ?? (await storage.get(leasesCollection, runId))?.version;
        if (before === undefined) {
          this.end(runId); // a lease that is gone is not taken again
          continue;
        }
        const [renewed] = await storage.commit([this.#put(runId, before)], { durability: 'process' });
        if (this.#held.has(runId)) this.#held.set(runId, renewed);
      } catch (error) {
        if (error instanceof ConflictError)
          this.end(runId); // ended or taken over elsewhere
        else if (this.#held.has(runId)) this.#held.set(runId, undefined); // it may have been written all the same
      }
    }
  }

  /** Ends the runs whose lease ran out. */
  async sweep(storage: Storage): Promise<void> {
    const now = this.context.clock.now();
    if (now - this.#sweptAt < sweepIntervalMs) return;
    this.#sweptAt = now;
    const { records } = await storage.query(leasesCollection, {
      where: { field: 'expiresAt', op: 'lt', value: now },
      limit: 1_000,
    });
    const watchedBefore = this.#watched;
    this.#watched = new Map();
    for (const { id, version, value } of records) {
      const { host, expiresAt } = value as unknown as Lease;
      if (host !== undefined && host !== hostname() && now - expiresAt < mostSkew) {
        const before = watchedBefore.get(id);
        const watched = before?.version === version ? before : { version, since: now };
        this.#watched.set(id, watched);
        if (now - watched.since < this.#policy.runLeaseSeconds * 1_000) continue;
      }
      if ((await storage.get(leasesCollection, id)) === undefined) continue; // another reader has seen to it
      await this.#kill(id, version).catch((error: unknown) => {
        if (!(error instanceof MLOpsError && error.code === 'STORAGE_READ_ONLY')) throw error;
      });
    }
  }

  /** @param version of the lease that ran out */
  async #kill(runId: string, version: number): Promise<void> {
    await this.#control.change(
      'tracking.kill_run',
      { resource: { type: 'run', id: runId }, scope: 'store' },
      async (storage) => {
        const [lease, record] = [await storage.get(leasesCollection, runId), await storage.get(runsCollection, runId)];
        if (lease?.version !== version) {
          const reason = lease === undefined ? 'the run had ended' : 'the run showed signs of life';
          return { changes: [], result: undefined, decision: 'deny', reason };
        }
        const run = record?.value as unknown as StoredRun | undefined;
        const drop: Change = { kind: 'delete', collection: leasesCollection, id: runId, expect: lease.version };
        if (record === undefined || run?.status !== 'running') {
          return { changes: [drop], result: undefined, reason: 'the run had ended' };
        }
        const { expiresAt } = lease.value as unknown as Lease;
        const error = `its process gave no sign of life after ${toIso(expiresAt)}`;
        const killed = nextRevision({ ...run, status: 'killed', endedAt: expiresAt, error });
        return { changes: [putRun(killed, record.version), drop], result: undefined, reason: error };
      },
    );
  }

  #put(runId: string, expect: 'any' | number): Change {
    const expiresAt = this.context.clock.now() + this.#policy.runLeaseSeconds * 1_000;
    const value = { runId, expiresAt, host: hostname() };
    return { kind: 'put', collection: leasesCollection, id: runId, value, index: { expiresAt }, expect };
  }

  get #policy() {
    return this.context.config.policy.tracking;
  }
}
