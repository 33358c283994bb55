import { type AuditRecord, leafHash } from '../../governance/audit-record.js';
import { readAuditTrail } from '../../governance/audit-trail.js';
import type { Storage } from '../../storage/storage.js';
import type { Digest } from '../../util/digest.js';
import { canonicalJson, type JsonObject, type JsonValue } from '../../util/json.js';

/** A gapless part of the audit trail. */
export interface AuditSegment {
  /** One record a line, canonical JSON. */
  readonly lines: string;
  /** Position of the first. */
  readonly from: number;
  readonly records: number;
  /** Those that concern the version. */
  readonly concerned: number;
  /** Hash of the last. */
  readonly head: Digest;
}

/**
 * From the first record that concerns something to the last one, with all between: what is left out would break the chain.
 *
 * @param ids of what is concerned: models, runs, requests, deployments
 */
export async function auditSegment(storage: Storage, ids: ReadonlySet<string>): Promise<AuditSegment | undefined> {
  const records: AuditRecord[] = [];
  let last = -1;
  let concerned = 0;
  for await (const { value } of readAuditTrail(storage)) {
    const record = value as unknown as AuditRecord;
    const isConcerned = ids.has(record.resource.id) || names(record.detail, ids);
    if (isConcerned) concerned++;
    if (!isConcerned && last < 0) continue;
    records.push(record);
    if (isConcerned) last = records.length - 1;
  }
  if (last < 0) return undefined;
  const kept = records.slice(0, last + 1);
  return {
    lines: kept.map((record) => `${canonicalJson(record as unknown as JsonValue)}\n`).join(''),
    from: kept[0]!.seq,
    records: kept.length,
    concerned,
    head: leafHash(kept.at(-1)!),
  };
}

const names = (detail: JsonObject | undefined, ids: ReadonlySet<string>): boolean =>
  Object.values(detail ?? {}).some((value) => typeof value === 'string' && ids.has(value));
