import type { Storage } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';
import { type AuditRecord, type ChainTail, emptyTail, leafHash, tailAfter } from './audit-record.js';

/** The stream the audit log lives in. */
export const auditStream = 'audit';

/** Verdict of {@link verifyAuditTrail}. */
export interface AuditVerification {
  readonly status: 'ok' | 'corrupt';
  /** Records checked, all of them sound. */
  readonly records: number;
  /** Hash of the last sound record: keep it elsewhere, and a later truncation or rewrite can be proved. */
  readonly head: string;
  /** Position of the first record that does not fit, when corrupt. */
  readonly position?: number;
  readonly reason?: string;
}

export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly resourceId?: string;
  /** Position of the first record to look at. */
  readonly from?: number;
  /** Most records to return; 100 unless told. */
  readonly limit?: number;
}

const batch = 1000;

/** Iterates the log in order, with memory bounded by a batch. */
export async function* readAuditTrail(storage: Storage, from = 0): AsyncGenerator<{ seq: number; value: JsonValue }> {
  for (let next = from; ;) {
    const page = await storage.read(auditStream, { from: next, limit: batch });
    yield* page.entries;
    next += page.entries.length;
    if (page.entries.length === 0 || next >= page.length) return;
  }
}

/** The tail of the chain as it is now. `newLog` names the log when there is none yet. */
export async function readChainTail(storage: Storage, newLog: () => string): Promise<ChainTail> {
  const { length } = await storage.read(auditStream, { limit: 0 });
  if (length === 0) return emptyTail(newLog());
  const { entries } = await storage.read(auditStream, { from: length - 1, limit: 1 });
  return tailAfter(entries[0]!.value as unknown as AuditRecord);
}

/**
 * Checks every record's place in the chain: positions without gaps, one log, and each `prev` the hash of the record
 * before. An edit, deletion, insertion, swap or splice anywhere but at the very end breaks the chain. A cut at the end
 * shows against a `head` kept elsewhere: pass it as `expectedHead`.
 */
export async function verifyAuditTrail(
  storage: Storage,
  options: { readonly expectedHead?: string } = {},
): Promise<AuditVerification> {
  let tail: ChainTail | undefined;
  let sawExpected = options.expectedHead === undefined;
  const corrupt = (position: number, reason: string): AuditVerification => ({
    status: 'corrupt',
    records: tail?.length ?? 0,
    head: tail?.hash ?? '',
    position,
    reason,
  });
  for await (const { seq, value } of readAuditTrail(storage)) {
    if (!isAuditRecord(value)) return corrupt(seq, 'not an audit record');
    tail ??= emptyTail(value.log);
    if (value.seq !== seq) return corrupt(seq, `says it is record ${value.seq}`);
    if (value.log !== tail.log) return corrupt(seq, `belongs to the log ${value.log}`);
    if (value.prev !== tail.hash)
      return corrupt(seq, 'does not continue the record before: one of the two was altered');
    tail = { log: tail.log, length: seq + 1, hash: leafHash(value) };
    sawExpected ||= tail.hash === options.expectedHead;
  }
  if (!sawExpected) {
    return corrupt(tail?.length ?? 0, 'the head kept elsewhere is not in this log: it was cut or replaced');
  }
  return { status: 'ok', records: tail?.length ?? 0, head: tail?.hash ?? '' };
}

/** Records that match, oldest first. */
export async function listAuditRecords(storage: Storage, filter: AuditFilter = {}): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = [];
  const limit = filter.limit ?? 100;
  if (limit <= 0) return found;
  for await (const { value } of readAuditTrail(storage, filter.from)) {
    if (!isAuditRecord(value)) continue; // verification, not listing, reports damage
    if (filter.actor !== undefined && value.actor.id !== filter.actor && value.actor.onBehalfOf !== filter.actor)
      continue;
    if (filter.action !== undefined && value.action !== filter.action) continue;
    if (filter.resourceId !== undefined && value.resource.id !== filter.resourceId) continue;
    found.push(value);
    if (found.length === limit) break;
  }
  return found;
}

function isAuditRecord(value: unknown): value is AuditRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof AuditRecord, unknown>>;
  return (
    record.v === 1 &&
    typeof record.log === 'string' &&
    typeof record.seq === 'number' &&
    typeof record.prev === 'string'
  );
}
