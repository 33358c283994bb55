import { MLOpsError, isDamage } from '../../errors.js';
import type { Context } from '../../runtime/context.js';
import type { Storage } from '../../storage/storage.js';
import type { Watch } from '../../util/in-steps.js';
import { readAuditTrail } from '../audit-trail.js';
import { type Checkpoint, asCheckpoint, checkpointStream, judgeByKeys } from './checkpoint.js';
import { againIfMoved, findLogPlace, judgeStartByKeys } from './log-start.js';
import { type AuditVerification, verifyLog } from './verify-log.js';

/**
 * Checks every record's place in the chain: positions without gaps, one log, and each `prev` the hash of the record
 * before. An edit, deletion, insertion, swap or splice anywhere but at the very end breaks the chain. A cut at the end
 * shows against a `head` kept elsewhere: pass it as `expectedHead`. Checkpoints are looked at by {@link AuditLog.verify}.
 */
export async function verifyAuditTrail(
  storage: Storage,
  { expectedHead }: { readonly expectedHead?: string } = {},
): Promise<AuditVerification> {
  return againIfMoved(async () => {
    const place = await findLogPlace(storage);
    return verifyLog({ records: readAuditTrail(storage, 0, place), start: place.start, expectedHead });
  });
}

/** Checks the log of a store against its checkpoints, anchors, and where it says that it starts. */
export async function verifyStoredLog(
  context: Pick<Context, 'config' | 'keys'>,
  storage: Storage,
  known: KnownOfLog,
): Promise<AuditVerification> {
  return againIfMoved(() => verifyOnce(context, storage, known));
}

interface KnownOfLog extends Watch {
  readonly anchors: readonly Checkpoint[];
  readonly expectedHead?: string | undefined;
}

async function verifyOnce(
  { config, keys }: Pick<Context, 'config' | 'keys'>,
  storage: Storage,
  { anchors, expectedHead, ...watch }: KnownOfLog,
): Promise<AuditVerification> {
  const place = await sound(findLogPlace(storage));
  if ('damage' in place) return { status: 'corrupt', records: 0, head: '', position: 0, reason: place.damage };
  const { checkpoints, damage } = await findCheckpoints(storage);
  const isSigned = checkpoints.length + anchors.length > 0;
  return verifyLog({
    records: readAuditTrail(storage, 0, place, watch),
    checkpoints,
    anchors,
    damage,
    judge: isSigned ? judgeByKeys(await keys()) : () => Promise.resolve('unknown_key'),
    start: place.start,
    ...(place.start !== undefined && { judgeStart: judgeStartByKeys(await keys()) }),
    expectedHead,
    interval: config.policy.security.checkpointInterval,
  });
}

/** The checkpoints that are stored, in order. @throws MLOpsError `CORRUPT` when one was altered into none */
export async function readCheckpoints(storage: Storage): Promise<readonly Checkpoint[]> {
  const { checkpoints, damage } = await findCheckpoints(storage);
  if (damage === undefined) return checkpoints;
  throw new MLOpsError('CORRUPT', `${damage}; see bondx-mlops audit verify`);
}

async function findCheckpoints(
  storage: Storage,
): Promise<{ readonly checkpoints: readonly Checkpoint[]; readonly damage?: string }> {
  const checkpoints: Checkpoint[] = [];
  for (;;) {
    const page = await sound(storage.read(checkpointStream, { from: checkpoints.length, limit: 1_000 }));
    if ('damage' in page) return { checkpoints, damage: page.damage };
    const { entries, length } = page;
    for (const { value } of entries) {
      const checkpoint = asCheckpoint(value);
      if (checkpoint === undefined)
        return { checkpoints, damage: `checkpoint ${checkpoints.length} of the audit trail was altered` };
      checkpoints.push(checkpoint);
    }
    if (entries.length === 0 || checkpoints.length >= length) return { checkpoints };
  }
}

/** What is read, or what is said of its damage: that is a finding here. */
const sound = <T>(reading: Promise<T>): Promise<T | { readonly damage: string }> =>
  reading.catch((error: unknown) => {
    if (isDamage(error)) return { damage: error.message };
    throw error;
  });
