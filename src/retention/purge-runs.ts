import type { ControlPlane } from '../governance/control-plane.js';
import { versionsCollection } from '../registry/model-record.js';
import type { Change, Storage, StoredRecord, Where } from '../storage/storage.js';
import { metricStream } from '../tracking/metric.js';
import { type StoredRun, runsCollection } from '../tracking/run.js';
import { toIso } from '../util/clock.js';
import type { JsonObject } from '../util/json.js';
import { recordsWhere } from './records-where.js';

/** Runs that were deleted before a moment and that nothing needs: no registered version, and no run that stays. */
export async function findExpiredRuns(storage: Storage, deletedBefore: number): Promise<readonly string[]> {
  const expired: string[] = [];
  const where: Where = { field: 'deletedAt', op: 'lt', value: deletedBefore };
  for await (const { id } of recordsWhere(storage, runsCollection, where)) {
    if (!(await isNeeded(storage, id, deletedBefore))) expired.push(id);
  }
  return expired;
}

/** Removes a run with the points of its metrics, if it still may go; its counts and digests stay in the audit record. */
export async function purgeRun(control: ControlPlane, runId: string, deletedBefore: number): Promise<boolean> {
  return control.change(
    'retention.purge_run',
    { resource: { type: 'run', id: runId }, scope: 'store' },
    async (storage) => {
      const record = await storage.get(runsCollection, runId);
      if (record === undefined) {
        return { changes: [], result: false, decision: 'deny', reason: 'somebody else has removed it' };
      }
      if (!isExpired(record, deletedBefore) || (await isNeeded(storage, runId, deletedBefore))) {
        return { changes: [], result: false, decision: 'deny', reason: 'it was restored, or something refers to it' };
      }
      const run = record.value as unknown as StoredRun;
      const drops = Object.entries(run.metrics).map(([key, { count }]): Change => ({
        kind: 'drop',
        stream: metricStream(runId, key),
        expect: count,
      }));
      const changes: Change[] = [
        { kind: 'delete', collection: runsCollection, id: runId, expect: record.version },
        ...drops,
      ];
      return { changes, result: true, detail: summarize(run) };
    },
  );
}

/**
 * A version cannot come to refer to a run that is deleted: registrations refuse those. So what nothing refers to when the
 * run's record is read is referred to by nothing as long as its record stays as it was.
 */
async function isNeeded(storage: Storage, runId: string, deletedBefore: number): Promise<boolean> {
  const versions = await storage.query(versionsCollection, {
    where: { field: 'runId', op: 'eq', value: runId },
    limit: 1,
  });
  if (versions.records.length > 0) return true;
  const where: Where = { field: 'parentRunId', op: 'eq', value: runId };
  for await (const child of recordsWhere(storage, runsCollection, where)) {
    if (!isExpired(child, deletedBefore) || (await isNeeded(storage, child.id, deletedBefore))) return true;
  }
  return false;
}

function isExpired({ value }: StoredRecord, deletedBefore: number): boolean {
  const { deletedAt = null } = value as unknown as StoredRun;
  return deletedAt !== null && deletedAt < deletedBefore;
}

const summarize = ({ experimentName, deletedAt = null, metrics }: StoredRun): JsonObject => ({
  experimentName,
  ...(deletedAt !== null && { deletedAt: toIso(deletedAt) }),
  metrics: Object.fromEntries(Object.entries(metrics).map(([key, { count, digest }]) => [key, { count, digest }])),
});
