import type { KeyRing, Signer } from '../../keys/key-ring.js';
import { type Digest, isDigest } from '../../util/digest.js';
import { type JsonObject, canonicalJson } from '../../util/json.js';

/** What is signed: the log had these records, and no others, at this time. */
export interface CheckpointBody {
  readonly v: 1;
  /** Identifies the log. */
  readonly log: string;
  /** Number of the checkpoint in its log, from 0 without gaps. */
  readonly index: number;
  /** Records covered: those from 0 to just before. */
  readonly size: number;
  /** Root of the Merkle tree (RFC 9162) over their leaf hashes. */
  readonly root: Digest;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly keyId: string;
}

/** A signed checkpoint of an audit log. */
export interface Checkpoint extends CheckpointBody {
  /** Ed25519 over `signedBytes`, base64. */
  readonly signature: string;
}

/** What is stored of a checkpoint: with the frontier of its tree, the next one goes on from there. */
export interface StoredCheckpoint extends Checkpoint {
  readonly frontier: readonly Digest[];
}

export const checkpointStream = 'audit.checkpoints';

/** A line that says what this is, then the canonical JSON of the body: no signature of anything else can be taken for one. */
export function signedBytes({ v, log, index, size, root, time, keyId }: CheckpointBody): Uint8Array {
  const body: JsonObject = { v, log, index, size, root, time, keyId };
  return Buffer.from(`bondx-mlops audit checkpoint\n${canonicalJson(body)}`);
}

/** Signs with the active key, whose id is among what is signed. */
export async function signCheckpoint(keys: KeyRing, body: Omit<CheckpointBody, 'keyId'>): Promise<Checkpoint> {
  const signer: Signer = keys.signer('audit_checkpoint');
  for (;;) {
    const { id: keyId } = await keys.active('audit_checkpoint');
    const signed = await signer.sign(signedBytes({ ...body, keyId }));
    // Somebody rotated the key in between: what was signed names the former one.
    if (signed.keyId === keyId) return { ...body, keyId, signature: Buffer.from(signed.signature).toString('base64') };
  }
}

/** What a checkpoint's signature is worth. `late`: by a key that was retired before the time it tells. */
export type CheckpointTrust = 'valid' | 'invalid' | 'unknown_key' | 'revoked' | 'late';

export type CheckpointJudge = (checkpoint: Checkpoint) => Promise<CheckpointTrust>;

/** Judges by the keys of a store. */
export function judgeByKeys(keys: KeyRing): CheckpointJudge {
  const signer = keys.signer('audit_checkpoint');
  return async (checkpoint) => {
    const signature = Buffer.from(checkpoint.signature, 'base64');
    const verdict = await signer.verify(checkpoint.keyId, signedBytes(checkpoint), signature);
    if (verdict !== 'valid') return verdict;
    const key = (await keys.list()).find(({ id }) => id === checkpoint.keyId);
    return key?.status === 'retired' && key.changed !== undefined && key.changed < checkpoint.time ? 'late' : 'valid';
  };
}

/** The form is checked where checkpoints come from outside; undefined for what is none. */
export function asCheckpoint(value: unknown): Checkpoint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { v, log, index, size, root, time, keyId, signature } = value as Partial<Record<keyof Checkpoint, unknown>>;
  const isOne =
    v === 1 &&
    [log, time, keyId, signature].every((text) => typeof text === 'string') &&
    [index, size].every((count) => Number.isSafeInteger(count) && (count as number) >= 0) &&
    typeof root === 'string' &&
    isDigest(root);
  if (!isOne) return undefined;
  return { v, log, index, size, root, time, keyId, signature } as Checkpoint;
}
