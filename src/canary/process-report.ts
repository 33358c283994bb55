import type { Change, Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import type { JsonValue } from '../util/json.js';
import type { DeploymentStatistics } from './evidence/deployment-statistics.js';
import { mergeStatistics } from './evidence/merge-statistics.js';
import { countOutcomes } from './live-statistics.js';
import type { RoutedCounts } from './route-table.js';

export const processesCollection = 'canary_processes';

/** A process that reports at least this often is alive, milliseconds. */
export const heartbeatMs = 5_000;

/** Without a report for so long a process counts as lost, milliseconds. */
const patienceMs = 3 * heartbeatMs;

/**
 * Everything one process has seen of one deployment since it began: written anew with every flush, by this process
 * alone. What a process that dies had not flushed is missing, no more.
 */
export interface ProcessReport {
  readonly deploymentId: string;
  /** Unique to one manager in one process. */
  readonly process: string;
  readonly pid: number;
  /** Flushes so far. */
  readonly sequence: number;
  readonly beganAt: number;
  readonly flushedAt: number;
  /** When the process said that it had nothing more to say. */
  readonly closedAt: number | null;
  readonly routed: Readonly<RoutedCounts>;
  /** Outcomes that came after the deployment had ended: they count for nothing. */
  readonly late: number;
  /** Requests that could not be scored twice, since the queue was full. */
  readonly droppedShadow: number;
  /** Predictions whose labels cannot be joined, since the log was full. */
  readonly droppedPredictions: number;
  readonly statistics: DeploymentStatistics;
}

/** A process of a deployment as a caller sees it. */
export interface ProcessStatus {
  readonly process: string;
  readonly pid: number;
  /**
   * `live`: reported lately. `closed`: ended in order, nothing is missing. `lost`: went silent; what it saw after
   * `flushedAt` is missing.
   */
  readonly status: 'live' | 'closed' | 'lost';
  readonly flushes: number;
  /** ISO 8601, UTC. */
  readonly flushedAt: string;
  readonly outcomes: number;
  readonly routed: Readonly<RoutedCounts>;
  readonly late: number;
  readonly droppedShadow: number;
  readonly droppedPredictions: number;
}

export function viewProcess(report: ProcessReport, now: number): ProcessStatus {
  const { process, pid, sequence, flushedAt, closedAt, routed, late, droppedShadow, droppedPredictions, statistics } =
    report;
  return {
    process,
    pid,
    status: closedAt !== null ? 'closed' : now - flushedAt > patienceMs ? 'lost' : 'live',
    flushes: sequence,
    flushedAt: toIso(flushedAt),
    outcomes: countOutcomes(statistics),
    routed,
    late,
    droppedShadow,
    droppedPredictions,
  };
}

/** @param expect the version this process wrote last: nobody else writes the record */
export const putReport = (report: ProcessReport, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: processesCollection,
  id: `${report.deploymentId}/${report.process}`,
  value: report as unknown as JsonValue,
  index: { deploymentId: report.deploymentId },
  expect,
});

/** The reports of every process there has been, in the order of their ids. */
export async function readReports(storage: Storage, deploymentId: string): Promise<readonly ProcessReport[]> {
  const reports: ProcessReport[] = [];
  let cursor: string | undefined;
  do {
    const page = await storage.query(processesCollection, {
      where: { field: 'deploymentId', op: 'eq', value: deploymentId },
      limit: 200,
      ...(cursor !== undefined && { cursor }),
    });
    reports.push(...page.records.map(({ value }) => value as unknown as ProcessReport));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return reports;
}

/** What all processes have seen. */
export const mergeReports = (reports: readonly ProcessReport[], none: DeploymentStatistics): DeploymentStatistics =>
  reports.reduce((merged, { statistics }) => mergeStatistics(merged, statistics), none);
