import { hash } from 'node:crypto';
import { MLOpsError } from '../errors.js';
import type { Principal } from '../runtime/principal.js';
import { toIso } from '../util/clock.js';
import { type Digest, digestBytes } from '../util/digest.js';
import {
  type JsonObject,
  type JsonValue,
  canonicalJson,
  canonicalJsonOfStored,
  hasSortedKeys,
  noteJson,
  withSortedKeys,
} from '../util/json.js';

/** What an operation was about. */
export interface AuditResource {
  /** Such as `model_version`, `run`, `deployment`. */
  readonly type: string;
  readonly id: string;
  readonly version?: string;
  /** SHA-256 of the bytes concerned, such as a model's. */
  readonly digest?: string;
}

export interface AuditActor {
  readonly id: string;
  readonly type: 'person' | 'service' | 'unknown';
  readonly authentication: Principal['authentication'] | 'none';
  /** The name the caller gave as `deployedBy` and the like; claimed, not proven. */
  readonly onBehalfOf?: string;
  /** The raising under which this was permitted, when nothing else permitted it; to be reviewed. */
  readonly breakGlass?: string;
}

/** `allow`: done. `deny`: refused by a rule or a gate, nothing changed. `error`: failed, nothing changed. */
export type AuditDecision = 'allow' | 'deny' | 'error';

/** One entry of the audit log: who did what on which bytes, when, under which policy, and with what outcome. */
export interface AuditRecord {
  /** Version of this format. */
  readonly v: 1;
  /** Identifies the log, so that records cannot be moved from one to another. */
  readonly log: string;
  /** Position, from 0 without gaps. */
  readonly seq: number;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly ts: string;
  readonly actor: AuditActor;
  /** Such as `registry.promote`. */
  readonly action: string;
  readonly resource: AuditResource;
  readonly decision: AuditDecision;
  readonly reason?: string;
  /** SHA-256 of the effective policy. */
  readonly policyDigest: string;
  /** The request of the embedding service, when the principal came with one. */
  readonly requestId?: string;
  readonly detail?: JsonObject;
  /** `leafHash` of the record before; of the log's id for the first. */
  readonly prev: Digest;
}

/** Whether what a store gave back has the form of a record: somebody may have altered it by other means. */
export function isAuditRecord(value: unknown): value is AuditRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof AuditRecord, unknown>>;
  const { v, log, seq, prev, ts, actor, resource } = record;
  return (
    v === 1 &&
    typeof seq === 'number' &&
    typeof log === 'string' &&
    typeof prev === 'string' &&
    typeof ts === 'string' &&
    typeof actor === 'object' &&
    actor !== null &&
    typeof resource === 'object' &&
    resource !== null
  );
}

/**
 * What stands at a position of the log. One that names another place would have whoever goes on from it try for ever.
 *
 * @throws MLOpsError `CORRUPT` when it is no record, or not the one of that position
 */
export function asAuditRecord(value: JsonValue, seq: number): AuditRecord {
  if (isAuditRecord(value) && value.seq === seq) return value;
  throw new MLOpsError(
    'CORRUPT',
    `record ${seq} of the audit trail was altered or damaged; bondx-mlops audit verify says more, and a backup has it`,
  );
}

/** What a record says, before it has a place in the chain. */
export type AuditEntry = Omit<AuditRecord, 'v' | 'log' | 'seq' | 'prev' | 'ts'> & { readonly at: number };

/** Where the next record goes. */
export interface ChainTail {
  readonly log: string;
  /** Records so far. */
  readonly length: number;
  /** Hash the next record carries as `prev`. */
  readonly hash: Digest;
}

/** The tail of a log that has no records yet. */
export const emptyTail = (log: string): ChainTail => ({ log, length: 0, hash: digestBytes(log) });

/** SHA-256(0x00 ‖ canonical JSON): the leaf hash of RFC 9162 over the RFC 8785 form of a record. */
export const leafHash = (record: AuditRecord): Digest => leafOfLine(canonicalJson(record as unknown as JsonObject));

/** The leaf hash of a record as a storage gave it back. */
export const leafOfRecord = (record: JsonValue): Digest => leafOfLine(canonicalJsonOfStored(record));

/** The leaf hash of a record's canonical JSON. What is hashed begins with the 0x00 of leaves. */
export const leafOfLine = (line: string): Digest => `sha256:${hash('sha256', `\0${line}`)}`;

/**
 * Puts an entry, which must be strict JSON, at the tail of the chain. Its keys are in canonical order, in which records are
 * hashed and verified fastest.
 */
export function chainRecord(
  entry: AuditEntry,
  { log, length, hash: prev }: ChainTail,
): { readonly record: AuditRecord; readonly tail: ChainTail } {
  const { action, actor, at, decision, detail, id, policyDigest, reason, requestId, resource } = entry;
  // Set one by one: spreading what may be absent takes as long as the hash, and every operation waits for this.
  const record: Partial<Writable<AuditRecord>> = { action, actor: actorInOrder(actor), decision };
  const isInOrder = detail === undefined || hasSortedKeys(detail);
  if (detail !== undefined) record.detail = isInOrder ? detail : withSortedKeys(detail);
  record.id = id;
  record.log = log;
  record.policyDigest = policyDigest;
  record.prev = prev;
  if (reason !== undefined) record.reason = reason;
  if (requestId !== undefined) record.requestId = requestId;
  record.resource = resourceInOrder(resource);
  record.seq = length;
  record.ts = toIso(at);
  record.v = 1;
  const text = isInOrder ? JSON.stringify(record) : canonicalJsonOfStored(record as unknown as JsonObject);
  noteJson(record, text);
  return { record: record as AuditRecord, tail: { log, length: length + 1, hash: leafOfLine(text) } };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function actorInOrder({ authentication, breakGlass, id, onBehalfOf, type }: AuditActor): AuditActor {
  const actor: Partial<Writable<AuditActor>> = { authentication };
  if (breakGlass !== undefined) actor.breakGlass = breakGlass;
  actor.id = id;
  if (onBehalfOf !== undefined) actor.onBehalfOf = onBehalfOf;
  actor.type = type;
  return actor as AuditActor;
}

function resourceInOrder({ digest, id, type, version }: AuditResource): AuditResource {
  const resource: Partial<Writable<AuditResource>> = {};
  if (digest !== undefined) resource.digest = digest;
  resource.id = id;
  resource.type = type;
  if (version !== undefined) resource.version = version;
  return resource as AuditResource;
}

/** The tail of a log that ends with a record. */
export const tailAfter = (record: AuditRecord): ChainTail => ({
  log: record.log,
  length: record.seq + 1,
  hash: leafHash(record),
});

export function auditActor(
  principal: Principal | undefined,
  {
    onBehalfOf,
    breakGlass,
  }: { readonly onBehalfOf?: string | undefined; readonly breakGlass?: string | undefined } = {},
): AuditActor {
  const actor: Writable<AuditActor> =
    principal === undefined
      ? { authentication: 'none', id: 'anonymous', type: 'unknown' }
      : { authentication: principal.authentication, id: principal.id, type: principal.type };
  if (onBehalfOf !== undefined) actor.onBehalfOf = onBehalfOf;
  if (breakGlass !== undefined) actor.breakGlass = breakGlass;
  return actor;
}
