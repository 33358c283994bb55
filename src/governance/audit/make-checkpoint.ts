import { ConflictError } from '../../errors.js';
import type { Context } from '../../runtime/context.js';
import type { Storage } from '../../storage/storage.js';
import { toIso } from '../../util/clock.js';
import { isDigest } from '../../util/digest.js';
import type { JsonValue } from '../../util/json.js';
import { asAuditRecord, leafOfRecord } from '../audit-record.js';
import { readAuditTrail } from '../audit-trail.js';
import { appendAnchor } from './anchor-file.js';
import {
  type Checkpoint,
  type StoredCheckpoint,
  asCheckpoint,
  checkpointStream,
  judgeByKeys,
  signCheckpoint,
} from './checkpoint.js';
import { type LogStart, againIfMoved, findLogPlace, startTree } from './log-start.js';
import { TreeFrontier, bitsSet } from './merkle-tree.js';

type Makes = Pick<Context, 'clock' | 'config' | 'keys'>;

/**
 * Signs what the log holds now, stores that, and appends it to the anchor file of the policy, if there is one. Goes on from
 * the checkpoint before, so that the work is that of the records since.
 *
 * @returns the newest checkpoint; the one before when nothing was recorded since, undefined for an empty log
 */
export async function makeCheckpoint(context: Makes, storage: Storage): Promise<Checkpoint | undefined> {
  return againIfMoved(() => tryCheckpoint(context, storage));
}

async function tryCheckpoint(context: Makes, storage: Storage): Promise<Checkpoint | undefined> {
  const { clock, config } = context;
  const keys = await context.keys();
  const { last, count } = await readLast(storage);
  const place = await findLogPlace(storage);
  const isBelieved = last !== undefined && (await judgeByKeys(keys)(last)) === 'valid';
  const frontier = frontierOf(isBelieved ? last : undefined, place.start);
  let log = last?.log;
  for await (const { seq, value } of readAuditTrail(storage, frontier.size, place)) {
    log ??= asAuditRecord(value, seq).log;
    frontier.add(leafOfRecord(value));
  }
  if (log === undefined) return undefined;
  if (isBelieved && frontier.size === last.size) return asCheckpoint(last);
  const [size, root, time] = [frontier.size, frontier.root(), toIso(clock.now())];
  const checkpoint = await signCheckpoint(keys, { v: 1, log, index: count, size, root, time });
  const stored: StoredCheckpoint = { ...checkpoint, frontier: frontier.roots };
  const values = [stored as unknown as JsonValue];
  try {
    await storage.commit([{ kind: 'append', stream: checkpointStream, values, expect: count }], {
      durability: 'power',
    });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return makeCheckpoint(context, storage); // another process made one
  }
  const { auditAnchorPath } = config.policy.security;
  if (auditAnchorPath !== null) await appendAnchor(config.resolvePath(auditAnchorPath), checkpoint);
  return checkpoint;
}

async function readLast(storage: Storage): Promise<{ last: StoredCheckpoint | undefined; count: number }> {
  const { length } = await storage.read(checkpointStream, { limit: 0 });
  if (length === 0) return { last: undefined, count: 0 };
  const { entries } = await storage.read(checkpointStream, { from: length - 1, limit: 1 });
  return { last: asStored(entries[0]!.value), count: length };
}

/** Undefined for what is none: it was altered, verification says so, and the next one is made from the beginning. */
function asStored(value: JsonValue): StoredCheckpoint | undefined {
  const checkpoint = asCheckpoint(value);
  if (checkpoint === undefined) return undefined;
  const { frontier } = value as { readonly frontier?: JsonValue };
  const isWhole = Array.isArray(frontier) && frontier.every((digest) => typeof digest === 'string' && isDigest(digest));
  return { ...checkpoint, frontier: isWhole ? frontier : [] };
}

/** The tree of a checkpoint; from the beginning, or where the log starts, when its tree is not the one that it signs. */
function frontierOf(last: StoredCheckpoint | undefined, start: LogStart | undefined): TreeFrontier {
  const fromStart = (start && startTree(start)) ?? new TreeFrontier();
  if (last === undefined || last.size < fromStart.size) return fromStart;
  if (last.frontier.length !== bitsSet(last.size)) return fromStart;
  const frontier = new TreeFrontier(last.size, last.frontier);
  return frontier.root() === last.root ? frontier : fromStart;
}

/** The newest checkpoint, if its signature is believed. */
export async function newestCheckpoint(
  { keys }: Pick<Makes, 'keys'>,
  storage: Storage,
): Promise<Checkpoint | undefined> {
  const { last } = await readLast(storage);
  return last !== undefined && (await judgeByKeys(await keys())(last)) === 'valid' ? asCheckpoint(last) : undefined;
}

const nextSize = new WeakMap<Storage, number>();

/**
 * Makes a checkpoint when `security.checkpoint_interval` records came since the last. What was recorded is committed
 * already, so that a failure is a warning: verification calls the log `unanchored` from there.
 *
 * @param length records in the log
 */
export async function checkpointIfDue(context: Makes, storage: Storage, length: number): Promise<void> {
  const { checkpointInterval } = context.config.policy.security;
  if (length < (nextSize.get(storage) ?? checkpointInterval)) return;
  try {
    const { last } = await readLast(storage);
    const due = (last?.size ?? 0) + checkpointInterval;
    nextSize.set(storage, due);
    if (length < due) return;
    nextSize.set(storage, length + checkpointInterval); // others of this process need not make the same one
    await makeCheckpoint(context, storage);
  } catch (error) {
    nextSize.set(storage, length + checkpointInterval);
    process.emitWarning(`no checkpoint of the audit log could be made: ${String(error)}`, 'MLOpsWarning');
  }
}
