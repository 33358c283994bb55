import type { Filter } from '../search/filter.js';
import type { OrderTerm } from '../search/order-by.js';
import type { TableInput } from '../data/table.js';
import type { JsonObject, JsonValue } from '../util/json.js';
import type { Run, RunStatus } from './run.js';
import type { RunRow } from './run-row.js';

/** What {@link ExperimentTracker.startRun} begins. */
export interface StartRunOptions {
  readonly experimentName: string;
  /** Such as `spread`. */
  readonly modelType?: string;
  readonly runName?: string;
  /** The run this one is a part of. */
  readonly parentRunId?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * Whether the run lives and dies with this process: then it ends as `killed` when the process does. False for a run that
   * several processes take turns at. True unless told.
   */
  readonly heartbeat?: boolean;
  /**
   * Seconds between two samples of this process's CPU, memory and event loop, recorded as metrics `system.…`; null for
   * none. `tracking.system_metrics_interval_seconds` unless told.
   */
  readonly systemMetricsIntervalSeconds?: number | null;
}

/** What {@link ExperimentTracker.withRun} begins. */
export interface WithRunOptions extends StartRunOptions {
  /** A run whose signal fires while it fails ends as `aborted`. */
  readonly signal?: AbortSignal;
}

/** Where on its curve {@link ExperimentTracker.logMetrics} puts a point. */
export interface LogMetricsOptions {
  /** Position on the horizontal axis, such as the iteration; 0 unless told. */
  readonly step?: number;
  /** UTC milliseconds; now unless told. */
  readonly timestamp?: number;
}

/** How many points {@link ExperimentTracker.bufferRun} keeps in memory, and for how long. */
export interface BufferRunOptions {
  /** Most points that wait to be stored; more are dropped and counted. 100,000 unless told. */
  readonly maxPoints?: number;
  /** Longest that a point waits before it is stored, milliseconds. 1,000 unless told. */
  readonly flushIntervalMs?: number;
}

/** One point of one metric. */
export interface BatchPoint extends LogMetricsOptions {
  readonly key: string;
  readonly value: number;
}

/** What is recorded together, all of it or nothing. */
export interface RunBatch {
  /** In the order they happened; a metric may have several. */
  readonly metrics?: readonly BatchPoint[];
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Exactly one of `path`, `content`, `json` and `table`. */
export interface LogArtifactOptions {
  /** A local file or folder; a folder's files keep their paths below `name`. */
  readonly path?: string;
  /** Content given directly, a stream of bytes too; needs a `name`. */
  readonly content?: Uint8Array | string | AsyncIterable<Uint8Array>;
  /** Any JSON, a Vega-Lite figure too; needs a `name`. */
  readonly json?: JsonValue;
  /** Rows or columns, kept as CSV; needs a `name`. */
  readonly table?: TableInput;
  /** Relative path the artifact goes by in the run; the file's own name unless told. */
  readonly name?: string;
}

/** What a run works on; either `data`, which is described but not stored, or a `digest`. */
export interface LogDatasetOptions {
  readonly name: string;
  readonly data?: TableInput;
  readonly digest?: string;
  /** What it is for, such as `training`, `validation` or `test`; `training` unless told. */
  readonly role?: string;
  readonly source?: string;
  readonly profile?: JsonObject;
}

/** Which runs {@link ExperimentTracker.listRuns} gives. */
export interface ListRunsOptions {
  readonly experimentName?: string;
  readonly status?: RunStatus;
  /** 100 unless told. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** Some of the runs found; `cursor` is there when more may follow. */
export interface RunPage {
  readonly runs: readonly Run[];
  readonly cursor?: string;
}

/** Some of the runs found, as rows; `cursor` is there when more may follow. */
export interface RunRowPage<Name extends string> {
  readonly rows: readonly RunRow<Name>[];
  readonly cursor?: string;
}

/** Which runs and columns {@link ExperimentTracker.searchRuns} gives as rows. */
export interface SelectRunsOptions<Name extends string> extends SearchRunsOptions {
  /**
   * The fields wanted, by their names in filters, such as `run_id`, `params.depth`, `metrics.mae` and `metrics.mae.min`
   * (or `min(metrics.mae)`).
   */
  readonly select: readonly Name[];
}

/** Which runs {@link ExperimentTracker.searchRuns} gives, in which order. */
export interface SearchRunsOptions {
  /**
   * As text, such as `metrics.rmse < 1 and (params.model = 'cart' or tags.team like 'rates%')`, or as a tree built with
   * `where`, `and`, `or`, `not`. Everything unless told.
   */
  readonly filter?: string | Filter;
  /** Such as `metrics.rmse desc` or `[where to order by first, then …]`; ties, and unless told all, newest first. */
  readonly orderBy?: string | readonly (string | OrderTerm)[];
  /** `active` runs unless told; `deleted` ones, or `all`. */
  readonly view?: 'active' | 'deleted' | 'all';
  /** 100 unless told, at most 50,000. */
  readonly limit?: number;
  readonly cursor?: string;
}
