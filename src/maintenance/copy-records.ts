import type { Change, DumpedItem, IndexScalar, Storage } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';
import { type MigrationRecord, type StoredMigration, putMigration } from './migration-record.js';
import { type StoreContent, dumpPages } from './store-content.js';
import type { WorkOptions } from './store-directories.js';

/**
 * Copies records and streams page by page. Each page is one commit, together with where to go on: what a process that
 * dies leaves behind is a number of whole pages, and the next one copies the rest.
 *
 * @returns the migration as it is stored then
 * @throws ConflictError when somebody else writes to the target
 */
export async function copyRecords(
  source: Storage,
  target: Storage,
  migration: StoredMigration,
  content: StoreContent,
  options: WorkOptions,
): Promise<StoredMigration> {
  if (migration.value.isCopied) return migration;
  let stored = migration;
  let items = 0;
  for await (const page of dumpPages(source, options, migration.value.cursor ?? undefined)) {
    const { cursor = null } = page;
    const value: MigrationRecord = { ...stored.value, cursor, isCopied: cursor === null };
    const versions = await target.commit([...toChanges(page.items), putMigration(value, stored.version)]);
    stored = { version: versions.at(-1)!, value };
    items += page.items.reduce((sum, item) => sum + (item.kind === 'record' ? 1 : item.values.length), 0);
    options.onProgress?.(Math.min(1, items / (content.records + content.entries || 1)), 'records');
  }
  return stored;
}

/** A commit names a stream once, while a page may show parts of it one after the other. */
function toChanges(items: readonly DumpedItem[]): Change[] {
  const changes: Change[] = [];
  const appends = new Map<string, { first: number; values: JsonValue[] }>();
  for (const item of items) {
    if (item.kind === 'record') {
      const { kind: _kind, index, ...record } = item;
      changes.push({ kind: 'put', ...record, ...indexOf(index), expect: 'absent' });
      continue;
    }
    const append = appends.get(item.stream);
    if (append === undefined) appends.set(item.stream, { first: item.first, values: [...item.values] });
    else append.values.push(...item.values);
  }
  for (const [stream, { first, values }] of appends) changes.push({ kind: 'append', stream, values, expect: first });
  return changes;
}

const indexOf = (index: Readonly<Record<string, IndexScalar>>) => (Object.keys(index).length === 0 ? {} : { index });
