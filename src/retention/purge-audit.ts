import { MLOpsError } from '../errors.js';
import { readAnchors } from '../governance/audit/anchor-file.js';
import {
  type LogPlace,
  againIfMoved,
  findLogPlace,
  movedMeanwhile,
  signLogStart,
  startTree,
} from '../governance/audit/log-start.js';
import { makeCheckpoint } from '../governance/audit/make-checkpoint.js';
import { TreeFrontier } from '../governance/audit/merkle-tree.js';
import { verifyStoredLog } from '../governance/audit/verify-stored-log.js';
import { type AuditRecord, asAuditRecord, leafHash, leafOfRecord } from '../governance/audit-record.js';
import { readAuditTrail } from '../governance/audit-trail.js';
import type { ControlPlane, Plan } from '../governance/control-plane.js';
import { type StoredVersion, versionsCollection } from '../registry/model-record.js';
import { ModelStage } from '../registry/stage.js';
import type { Context } from '../runtime/context.js';
import type { Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import { legalFloor } from './floors.js';
import { recordsWhere } from './records-where.js';

const dayMs = 86_400_000;

/** Audit records that retention lets go. */
export interface AuditPurge {
  /** How many, counted from the oldest that is there. */
  readonly records: number;
  /** ISO 8601: records made before then go. */
  readonly madeBefore: string;
  /** What keeps records longer than `security.audit_log_retention_days`. */
  readonly keptBy?: string;
}

/** Until when records may go: the policy's days, unless a law or a version that is in use asks for more. */
async function auditCutoff(
  { config, clock }: Pick<Context, 'config' | 'clock'>,
  storage: Storage,
): Promise<{ readonly before: number; readonly keptBy?: string }> {
  const { auditLogRetentionDays } = config.policy.security;
  const floor = legalFloor(config);
  const isLaw = floor.days > auditLogRetentionDays;
  const before = clock.now() - Math.max(auditLogRetentionDays, floor.days) * dayMs;
  const oldest = await oldestInUse(storage);
  if (oldest !== undefined && oldest.registeredAt < before) {
    const { modelName, version, stage, registeredAt } = oldest;
    return { before: registeredAt, keptBy: `${modelName} ${version}, which is in ${stage}` };
  }
  return { before, ...(isLaw && { keptBy: `${floor.framework}: ${floor.days} days` }) };
}

/** Who did what to a version stays as long as it is in use. */
async function oldestInUse(storage: Storage): Promise<StoredVersion | undefined> {
  let oldest: StoredVersion | undefined;
  const inUse = { field: 'stage', op: 'in', values: [ModelStage.STAGING, ModelStage.PRODUCTION] } as const;
  for await (const { value } of recordsWhere(storage, versionsCollection, inUse)) {
    const version = value as unknown as StoredVersion;
    if (oldest === undefined || version.registeredAt < oldest.registeredAt) oldest = version;
  }
  return oldest;
}

/** What would go: the records from the oldest on to the first that is younger. */
export async function findExpiredAudit(
  context: Pick<Context, 'config' | 'clock'>,
  storage: Storage,
  place?: LogPlace,
): Promise<AuditPurge> {
  return place === undefined
    ? againIfMoved(() => countExpired(context, storage))
    : countExpired(context, storage, place);
}

async function countExpired(
  context: Pick<Context, 'config' | 'clock'>,
  storage: Storage,
  place?: LogPlace,
): Promise<AuditPurge> {
  const { before, keptBy } = await auditCutoff(context, storage);
  let records = 0;
  for await (const { seq, value } of readAuditTrail(storage, 0, place)) {
    if (!(Date.parse(asAuditRecord(value, seq).ts) < before)) break;
    records++;
  }
  return { records, madeBefore: toIso(before), ...(keptBy !== undefined && { keptBy }) };
}

/**
 * Removes old audit records. The whole log is verified and gets a checkpoint before; what goes is signed for by the
 * root of its tree, and the log's own record of it is committed together with the removal.
 *
 * @throws MLOpsError `CORRUPT` for a log that does not verify: nothing is removed from it
 */
export async function purgeAudit(context: Context, control: ControlPlane): Promise<AuditPurge> {
  const request = { resource: { type: 'audit_log', id: 'audit' }, scope: 'store' } as const;
  return control.change('retention.purge_audit', request, async (storage): Promise<Plan<AuditPurge>> => {
    const place = await findLogPlace(storage);
    const found = await findExpiredAudit(context, storage, place);
    if (found.records === 0) {
      return { changes: [], result: found, decision: 'deny', reason: 'no record is older than it is kept' };
    }
    await makeCheckpoint(context, storage);
    const { auditAnchorPath } = context.config.policy.security;
    const anchorPath = auditAnchorPath === null ? undefined : context.config.resolvePath(auditAnchorPath);
    const anchors = anchorPath === undefined ? [] : (await readAnchors(anchorPath)).checkpoints;
    const { status, reason } = await verifyStoredLog(context, storage, { anchors });
    if (status !== 'ok') {
      throw new MLOpsError(
        'CORRUPT',
        `the audit trail is ${status} (${reason}), and nothing is removed from it; see bondx-mlops audit verify`,
      );
    }
    const start = await signStart(context, storage, place, found);
    const { size, root, head, before } = start;
    return {
      changes: [],
      result: found,
      newStart: { start, since: place.version, stream: `audit/${size}-${context.ids.next()}` },
      detail: { records: found.records, size, root, head, before, ...(found.keptBy && { keptBy: found.keptBy }) },
    };
  });
}

async function signStart(
  { clock, keys }: Context,
  storage: Storage,
  place: LogPlace,
  { records, madeBefore }: AuditPurge,
) {
  const { start, version } = place;
  const tree = (start && startTree(start)) ?? new TreeFrontier();
  const size = tree.size + records;
  let last: AuditRecord | undefined;
  for await (const { value } of readAuditTrail(storage, 0, place)) {
    if (tree.size === size) break;
    tree.add(leafOfRecord(value));
    last = value as unknown as AuditRecord;
  }
  if (tree.size !== size) throw movedMeanwhile(version, (await findLogPlace(storage)).version);
  const { log } = last!;
  const body = { v: 1, log, size, root: tree.root(), head: leafHash(last!) } as const;
  return signLogStart(await keys(), { ...body, before: madeBefore, time: toIso(clock.now()) }, tree);
}
