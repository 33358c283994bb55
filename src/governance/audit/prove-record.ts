import { MLOpsError } from '../../errors.js';
import type { Digest } from '../../util/digest.js';
import type { JsonObject, JsonValue } from '../../util/json.js';
import { type AuditRecord, leafOfRecord } from '../audit-record.js';
import type { Checkpoint, CheckpointJudge } from './checkpoint.js';
import { verifyInclusion } from './merkle-proof.js';
import { TreeFrontier } from './merkle-tree.js';
import { ProvingTree, type SealedTree } from './proving-tree.js';

/** Shows one record to be in the log, without the others. */
export interface AuditProof {
  readonly record: AuditRecord;
  /** Hashes from the record's leaf up to the root of the checkpoint (RFC 9162, 2.1.3). */
  readonly proof: readonly Digest[];
  readonly checkpoint: Checkpoint;
}

/**
 * @param before the tree of the records that were removed before the first of `records`
 * @throws MLOpsError `NOT_FOUND` for a record that no checkpoint covers yet, or that was removed; `CORRUPT` when the records
 *   are not those that the checkpoint signs
 */
export async function proveRecord(
  records: AsyncIterable<{ readonly seq: number; readonly value: JsonValue }>,
  seq: number,
  checkpoint: Checkpoint | undefined,
  before: TreeFrontier = new TreeFrontier(),
): Promise<AuditProof> {
  if (checkpoint === undefined || !(Number.isInteger(seq) && seq >= 0 && seq < checkpoint.size)) {
    throw new MLOpsError(
      'NOT_FOUND',
      `no checkpoint covers a record ${seq}; they cover ${checkpoint?.size ?? 0}: make one with audit checkpoint`,
    );
  }
  if (seq < before.size) {
    throw new MLOpsError('NOT_FOUND', `record ${seq} was removed: the log begins with record ${before.size}`);
  }
  const tree = new ProvingTree(before);
  let record: JsonValue = null;
  for await (const { seq: at, value } of records) {
    if (tree.size === checkpoint.size) break;
    tree.add(leafOfRecord(value), at === seq);
    if (at === seq) record = value;
  }
  const proof = proofsTo(checkpoint, tree.seal()).get(seq)!;
  return { record: record as unknown as AuditRecord, proof, checkpoint };
}

/**
 * The proofs of the marked leaves of a tree, for the checkpoint that signs it.
 *
 * @throws MLOpsError `CORRUPT` when it signs another tree
 */
export function proofsTo(checkpoint: Checkpoint, tree: SealedTree): ReadonlyMap<number, readonly Digest[]> {
  if (tree.size !== checkpoint.size || tree.root !== checkpoint.root) {
    throw new MLOpsError(
      'CORRUPT',
      `the audit trail is not the one that its checkpoint at ${checkpoint.size} of ${checkpoint.time} signs, so that nothing in it can be proved; see bondx-mlops audit verify`,
    );
  }
  return tree.proofs;
}

/** Whether a proof holds: the record is in the log that the checkpoint signs, at the position it names. */
export async function verifyProof(given: AuditProof, judge: CheckpointJudge): Promise<boolean> {
  try {
    const { record, proof, checkpoint } = given;
    const { size, root, log } = checkpoint;
    const leaf = leafOfRecord(record as unknown as JsonObject);
    const claim = { leaf, index: record.seq, size, proof, root };
    return record.log === log && verifyInclusion(claim) && (await judge(checkpoint)) === 'valid';
  } catch (error) {
    if (error instanceof TypeError) return false; // it has not even the form of a proof
    throw error;
  }
}
