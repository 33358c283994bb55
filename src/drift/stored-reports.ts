import type { Change, Storage } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';
import type { DriftReport } from './drift-report.js';

export const driftReportsCollection = 'drift_reports';

/** A report with what it is found by. */
export const putReport = (report: DriftReport): Change => ({
  kind: 'put',
  collection: driftReportsCollection,
  id: report.reportId,
  value: report as unknown as JsonValue,
  index: {
    modelName: report.modelName,
    modelVersion: report.modelVersion ?? null,
    verdict: report.verdict,
    createdAt: report.createdAt,
    overallDriftScore: report.overallDriftScore,
    baselineDigest: report.inputs.baselineDigest,
    currentDigest: report.inputs.currentDigest,
    sequence: report.window?.sequence ?? null,
    windowNumber: report.window?.number ?? null,
  },
  expect: 'absent',
});

/** Reports of a sequence of windows, newest window first. */
export async function readWindowReports(
  storage: Storage,
  modelName: string,
  sequence: string,
  limit: number,
): Promise<readonly DriftReport[]> {
  const { records } = await storage.query(driftReportsCollection, {
    where: {
      and: [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'sequence', op: 'eq', value: sequence },
      ],
    },
    orderBy: [{ field: 'windowNumber', direction: 'desc' }],
    limit,
  });
  return records.map(({ value }) => value as unknown as DriftReport);
}
