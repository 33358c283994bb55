import { type StoredDeployment, deploymentsCollection, storedDeployment } from '../../../canary/deployment.js';
import { readReports, viewProcess } from '../../../canary/process-report.js';
import { isServing } from '../../../canary/transitions.js';
import type { Storage } from '../../../storage/storage.js';
import type { Check } from '../check.js';

/** How long a deployment may be without a process that serves it, milliseconds. */
const patienceMs = 600_000;

/** Canaries that nobody serves, or that wait for a person longer than they would have been observed. */
export const canaryCheck: Check = {
  name: 'canaries',
  failure: 'degraded',
  async run({ context }) {
    const storage = await context.stores.storage();
    const now = context.clock.now();
    const { records } = await storage.query(deploymentsCollection, {
      where: { field: 'status', op: 'in', values: ['shadow', 'active', 'paused', 'halted'] },
      limit: 1000,
    });
    if (records.length === 0) return { status: 'skipped', reason: 'no canary is under way' };
    const waitMs = context.config.policy.canary.evaluationWindowHours * 3_600_000;
    const stuck: string[] = [];
    for (const { value } of records) {
      const problem = await problemOf(storage, storedDeployment(value), now, waitMs);
      if (problem !== undefined) stuck.push(problem);
    }
    const detail = { canaries: records.length, stuck };
    return stuck.length === 0
      ? { status: 'healthy', reason: 'every canary is served', detail }
      : { status: 'degraded', reason: stuck.join('; '), detail };
  },
};

async function problemOf(
  storage: Storage,
  deployment: StoredDeployment,
  now: number,
  waitMs: number,
): Promise<string | undefined> {
  const { deploymentId, modelName, candidateVersion, status, history } = deployment;
  const name = `${modelName} ${candidateVersion}`;
  const changedAt = Date.parse(history.at(-1)!.at);
  if (!isServing(status)) {
    return now - changedAt > waitMs ? `${name} is ${status} for more than canary.evaluation_window_hours` : undefined;
  }
  if (now - changedAt <= patienceMs) return undefined;
  const reports = await readReports(storage, deploymentId);
  const isServed = reports.some((report) => viewProcess(report, now).status === 'live');
  return isServed ? undefined : `${name} is ${status} and no process serves it`;
}
