import { ConflictError } from '../errors.js';
import type { Change, Storage } from '../storage/storage.js';
import type { Clock } from '../util/clock.js';
import type { JsonValue } from '../util/json.js';
import { Mutex } from '../util/mutex.js';
import type { Timer } from '../util/timer.js';

export const leasesCollection = 'retraining_leases';

/** Who is retraining a model, and until when others have to believe it. */
export interface StoredLease {
  readonly retrainingId: string;
  /** Identifies one attempt of one process. */
  readonly holder: string;
  /** UTC milliseconds. */
  readonly expiresAt: number;
  /** What it was given for, milliseconds; leases of older versions do not say. */
  readonly durationMs?: number;
}

/** Clocks of hosts that are right differ by less. */
const clocksDifferMs = 86_400_000;

export interface LoadedLease {
  readonly value: StoredLease | undefined;
  readonly recordVersion: number | 'absent';
}

export async function readLease(storage: Storage, modelName: string): Promise<LoadedLease> {
  const record = await storage.get(leasesCollection, modelName);
  if (record === undefined) return { value: undefined, recordVersion: 'absent' };
  return { value: record.value as unknown as StoredLease, recordVersion: record.version };
}

/** One that ends later than any could that is given now was given by a clock that was ahead: nobody waits for that. */
export function isHeld({ value }: LoadedLease, now: number): boolean {
  if (value === undefined) return false;
  const left = value.expiresAt - now;
  return left > 0 && left < (value.durationMs ?? Infinity) + clocksDifferMs;
}

export const putLease = (modelName: string, lease: StoredLease, expect: LoadedLease['recordVersion']): Change => ({
  kind: 'put',
  collection: leasesCollection,
  id: modelName,
  value: lease as unknown as JsonValue,
  expect,
});

/**
 * The changes that give a lease up, for the commit that ends the work; none when another holds it already.
 */
export async function releaseLease(storage: Storage, modelName: string, holder: string): Promise<readonly Change[]> {
  const { value, recordVersion } = await readLease(storage, modelName);
  if (value?.holder !== holder || recordVersion === 'absent') return [];
  return [{ kind: 'delete', collection: leasesCollection, id: modelName, expect: recordVersion }];
}

/** Renews a lease while its holder works: on a timer, and whenever progress is made. */
export class LeaseKeeper {
  readonly #lost = new AbortController();
  readonly #mutex = new Mutex();
  readonly #stop: () => void;
  #renewedAt: number;

  constructor(
    private readonly storage: Storage,
    private readonly modelName: string,
    private readonly lease: StoredLease,
    private readonly durationMs: number,
    private readonly clock: Clock,
    timer: Timer,
  ) {
    this.#renewedAt = lease.expiresAt - durationMs;
    this.#stop = timer.every(durationMs / 3, () => void this.renewIfDue());
  }

  /** Fires when the lease was lost to another process: what is computed from then on is thrown away. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Renews when a third of the lease is over. A store that cannot be reached now is tried again the next time. */
  async renewIfDue(): Promise<void> {
    if (this.clock.now() - this.#renewedAt < this.durationMs / 3) return;
    await this.#mutex
      .run(async () => {
        const now = this.clock.now();
        if (this.#lost.signal.aborted || now - this.#renewedAt < this.durationMs / 3) return;
        const found = await readLease(this.storage, this.modelName);
        if (found.value?.holder !== this.lease.holder) {
          this.#lost.abort();
          return;
        }
        const renewed = { ...this.lease, expiresAt: now + this.durationMs };
        await this.storage.commit([putLease(this.modelName, renewed, found.recordVersion)], { durability: 'process' });
        this.#renewedAt = now;
      })
      .catch((error: unknown) => {
        if (error instanceof ConflictError) this.#lost.abort();
      });
  }

  /** Ends the renewals; resolves when none is under way. */
  async stop(): Promise<void> {
    this.#stop();
    await this.#mutex.run(() => Promise.resolve());
  }
}
