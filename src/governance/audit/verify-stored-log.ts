import type { Context } from '../../runtime/context.js';
import type { Storage } from '../../storage/storage.js';
import { readAuditTrail } from '../audit-trail.js';
import { type Checkpoint, asCheckpoint, checkpointStream, judgeByKeys } from './checkpoint.js';
import { againIfMoved, findLogPlace, judgeStartByKeys } from './log-start.js';
import { type AuditVerification, verifyLog } from './verify-log.js';

/** Checks the log of a store against its checkpoints, anchors, and where it says that it starts. */
export async function verifyStoredLog(
  context: Pick<Context, 'config' | 'keys'>,
  storage: Storage,
  known: KnownOfLog,
): Promise<AuditVerification> {
  return againIfMoved(() => verifyOnce(context, storage, known));
}

interface KnownOfLog {
  readonly anchors: readonly Checkpoint[];
  readonly expectedHead?: string | undefined;
}

async function verifyOnce(
  { config, keys }: Pick<Context, 'config' | 'keys'>,
  storage: Storage,
  { anchors, expectedHead }: KnownOfLog,
): Promise<AuditVerification> {
  const place = await findLogPlace(storage);
  const checkpoints = await readCheckpoints(storage);
  const isSigned = checkpoints.length + anchors.length > 0;
  return verifyLog({
    records: readAuditTrail(storage, 0, place),
    checkpoints,
    anchors,
    judge: isSigned ? judgeByKeys(await keys()) : () => Promise.resolve('unknown_key'),
    start: place.start,
    ...(place.start !== undefined && { judgeStart: judgeStartByKeys(await keys()) }),
    expectedHead,
    interval: config.policy.security.checkpointInterval,
  });
}

/** The checkpoints that are stored, in order; what is none of them ends the list. */
export async function readCheckpoints(storage: Storage): Promise<readonly Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for (let next = 0; ;) {
    const { entries, length } = await storage.read(checkpointStream, { from: next, limit: 1_000 });
    for (const { value } of entries) {
      const checkpoint = asCheckpoint(value);
      if (checkpoint === undefined) return checkpoints;
      checkpoints.push(checkpoint);
    }
    next += entries.length;
    if (entries.length === 0 || next >= length) return checkpoints;
  }
}
