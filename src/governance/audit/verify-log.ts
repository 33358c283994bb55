import { type AuditRecord, type ChainTail, emptyTail, isAuditRecord, leafOfRecord } from '../audit-record.js';
import { isDamage } from '../../errors.js';
import type { Digest } from '../../util/digest.js';
import type { JsonValue } from '../../util/json.js';
import { type Checkpoint, type CheckpointJudge, type CheckpointTrust } from './checkpoint.js';
import { type LogStart, type StartJudge, startTree } from './log-start.js';
import { TreeFrontier } from './merkle-tree.js';

/**
 * - `ok`: every record follows the one before, and every checkpoint agrees.
 * - `torn_tail_recovered`: the same, after a last line that a crash cut off was left out.
 * - `corrupt`: a record, or a checkpoint, was altered, removed or put in.
 * - `truncated`: records are missing at the end that a checkpoint of the same store covers.
 * - `rolled_back`: the store is an older one than an anchor outside of it has seen.
 * - `forked`: the records are sound by themselves, and not those that a checkpoint covers: history was written anew.
 * - `unanchored`: nothing is wrong with the records, and checkpoints that should vouch for them are missing, or signed by a
 *   key that is not believed.
 */
export type AuditStatus =
  'ok' | 'torn_tail_recovered' | 'corrupt' | 'truncated' | 'rolled_back' | 'forked' | 'unanchored';

/** Verdict on an audit log. */
export interface AuditVerification {
  readonly status: AuditStatus;
  /** Records checked, all of them sound. */
  readonly records: number;
  /** Records that are there no more: how many, and the time that all of them were older than. */
  readonly removed?: { readonly records: number; readonly before: string; readonly time: string };
  /** Hash of the last sound record: keep it elsewhere, and a later truncation or rewrite can be proved. */
  readonly head: string;
  /** What signed checkpoints vouch for; nothing shows a cut behind it. */
  readonly anchored?: { readonly size: number; readonly time: string; readonly keyId: string };
  /** Position of the first record that does not fit or is not vouched for, unless `ok`. */
  readonly position?: number;
  readonly reason?: string;
}

export interface LogToVerify {
  readonly records: AsyncIterable<{ readonly seq: number; readonly value: JsonValue }>;
  /** Those that are kept with the log, in order. */
  readonly checkpoints?: readonly Checkpoint[];
  /** Those that are kept elsewhere. */
  readonly anchors?: readonly Checkpoint[];
  /** Whether a signature is believed; without it, checkpoints are left aside. */
  readonly judge?: CheckpointJudge;
  /** Where the log begins, if its oldest records were removed. */
  readonly start?: LogStart | undefined;
  /** Whether the signature of `start` is believed; without it, it is left aside. */
  readonly judgeStart?: StartJudge;
  readonly expectedHead?: string | undefined;
  /** Records after which a checkpoint is made; without it, none are missed. */
  readonly interval?: number;
  readonly isTorn?: boolean;
  /** What is wrong with the checkpoint that follows the last of `checkpoints`. */
  readonly damage?: string | undefined;
}

/** Several processes may extend the log while one makes the checkpoint that is due. */
const tolerance = 64;

type Fault = Pick<AuditVerification, 'status' | 'position' | 'reason'>;

/** Checks every record's place in the chain, then everything that checkpoints say of it. */
export async function verifyLog(log: LogToVerify): Promise<AuditVerification> {
  const { judge, checkpoints = [], anchors = [] } = log;
  const judged = judge === undefined ? [] : await judgeAll([...checkpoints, ...anchors], judge);
  const sizes = new Set(judged.map(({ checkpoint }) => checkpoint.size));
  const walked = await walk(log, sizes);
  const { tail } = walked;
  const { start } = log;
  const removed = start && { removed: { records: start.size, before: start.before, time: start.time } };
  const found = { records: (tail?.length ?? 0) - (start?.size ?? 0), head: tail?.hash ?? '', ...removed };
  const agreeing = judged.filter(({ trust, checkpoint }) => trust === 'valid' && agrees(checkpoint, walked));
  const last = agreeing.map(({ checkpoint }) => checkpoint).sort((a, b) => b.size - a.size)[0];
  const anchored = last && { anchored: { size: last.size, time: last.time, keyId: last.keyId } };
  const fault =
    (await faultOfStart(log)) ??
    walked.fault ??
    (judge === undefined
      ? undefined
      : faultOfCheckpoints(log, judged, walked, Math.max(last?.size ?? 0, start?.size ?? 0))) ??
    (log.isTorn === true ? torn(tail?.length ?? 0) : undefined);
  return { status: 'ok', ...found, ...anchored, ...fault };
}

/** Records are removed by whoever holds the key, and in a record of the log itself; anybody else only makes them vanish. */
async function faultOfStart({ start, judgeStart }: LogToVerify): Promise<Fault | undefined> {
  if (start === undefined) return undefined;
  const said = `the start of the log at record ${start.size}`;
  if (startTree(start) === undefined) {
    return { status: 'corrupt', position: 0, reason: `${said} carries another tree than it signs` };
  }
  const trust = judgeStart === undefined ? 'valid' : await judgeStart(start);
  if (trust === 'valid') return undefined;
  return trust === 'invalid'
    ? { status: 'corrupt', position: 0, reason: `${said} is not signed by key ${start.keyId}: records were removed` }
    : { status: 'unanchored', position: 0, reason: `${said} is signed by key ${start.keyId}: ${says[trust]}` };
}

interface Judged {
  readonly checkpoint: Checkpoint;
  readonly trust: CheckpointTrust;
}

const judgeAll = (checkpoints: readonly Checkpoint[], judge: CheckpointJudge): Promise<readonly Judged[]> =>
  Promise.all(checkpoints.map(async (checkpoint) => ({ checkpoint, trust: await judge(checkpoint) })));

interface Walk {
  readonly tail: ChainTail | undefined;
  /** Roots of the sizes that were asked for. */
  readonly roots: ReadonlyMap<number, Digest>;
  readonly fault: Fault | undefined;
}

async function walk({ records, expectedHead, start }: LogToVerify, sizes: ReadonlySet<number>): Promise<Walk> {
  const frontier = (start && startTree(start)) ?? new TreeFrontier();
  const roots = new Map<number, Digest>([[frontier.size, frontier.root()]]);
  let tail: ChainTail | undefined = start && { log: start.log, length: start.size, hash: start.head };
  let wasMoved = start === undefined;
  let sawExpected = expectedHead === undefined || expectedHead === start?.head;
  const corrupt = (position: number, reason: string): Walk => ({
    tail,
    roots,
    fault: { status: 'corrupt', position, reason },
  });
  try {
    for await (const { seq, value } of records) {
      if (!isAuditRecord(value)) return corrupt(seq, 'not an audit record');
      tail ??= emptyTail(value.log);
      if (value.seq !== seq) return corrupt(seq, `says it is record ${value.seq}`);
      if (value.log !== tail.log) return corrupt(seq, `belongs to the log ${value.log}`);
      if (value.prev !== tail.hash)
        return corrupt(seq, 'does not continue the record before: one of the two was altered');
      const hash = leafOfRecord(value);
      tail = { log: tail.log, length: seq + 1, hash };
      sawExpected ||= hash === expectedHead;
      wasMoved ||= tellsOf(start!, value);
      if (sizes.size === 0) continue; // nothing asks for the tree
      frontier.add(hash);
      if (sizes.has(frontier.size)) roots.set(frontier.size, frontier.root());
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    return corrupt(tail?.length ?? 0, error.message);
  }
  if (!wasMoved) return corrupt(start!.size, `no record tells of the removal of the ${start!.size} before it`);
  if (sawExpected) return { tail, roots, fault: undefined };
  if (start !== undefined) {
    const reason = `the head kept elsewhere is among the ${start.size} records that were removed, or the log was cut or replaced`;
    return { tail, roots, fault: { status: 'unanchored', position: start.size, reason } };
  }
  return corrupt(tail?.length ?? 0, 'the head kept elsewhere is not in this log: it was cut or replaced');
}

/** The record that was committed together with the removal. */
const tellsOf = ({ size, root }: LogStart, { action, decision, detail }: AuditRecord): boolean =>
  action === 'retention.purge_audit' && decision === 'allow' && detail?.['size'] === size && detail['root'] === root;

const agrees = ({ log, size, root }: Checkpoint, { tail, roots }: Walk): boolean =>
  roots.get(size) === root && (size === 0 || log === tail?.log);

/** The worst that checkpoints tell: of rewriting, of cutting, of an older store, then of what is missing. */
function faultOfCheckpoints(
  log: LogToVerify,
  judged: readonly Judged[],
  walked: Walk,
  agreed: number,
): Fault | undefined {
  const stored = new Set(log.checkpoints ?? []);
  const length = walked.tail?.length ?? 0;
  const fault = (status: AuditStatus, position: number, reason: string): Fault => ({ status, position, reason });
  if (log.damage !== undefined) return fault('corrupt', agreed, log.damage);
  const invalid = judged.find(({ trust }) => trust === 'invalid')?.checkpoint;
  if (invalid !== undefined) {
    return fault(
      'corrupt',
      agreed,
      `the signature of the checkpoint at ${invalid.size} is not one of key ${invalid.keyId}`,
    );
  }
  const valid = judged.filter(({ trust }) => trust === 'valid').map(({ checkpoint }) => checkpoint);
  const other = valid.find((checkpoint) => length > 0 && checkpoint.log !== walked.tail!.log);
  if (other !== undefined)
    return fault('forked', 0, `a checkpoint is of the log ${other.log}, the records are of another`);
  const first = log.start?.size ?? 0; // trees of records that were removed are computed no more
  const contrary = bySize(valid).find(
    (checkpoint) => checkpoint.size >= first && checkpoint.size <= length && !agrees(checkpoint, walked),
  );
  if (contrary !== undefined) {
    const before = Math.max(0, ...valid.filter((c) => c.size < contrary.size && agrees(c, walked)).map((c) => c.size));
    const reason = `the records from ${before} on are not those that the checkpoint at ${contrary.size} of ${contrary.time} covers`;
    return fault('forked', before, reason);
  }
  const beyond = bySize(valid).filter(({ size }) => size > length);
  const cut = beyond.find((checkpoint) => stored.has(checkpoint));
  if (cut !== undefined) return fault('truncated', length, `a checkpoint of ${cut.time} covers ${cut.size} records`);
  if (beyond[0] !== undefined) {
    const { time, size } = beyond.at(-1)!;
    return fault(
      'rolled_back',
      length,
      `an anchor of ${time} covers ${size} records: this is an older state of the store`,
    );
  }
  const doubted = judged.find(({ trust }) => trust !== 'valid');
  if (doubted !== undefined) {
    const { checkpoint, trust } = doubted;
    return fault(
      'unanchored',
      agreed,
      `the checkpoint at ${checkpoint.size} is signed by key ${checkpoint.keyId}: ${says[trust]}`,
    );
  }
  return log.isTorn === true ? undefined : missing(log, length, agreed);
}

/** Checkpoints that are not there, and should be. */
function missing(
  { checkpoints = [], anchors = [], interval = Infinity }: LogToVerify,
  length: number,
  agreed: number,
): Fault | undefined {
  const gap = checkpoints.findIndex((checkpoint, i) => checkpoint.index !== i);
  if (gap !== -1) {
    const position = checkpoints[gap - 1]?.size ?? 0;
    return { status: 'unanchored', position, reason: `checkpoint ${gap} of the log is missing` };
  }
  const lost = anchors.find(({ index }) => index >= checkpoints.length);
  if (lost !== undefined) {
    const position = checkpoints.at(-1)?.size ?? 0;
    return { status: 'unanchored', position, reason: `checkpoint ${lost.index}, which an anchor shows, was removed` };
  }
  if (length - agreed < interval + tolerance) return undefined;
  const reason = `no checkpoint was made since record ${agreed}, and one is due every ${interval}; make one with audit checkpoint`;
  return { status: 'unanchored', position: agreed, reason };
}

const bySize = (checkpoints: readonly Checkpoint[]): Checkpoint[] => [...checkpoints].sort((a, b) => a.size - b.size);

const says: Readonly<Record<CheckpointTrust, string>> = {
  valid: 'valid',
  invalid: 'invalid',
  unknown_key: 'it is not known here',
  revoked: 'it was revoked',
  late: 'it had been retired by then',
};

const torn = (records: number): Fault => ({
  status: 'torn_tail_recovered',
  position: records,
  reason: 'the last line was cut off, as a crash does, and was left out',
});
