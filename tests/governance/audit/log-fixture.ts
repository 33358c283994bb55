import { type JsonValue, MemoryStorage, type Storage } from '@bondx/mlops';
import {
  type AuditEntry,
  type AuditRecord,
  chainRecord,
  emptyTail,
  leafHash,
} from '../../../src/governance/audit-record.js';
import { type LogStart, findLogPlace, signLogStart } from '../../../src/governance/audit/log-start.js';
import { moveLog } from '../../../src/governance/audit/move-log.js';
import { TreeFrontier } from '../../../src/governance/audit/merkle-tree.js';
import { KeyRing } from '../../../src/keys/key-ring.js';
import { ephemeralKeys } from '../../../src/keys/key-sources.js';
import { LocalKeyService } from '../../../src/keys/local-key-service.js';

export const at = Date.UTC(2026, 0, 1);
export const ada = { id: 'ada', type: 'person', authentication: 'jwt' } as const;
export const entryOf = (i: number, extra: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ id: `i${i}`, at: at + i * 1000, actor: ada, action: 'a', resource: { type: 'run', id: `r${i}` } },
  ...{ decision: 'allow', policyDigest: 'd', ...extra },
});

export const newRing = (): KeyRing => new KeyRing(new LocalKeyService(ephemeralKeys(0)));

/** A chain of records. */
export function chained(count: number): readonly AuditRecord[] {
  const records: AuditRecord[] = [];
  let tail = emptyTail('log');
  for (let i = 0; i < count; i++) {
    const next = chainRecord(entryOf(i), tail);
    records.push(next.record);
    tail = next.tail;
  }
  return records;
}

/** A store whose log has so many records. */
export async function storeOf(count: number): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const values = chained(count) as unknown as readonly JsonValue[];
  if (count > 0) await storage.commit([{ kind: 'append', stream: 'audit', values }]);
  return storage;
}

/** The same storage with other methods in places. */
export const over = (storage: Storage, methods: Partial<Storage> = {}): Storage => ({
  capabilities: storage.capabilities,
  get: (...args) => storage.get(...args),
  query: (...args) => storage.query(...args),
  read: (...args) => storage.read(...args),
  commit: (...args) => storage.commit(...args),
  close: () => storage.close(),
  ...methods,
});

/** A start behind the first `size` of these records. */
export function startAfter(records: readonly AuditRecord[], size: number, ring: KeyRing): Promise<LogStart> {
  const tree = new TreeFrontier();
  for (const record of records.slice(0, size)) tree.add(leafHash(record));
  const times = { before: new Date(at + size * 1000).toISOString(), time: '2027-01-01T00:00:00.000Z' };
  const body = {
    v: 1,
    log: 'log',
    size,
    root: tree.root(),
    head: leafHash(records[size - 1]!),
    ...times,
  } as const;
  return signLogStart(ring, body, tree);
}

/** Moves the log as one process alone does, and nothing else. */
export async function moveBehind(storage: Storage, length: number, start: LogStart): Promise<void> {
  const place = await findLogPlace(storage);
  const changes = await moveLog(
    storage,
    place,
    length,
    { start, since: place.version, stream: `audit/${start.size}` },
    [],
  );
  await storage.commit(changes.filter(({ kind }) => kind !== 'append'));
}

/** What the log consists of now: its place and the ids of its records. */
export async function contentOf(storage: Storage): Promise<{ stream: string; from: number; ids: readonly string[] }> {
  const { stream, from } = await findLogPlace(storage);
  const { entries } = await storage.read(stream);
  return { stream, from, ids: entries.map(({ value }) => (value as unknown as AuditRecord).id) };
}

export const idsFrom = (first: number, end: number): readonly string[] =>
  Array.from({ length: end - first }, (_, i) => `i${first + i}`);
