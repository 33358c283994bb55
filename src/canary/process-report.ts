import type { Change, Storage, Where } from '../storage/storage.js';
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
 * alone, until it seems to be gone and its outcomes are gathered. What a process that dies had not flushed is missing, no more.
 */
export interface ProcessReport {
  readonly deploymentId: string;
  /** Unique to one manager in one process. */
  readonly process: string;
  readonly pid: number;
  /** Flushes so far. */
  readonly sequence: number;
  /** Attempts at flushes so far: those as well whose answer got lost, or that failed. Absent from older versions. */
  readonly attempt?: number;
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
  /** What was gathered out of the report (see `gatherOutcomes`); absent before the first time. */
  readonly gathered?: { readonly times: number; readonly outcomes: number };
  /** Of the outcomes that are not gathered. */
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
    outcomes: (report.gathered?.outcomes ?? 0) + countOutcomes(statistics),
    routed,
    late,
    droppedShadow,
    droppedPredictions,
  };
}

export const reportId = (deploymentId: string, process: string): string => `${deploymentId}/${process}`;

const hasOutcomesToCount = ({ gathered, statistics }: ProcessReport): boolean =>
  gathered === undefined || statistics.strata.length > 0;

/** @param expect the version this process wrote last: nobody else writes the record, but who gathers its outcomes */
export const putReport = (report: ProcessReport, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: processesCollection,
  id: reportId(report.deploymentId, report.process),
  value: report as unknown as JsonValue,
  index: {
    // One that has nothing to add to what is gathered is found as a process only.
    ...(hasOutcomesToCount(report) && { deploymentId: report.deploymentId }),
    processOf: report.deploymentId,
  },
  expect,
});

/** The reports of every process there has been, in the order of their ids. */
export async function readReports(storage: Storage, deploymentId: string): Promise<readonly ProcessReport[]> {
  const fields = ['deploymentId', 'processOf']; // reports of earlier versions of this package have the first one only
  const records = await readRecords(storage, { or: fields.map((field) => ({ field, op: 'eq', value: deploymentId })) });
  return records.map(({ value }) => value);
}

/** The reports with outcomes that are not gathered yet, and the versions of their records. */
export const readReportsToCount = (storage: Storage, deploymentId: string): Promise<readonly StoredReport[]> =>
  readRecords(storage, { field: 'deploymentId', op: 'eq', value: deploymentId });

/** A report and the version of its record. */
interface StoredReport {
  readonly value: ProcessReport;
  readonly version: number;
}

async function readRecords(storage: Storage, where: Where): Promise<readonly StoredReport[]> {
  const reports: StoredReport[] = [];
  let cursor: string | undefined;
  do {
    const page = await storage.query(processesCollection, {
      where,
      limit: 200,
      ...(cursor !== undefined && { cursor }),
    });
    reports.push(...page.records.map(({ value, version }) => ({ value: value as unknown as ProcessReport, version })));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return reports;
}

/** What all these processes have seen, and `before`. */
export const mergeReports = (reports: readonly ProcessReport[], before: DeploymentStatistics): DeploymentStatistics =>
  reports.reduce((merged, { statistics }) => mergeStatistics(merged, statistics), before);
