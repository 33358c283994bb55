import type { IndexFields } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import type { Digest } from '../util/digest.js';
import type { JsonObject, JsonValue } from '../util/json.js';
import { type MetricSummary, type StoredMetricSummary, decodeNumber, viewSummary } from './metric.js';

export const runsCollection = 'runs';

/** How a run ended; `running` until it has. */
export type RunStatus = 'running' | FinalRunStatus;
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
  /** Node, operating system, git commit: what `tracking.log_environment` and `log_git_sha` allow. */
  readonly environment?: JsonObject;
  readonly error?: string;
}

export function viewRun(stored: StoredRun): Run {
  const { modelType, runName, parentRunId, endedAt, environment, error } = stored;
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
    ...(environment !== null && { environment }),
    ...(error !== null && { error }),
  });
}

/** What runs are searched by. Metrics by their last value; parameters when they are scalars. */
export function indexRun(run: StoredRun): IndexFields {
  const lastValues: [string, number][] = Object.entries(run.metrics).map(([key, { last }]) => [
    key,
    decodeNumber(last),
  ]);
  return {
    experimentName: run.experimentName,
    modelType: run.modelType,
    status: run.status,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    parentRunId: run.parentRunId,
    params: Object.fromEntries(Object.entries(run.parameters).filter(isScalarEntry)),
    metrics: Object.fromEntries(lastValues),
    tags: run.tags,
  };
}

const isScalarEntry = (entry: [string, JsonValue]): entry is [string, string | number | boolean | null] =>
  typeof entry[1] !== 'object' || entry[1] === null;
