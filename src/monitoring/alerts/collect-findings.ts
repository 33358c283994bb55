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
import { type StoredRefusal, refusalsCollection } from '../../retraining/refusals.js';
import { type StoredRetraining, retrainingsCollection } from '../../retraining/retraining-record.js';
import type { Storage } from '../../storage/storage.js';
import { toIso } from '../../util/clock.js';
import { aheadMs, newestOf } from '../newest.js';
import type { Finding } from './finding.js';
import {
  canaryFinding,
  driftFinding,
  performanceFinding,
  policyFinding,
  refusalFinding,
  retrainingFinding,
} from './rules.js';

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
    const refusal = (await storage.get(refusalsCollection, modelName))?.value as unknown as StoredRefusal | undefined;
    if (refusal !== undefined && refusal.at > (retraining?.startedAt ?? 0) && refusal.at < now + aheadMs) {
      findings.push(refusalFinding(refusal, monitoring));
    } else if (retraining !== undefined) findings.push(retrainingFinding(retraining, monitoring));
  }
  return findings.filter((finding) => finding !== undefined);
}

/** So many drift reports and retrainings are looked at for models that are not registered. */
const latestOnes = 50;

/** Registered models, and those that drift was looked at for, or a retraining asked for, lately. */
async function* modelNames(storage: Storage): AsyncGenerator<string> {
  const seen = new Set<string>();
  for (const collection of [modelsCollection, refusalsCollection]) {
    let cursor: string | undefined;
    do {
      const page = await storage.query(collection, { limit: 500, ...(cursor !== undefined && { cursor }) });
      for (const { id } of page.records) seen.add(id);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  const latest = async (collection: string, field: string) =>
    (await storage.query(collection, { orderBy: [{ field, direction: 'desc' }], limit: latestOnes })).records;
  for (const { value } of await latest(driftReportsCollection, 'createdAt'))
    seen.add((value as unknown as DriftReport).modelName);
  for (const { value } of await latest(retrainingsCollection, 'startedAt'))
    seen.add((value as unknown as StoredRetraining).plan.modelName);
  yield* seen;
}
