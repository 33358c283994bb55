import { ConflictError } from '../errors.js';
import type { Storage } from '../storage/storage.js';

const leasesCollection = 'canary_leases';

interface Lease {
  readonly holder: string;
  /** UTC milliseconds. */
  readonly until: number;
  /** How long it was taken for; not in leases of older releases. */
  readonly ttlMs?: number;
}

/** One that seems to last longer than it was taken for was taken by a clock that was ahead; clocks may differ by as much. */
const isHeld = ({ until, ttlMs = Infinity }: Lease, now: number): boolean => until > now && until - now <= 2 * ttlMs;

/**
 * Takes or renews the right to evaluate a deployment, so that one process of many does the work. What an evaluation
 * changes is conditional on what it read: were two to hold the lease for a moment, one of them would lose the race.
 *
 * @returns whether the lease is the holder's until `now + ttlMs`
 */
export async function acquireLease(
  storage: Storage,
  deploymentId: string,
  holder: string,
  now: number,
  ttlMs: number,
): Promise<boolean> {
  const record = await storage.get(leasesCollection, deploymentId);
  const held = record?.value as unknown as Lease | undefined;
  if (held !== undefined && held.holder !== holder && isHeld(held, now)) return false;
  try {
    const value = { holder, until: now + ttlMs, ttlMs };
    const expect = record?.version ?? 'absent';
    await storage.commit([{ kind: 'put', collection: leasesCollection, id: deploymentId, value, expect }]);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
