import type { MLOpsConfig } from '../config/mlops-config.js';
import { driftReportsCollection } from '../drift/stored-reports.js';
import type { DriftReport } from '../drift/drift-report.js';
import type { ControlPlane, Plan } from '../governance/control-plane.js';
import { versionId, versionsCollection } from '../registry/model-record.js';
import type { Change, Storage, StoredRecord } from '../storage/storage.js';
import { digestJson } from '../util/digest.js';
import { legalFloor } from './floors.js';
import { recordsWhere } from './records-where.js';

/** Reports removed in one commit. */
const perCommit = 100;

/** Days that reports are kept: what the policy says, unless a law asks for more. */
export const reportDays = (config: MLOpsConfig): number =>
  Math.max(config.policy.retention.driftReportsDays, legalFloor(config).days);

/** Which report, as it was found; not what it says, which may be a hundred times as much. */
type FoundReport = Pick<StoredRecord, 'id' | 'version'>;

/** Reports made before a moment, ISO 8601, that are about no registered version. */
export async function findExpiredReports(storage: Storage, createdBefore: string): Promise<readonly FoundReport[]> {
  const expired: FoundReport[] = [];
  const old = recordsWhere(storage, driftReportsCollection, { field: 'createdAt', op: 'lt', value: createdBefore });
  for await (const record of old) {
    const { modelName, modelVersion } = record.value as unknown as DriftReport;
    const version =
      modelVersion === undefined
        ? undefined
        : await storage.get(versionsCollection, versionId(modelName, modelVersion));
    if (version === undefined) expired.push({ id: record.id, version: record.version });
  }
  return expired;
}

/**
 * Removes reports that are there still and as they were found; the audit record says which by the digest of their ids.
 *
 * @returns the ids of those removed
 */
export async function purgeReports(control: ControlPlane, reports: readonly FoundReport[]): Promise<readonly string[]> {
  const removed: string[] = [];
  for (let start = 0; start < reports.length; start += perCommit) {
    const batch = reports.slice(start, start + perCommit);
    const gone = await control.change(
      'retention.purge_reports',
      { resource: { type: 'drift_reports', id: batch[0]!.id }, scope: 'store' },
      async (storage): Promise<Plan<readonly string[]>> => {
        const stored = await Promise.all(batch.map(({ id }) => storage.get(driftReportsCollection, id)));
        const there = batch.filter(({ version }, i) => stored[i]?.version === version);
        const ids = there.map(({ id }) => id);
        if (ids.length === 0) {
          return { changes: [], result: ids, decision: 'deny', reason: 'somebody else has removed them' };
        }
        return {
          changes: there.map(({ id, version }): Change => {
            return { kind: 'delete', collection: driftReportsCollection, id, expect: version };
          }),
          result: ids,
          detail: { reports: ids.length, ids: digestJson(ids) },
        };
      },
    );
    removed.push(...gone);
  }
  return removed;
}
