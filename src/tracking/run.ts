import type { IndexFields } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import type { Digest } from '../util/digest.js';
import type { JsonObject, JsonValue } from '../util/json.js';
import { type MetricSummary, type StoredMetricSummary, decodeNumber, viewSummary } from './metric.js';

export const runsCollection = 'runs';

/** How a run ended; `running` until it has. */
export type RunStatus = 'running' | FinalRunStatus;
/** How a run ends. */
export type FinalRunStatus = 'completed' | 'failed' | 'aborted' | 'killed';

export const finalRunStatuses: readonly FinalRunStatus[] = ['completed', 'failed', 'aborted', 'killed'];

/** A file kept with a run. */
export interface RunArtifact {
  /** Relative path, unique in the run. */
  readonly name: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** What a run was given to work on. */
export interface RunDataset {
  readonly name: string;
  /** Of the content: two data sets with one digest hold the same. */
  readonly digest: string;
  /** What it was for, such as `training`, `validation` or `test`. */
  readonly role: string;
  /** Where it came from, in words or as an address. */
  readonly source?: string;
  readonly rowCount?: number;
  /** Columns and their kinds. */
  readonly schema?: Readonly<Record<string, string>>;
  /** What else is known of its content. */
  readonly profile?: JsonObject;
}

/** A run as it is stored. Times are UTC milliseconds; non-finite metric values are spelled out. */
export interface StoredRun {
  readonly runId: string;
  readonly experimentName: string;
  readonly modelType: string | null;
  readonly runName: string | null;
  readonly parentRunId: string | null;
  readonly status: RunStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly startedBy: string;
  readonly parameters: JsonObject;
  readonly metrics: Readonly<Record<string, StoredMetricSummary>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly artifacts: readonly RunArtifact[];
  readonly environment: JsonObject | null;
  readonly error: string | null;
  /** Absent in runs of older versions, as those below. */
  readonly datasets?: readonly RunDataset[];
  readonly note?: string | null;
  readonly deletedAt?: number | null;
  /**
   * Counts what was written about the run since its start, in whatever store: of two copies the one with more is the newer
   * one. Hiding and restoring a run do not count.
   */
  readonly revision?: number;
  /** Points that buffers had no room for. */
  readonly droppedPoints?: number;
}

/** A run as a caller sees it. */
export interface Run {
  readonly runId: string;
  readonly experimentName: string;
  readonly modelType?: string;
  readonly runName?: string;
  readonly parentRunId?: string;
  readonly status: RunStatus;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly startedBy: string;
  readonly parameters: JsonObject;
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly artifacts: readonly RunArtifact[];
  readonly datasets: readonly RunDataset[];
  /** Node, operating system, git commit: what `tracking.log_environment` and `log_git_sha` allow. */
  readonly environment?: JsonObject;
  readonly error?: string;
  readonly note?: string;
  /** Points that were not recorded because a buffer was full; present when there are any. */
  readonly droppedPoints?: number;
  /** Present when the run was deleted and can still be restored. */
  readonly deletedAt?: string;
}

export function viewRun(stored: StoredRun): Run {
  const { modelType, runName, parentRunId, endedAt, environment, error } = stored;
  const { note = null, deletedAt = null, droppedPoints = 0 } = stored;
  return Object.freeze({
    runId: stored.runId,
    experimentName: stored.experimentName,
    ...(modelType !== null && { modelType }),
    ...(runName !== null && { runName }),
    ...(parentRunId !== null && { parentRunId }),
    status: stored.status,
    startedAt: toIso(stored.startedAt),
    ...(endedAt !== null && { endedAt: toIso(endedAt) }),
    startedBy: stored.startedBy,
    parameters: stored.parameters,
    metrics: Object.freeze(
      Object.fromEntries(Object.entries(stored.metrics).map(([key, summary]) => [key, viewSummary(summary)])),
    ),
    tags: stored.tags,
    artifacts: stored.artifacts,
    datasets: stored.datasets ?? [],
    ...(environment !== null && { environment }),
    ...(error !== null && { error }),
    ...(note !== null && { note }),
    ...(droppedPoints > 0 && { droppedPoints }),
    ...(deletedAt !== null && { deletedAt: toIso(deletedAt) }),
  });
}

/** The run after another write. */
export const nextRevision = (run: StoredRun): StoredRun => ({ ...run, revision: revisionOf(run) + 1 });

export const revisionOf = (run: StoredRun): number => run.revision ?? 1;

/** What the audit trail says of a run: how many points of each metric there are, and their digests. */
export const auditedSummary = ({ status, metrics, droppedPoints }: StoredRun): JsonObject => ({
  status,
  ...(droppedPoints !== undefined && { droppedPoints }),
  metrics: Object.fromEntries(Object.entries(metrics).map(([key, { count, digest }]) => [key, { count, digest }])),
});

/** What runs are searched by; {@link runCatalog} knows the names that people use. */
export function indexRun(run: StoredRun): IndexFields {
  const metrics: Record<string, number> = {};
  for (const [key, { last, min, max }] of Object.entries(run.metrics)) {
    metrics[`metrics.${key}`] = decodeNumber(last);
    metrics[`metricsMin.${key}`] = decodeNumber(min);
    metrics[`metricsMax.${key}`] = decodeNumber(max);
  }
  const members = (names: readonly string[]): Record<string, true> =>
    Object.fromEntries(names.map((name) => [name, true]));
  const { datasets = [], deletedAt = null } = run;
  return {
    experimentName: run.experimentName,
    modelType: run.modelType,
    runName: run.runName,
    status: run.status,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    startedBy: run.startedBy,
    parentRunId: run.parentRunId,
    ...(deletedAt !== null && { deletedAt }),
    params: Object.fromEntries(Object.entries(run.parameters).filter(isScalarEntry)),
    ...metrics,
    tags: run.tags,
    ...(datasets.length > 0 && {
      datasetNames: members(datasets.map(({ name }) => name)),
      datasetDigests: members(datasets.map(({ digest }) => digest)),
      datasetRoles: members(datasets.map(({ role }) => role)),
    }),
  };
}

const isScalarEntry = (entry: [string, JsonValue]): entry is [string, string | number | boolean | null] =>
  typeof entry[1] !== 'object' || entry[1] === null;
