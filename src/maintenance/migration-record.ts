import type { Change, Storage } from '../storage/storage.js';
import type { JsonObject } from '../util/json.js';
import { migrationCollection, migrationId } from '../runtime/unfinished-migration.js';

/** How far a copy into a store has come; kept in that store, and written together with what it tells of. */
export interface MigrationRecord {
  /** What is being copied, without secrets. */
  readonly from: string;
  /** Identity of the audit trail of what is being copied; empty when it has none. */
  readonly log: string;
  readonly status: 'copying' | 'done';
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Of the next page to copy; absent before the first and after the last. */
  readonly cursor: string | null;
  readonly isCopied: boolean;
  /** Of what is copied, as it was when the copy began; until it is done, absent in those begun by older versions. */
  readonly digest: string | null;
}

export interface StoredMigration {
  readonly version: number;
  readonly value: MigrationRecord;
}

/** The copy that went into a store, or is going into it. */
export async function readMigration(storage: Storage): Promise<StoredMigration | undefined> {
  const record = await storage.get(migrationCollection, migrationId);
  return record && { version: record.version, value: record.value as unknown as MigrationRecord };
}

export const putMigration = (value: MigrationRecord, expect: number | 'absent'): Change => ({
  kind: 'put',
  collection: migrationCollection,
  id: migrationId,
  value: { ...value } as unknown as JsonObject,
  expect,
});
