import type { Change, Storage } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';
import type { StoredDeployment } from './deployment.js';
import type { DeploymentStatistics } from './evidence/deployment-statistics.js';
import { mergeStatistics, noStatistics } from './evidence/merge-statistics.js';
import { countOutcomes } from './live-statistics.js';
import { type ProcessReport, mergeReports, putReport, readReportsToCount } from './process-report.js';

/** By deployment: what processes saw that have nothing more to say, as it seems. */
const gatheredCollection = 'canary_gathered';

/** A process that closed or went silent so long ago is settled, milliseconds. */
const settledMs = 60_000;

/** Settled reports that are read again and again until there are so many; and how many are gathered at once. */
const fewest = 20;
const most = 200;

/**
 * What all processes have seen, ever. Of many that are gone the outcomes are added up once and for all, so that what is read
 * does not grow with every restart. Sums are exact, so that gathering changes no bit of them.
 *
 * @returns with the changes to commit with what is made of it; they fail where somebody else gathered meanwhile
 */
export async function gatherOutcomes(
  storage: Storage,
  { deploymentId, task }: StoredDeployment,
  now: number,
): Promise<{ readonly statistics: DeploymentStatistics; readonly changes: readonly Change[] }> {
  const record = await storage.get(gatheredCollection, deploymentId); // before the reports, for the check to tell
  const expect = record?.version ?? 'absent';
  const gathered = (record?.value as unknown as DeploymentStatistics | undefined) ?? noStatistics(task);
  const reports = await readReportsToCount(storage, deploymentId);
  const settled = reports.filter(({ value }) => now - value.flushedAt > settledMs).slice(0, most);
  const statistics = mergeReports(
    reports.map(({ value }) => value),
    gathered,
  );
  const place = { collection: gatheredCollection, id: deploymentId, expect } as const;
  if (settled.length < fewest) return { statistics, changes: [{ kind: 'check', ...place }] };
  const sum = settled.reduce((merged, { value }) => mergeStatistics(merged, value.statistics), gathered);
  return {
    statistics,
    changes: [
      { kind: 'put', ...place, value: sum as unknown as JsonValue, index: {} },
      ...settled.map(({ value, version }) => putReport(withoutOutcomes(value), version)),
    ],
  };
}

const withoutOutcomes = (report: ProcessReport): ProcessReport => {
  const { times, outcomes } = report.gathered ?? { times: 0, outcomes: 0 };
  return {
    ...report,
    gathered: { times: times + 1, outcomes: outcomes + countOutcomes(report.statistics) },
    statistics: noStatistics(report.statistics.task),
  };
};
