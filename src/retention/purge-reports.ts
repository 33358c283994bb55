import type { MLOpsConfig } from '../config/mlops-config.js';
import { driftReportsCollection } from '../drift/stored-reports.js';
import type { DriftReport } from '../drift/drift-report.js';
import type { ControlPlane } from '../governance/control-plane.js';
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

/** Reports made before a moment, ISO 8601, that are about no registered version. */
export async function findExpiredReports(storage: Storage, createdBefore: string): Promise<readonly StoredRecord[]> {
  const expired: StoredRecord[] = [];
  const old = recordsWhere(storage, driftReportsCollection, { field: 'createdAt', op: 'lt', value: createdBefore });
  for await (const record of old) {
    const { modelName, modelVersion } = record.value as unknown as DriftReport;
    const version =
      modelVersion === undefined
        ? undefined
        : await storage.get(versionsCollection, versionId(modelName, modelVersion));
    if (version === undefined) expired.push(record);
  }
  return expired;
}

/** Removes reports; the audit record says which by the digest of their ids. */
export async function purgeReports(control: ControlPlane, reports: readonly StoredRecord[]): Promise<void> {
  for (let start = 0; start < reports.length; start += perCommit) {
    const batch = reports.slice(start, start + perCommit);
    const ids = batch.map(({ id }) => id);
    await control.change(
      'retention.purge_reports',
      { resource: { type: 'drift_reports', id: ids[0]! }, scope: 'store' },
      async () => ({
        changes: ids.map((id): Change => ({ kind: 'delete', collection: driftReportsCollection, id, expect: 'any' })),
        result: undefined,
        detail: { reports: ids.length, ids: digestJson(ids) },
      }),
    );
  }
}
