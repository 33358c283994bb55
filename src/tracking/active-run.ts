import type { JsonValue } from '../util/json.js';
import type { BufferedRun } from './buffered-run.js';
import type { RunArtifact } from './run.js';
import type {
  BufferRunOptions,
  LogArtifactOptions,
  LogDatasetOptions,
  LogMetricsOptions,
  RunBatch,
} from './tracking-options.js';

/** The calls of a tracker that an active run passes on. */
export interface RunLog {
  logParameters(runId: string, parameters: Readonly<Record<string, JsonValue>>): Promise<void>;
  logMetrics(runId: string, metrics: Readonly<Record<string, number>>, options?: LogMetricsOptions): Promise<void>;
  logBatch(runId: string, batch: RunBatch): Promise<void>;
  setTags(runId: string, tags: Readonly<Record<string, string>>): Promise<void>;
  logArtifact(runId: string, options: LogArtifactOptions): Promise<readonly RunArtifact[]>;
  logDataset(runId: string, options: LogDatasetOptions): Promise<void>;
  bufferRun(runId: string, options?: BufferRunOptions): BufferedRun;
}

/** A run under way, as `withRun` passes it on: the tracker's calls without the run's id. */
export class ActiveRun {
  constructor(
    private readonly tracker: RunLog,
    readonly runId: string,
  ) {}

  logParameters(parameters: Readonly<Record<string, JsonValue>>): Promise<void> {
    return this.tracker.logParameters(this.runId, parameters);
  }

  logMetrics(metrics: Readonly<Record<string, number>>, options?: LogMetricsOptions): Promise<void> {
    return this.tracker.logMetrics(this.runId, metrics, options);
  }

  logBatch(batch: RunBatch): Promise<void> {
    return this.tracker.logBatch(this.runId, batch);
  }

  setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    return this.tracker.setTags(this.runId, tags);
  }

  logArtifact(options: LogArtifactOptions): Promise<readonly RunArtifact[]> {
    return this.tracker.logArtifact(this.runId, options);
  }

  logDataset(options: LogDatasetOptions): Promise<void> {
    return this.tracker.logDataset(this.runId, options);
  }

  /** A buffer for metrics of loops that cannot wait; it is stored before the run ends. */
  buffer(options?: BufferRunOptions): BufferedRun {
    return this.tracker.bufferRun(this.runId, options);
  }
}
