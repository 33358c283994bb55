import { type StoredDeployment, deploymentsCollection } from '../../canary/deployment.js';
import type { Policy } from '../../config/policy.js';
import { listPolicies } from '../../governance/policy/stored-policy.js';
import { driftReportsCollection } from '../../drift/stored-reports.js';
import type { DriftReport } from '../../drift/drift-report.js';
import { modelsCollection } from '../../registry/model-record.js';
import {
  type PerformanceReport,
  performanceReportsCollection,
} from '../../retraining/performance/performance-report.js';
import { type StoredRetraining, retrainingsCollection } from '../../retraining/retraining-record.js';
import type { Storage } from '../../storage/storage.js';
import { toIso } from '../../util/clock.js';
import { newestOf } from '../newest.js';
import type { Finding } from './finding.js';
import { canaryFinding, driftFinding, performanceFinding, policyFinding, retrainingFinding } from './rules.js';

/** What the newest evidence of every model says, and the policies that the store was worked on with. */
export async function collectFindings(
  storage: Storage,
  monitoring: Policy['monitoring'],
  now: number,
): Promise<readonly Finding[]> {
  const findings: (Finding | undefined)[] = (await listPolicies(storage)).map(policyFinding);
  for await (const modelName of modelNames(storage)) {
    const newest = async <T>(collection: string, timeField: string, at: string | number): Promise<T | undefined> =>
      newestOf(storage, collection, modelName, timeField, at);
    const drift = await newest<DriftReport>(driftReportsCollection, 'createdAt', toIso(now));
    const performance = await newest<PerformanceReport>(performanceReportsCollection, 'createdAt', toIso(now));
    const deployment = await newest<StoredDeployment>(deploymentsCollection, 'createdAt', now);
    const retraining = await newest<StoredRetraining>(retrainingsCollection, 'startedAt', now);
    if (drift !== undefined) findings.push(driftFinding(drift, monitoring));
    if (performance !== undefined) findings.push(performanceFinding(performance, monitoring));
    if (deployment !== undefined) findings.push(canaryFinding(deployment, monitoring));
    if (retraining !== undefined) findings.push(retrainingFinding(retraining, monitoring));
  }
  return findings.filter((finding) => finding !== undefined);
}

/** So many drift reports are looked at for models that are not registered. */
const latestReports = 50;

/** Registered models, and those that drift was looked at for lately. */
async function* modelNames(storage: Storage): AsyncGenerator<string> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await storage.query(modelsCollection, { limit: 500, ...(cursor !== undefined && { cursor }) });
    for (const { id } of page.records) seen.add(id);
    cursor = page.cursor;
  } while (cursor !== undefined);
  const { records } = await storage.query(driftReportsCollection, {
    orderBy: [{ field: 'createdAt', direction: 'desc' }],
    limit: latestReports,
  });
  for (const { value } of records) seen.add((value as unknown as DriftReport).modelName);
  yield* seen;
}
