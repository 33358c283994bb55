import { ConflictError, MLOpsError } from '../../errors.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { auditStartsCollection as startsCollection } from '../../storage/checked-change.js';
import type { Change, Storage } from '../../storage/storage.js';
import { type Digest, isDigest } from '../../util/digest.js';
import { type JsonObject, type JsonValue, canonicalJson } from '../../util/json.js';
import type { CheckpointTrust } from './checkpoint.js';
import { TreeFrontier, bitsSet } from './merkle-tree.js';

/** Where a log begins whose oldest records were removed. */
export interface LogStartBody {
  readonly v: 1;
  /** Identifies the log. */
  readonly log: string;
  /** Records removed: those from 0 to just before. */
  readonly size: number;
  /** Root of the Merkle tree (RFC 9162) over their leaf hashes. */
  readonly root: Digest;
  /** Leaf hash of the last of them: what the first record that is left carries as `prev`. */
  readonly head: Digest;
  /** ISO 8601: all of them were made before then. */
  readonly before: string;
  /** ISO 8601, UTC: when they were removed. */
  readonly time: string;
  readonly keyId: string;
}

/** Signed like a checkpoint, so that nobody without the key can remove records and call it retention. */
export interface LogStart extends LogStartBody {
  /** Ed25519 over the other fields but `frontier`, as canonical JSON after a line of its own; base64. */
  readonly signature: string;
  /** The perfect subtrees of the tree, largest first: its root is computed from them, and so are those of all later trees. */
  readonly frontier: readonly Digest[];
}

/** Stored: the stream that the records which are left were copied to. */
export interface StoredLogStart extends LogStart {
  readonly stream: string;
}

/** The stream of a log that has all of its records. */
export const auditStream = 'audit';
const startId = 'audit';

/** Where records are now: those of a stream are numbered from 0, and the first of them is record `from` of the log. */
export interface LogPlace {
  readonly stream: string;
  readonly from: number;
  readonly start?: StoredLogStart;
  /** Version of the record that says so. */
  readonly version: number | 'absent';
}

export async function findLogPlace(storage: Storage): Promise<LogPlace> {
  const found = await storage.get(startsCollection, startId);
  if (found === undefined) return { stream: auditStream, from: 0, version: 'absent' };
  const start = asLogStart(found.value);
  const { stream } = (found.value ?? {}) as { readonly stream?: unknown };
  if (start === undefined || typeof stream !== 'string') {
    throw new MLOpsError(
      'CORRUPT',
      'the record that says where the audit trail starts was altered or damaged; restore the store from a backup',
    );
  }
  return { stream, from: start.size, start: { ...start, stream }, version: found.version };
}

/** Holds a commit to where the log was. */
export const checkPlace = ({ version }: LogPlace): Change => ({
  kind: 'check',
  collection: startsCollection,
  id: startId,
  expect: version,
});

export const putLogStart = (start: StoredLogStart, { version }: LogPlace): Change => ({
  kind: 'put',
  collection: startsCollection,
  id: startId,
  value: start as unknown as JsonValue,
  expect: version,
});

/** For whoever has counted records that somebody else has removed since. */
export const movedMeanwhile = (expected: LogPlace['version'], actual: LogPlace['version']): ConflictError =>
  new ConflictError({ kind: 'record', collection: startsCollection, id: startId, expected, actual });

/** Does again what reads the log as one whole, where somebody else removed records of it meanwhile. */
export async function againIfMoved<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isMoved = error instanceof ConflictError && error.conflict.kind === 'record';
      if (!isMoved || error.conflict.collection !== startsCollection) throw error;
    }
  }
}

/** No signature of anything else, a checkpoint's included, can be taken for one. */
function startBytes({ v, log, size, root, head, before, time, keyId }: LogStartBody): Uint8Array {
  const body: JsonObject = { v, log, size, root, head, before, time, keyId };
  return Buffer.from(`bondx-mlops audit start\n${canonicalJson(body)}`);
}

export async function signLogStart(
  keys: KeyRing,
  body: Omit<LogStartBody, 'keyId'>,
  frontier: TreeFrontier,
): Promise<LogStart> {
  for (;;) {
    const { id: keyId } = await keys.active('audit_checkpoint');
    const signed = await keys.signer('audit_checkpoint').sign(startBytes({ ...body, keyId }));
    if (signed.keyId !== keyId) continue; // somebody rotated the key in between
    const signature = Buffer.from(signed.signature).toString('base64');
    return { ...body, keyId, signature, frontier: frontier.roots };
  }
}

export type StartJudge = (start: LogStart) => Promise<CheckpointTrust>;

/** Judges by the keys of a store, as checkpoints are judged. */
export function judgeStartByKeys(keys: KeyRing): StartJudge {
  return async (start) => {
    const signature = Buffer.from(start.signature, 'base64');
    const verdict = await keys.signer('audit_checkpoint').verify(start.keyId, startBytes(start), signature);
    if (verdict !== 'valid') return verdict;
    const key = (await keys.list()).find(({ id }) => id === start.keyId);
    return key?.status === 'retired' && key.changed !== undefined && key.changed < start.time ? 'late' : 'valid';
  };
}

/** The form is checked where starts come from outside; undefined for what is none. */
export function asLogStart(value: unknown): LogStart | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const start = value as Partial<Record<keyof LogStart, unknown>>;
  const { v, log, size, root, head, before, time, keyId, signature, frontier } = start;
  const isOne =
    v === 1 &&
    [log, before, time, keyId, signature].every((text) => typeof text === 'string') &&
    Number.isSafeInteger(size) &&
    (size as number) > 0 &&
    [root, head].every((digest) => typeof digest === 'string' && isDigest(digest)) &&
    Array.isArray(frontier) &&
    frontier.every((digest) => typeof digest === 'string' && isDigest(digest));
  if (!isOne) return undefined;
  return { v, log, size, root, head, before, time, keyId, signature, frontier } as LogStart;
}

/** The tree of the records that were removed; undefined when it is not the one that was signed. */
export function startTree({ size, root, frontier }: LogStart): TreeFrontier | undefined {
  if (frontier.length !== bitsSet(size)) return undefined;
  const tree = new TreeFrontier(size, frontier);
  return tree.root() === root ? tree : undefined;
}
