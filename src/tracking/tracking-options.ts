import type { RunStatus } from './run.js';

export interface StartRunOptions {
  readonly experimentName: string;
  /** Such as `spread`. */
  readonly modelType?: string;
  readonly runName?: string;
  /** The run this one is a part of. */
  readonly parentRunId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface LogMetricsOptions {
  /** Position on the horizontal axis, such as the iteration; 0 unless told. */
  readonly step?: number;
  /** UTC milliseconds; now unless told. */
  readonly timestamp?: number;
}

export interface LogArtifactOptions {
  /** A local file or folder; a folder's files keep their paths below `name`. */
  readonly path?: string;
  /** Content given directly; needs a `name`. */
  readonly content?: Uint8Array | string;
  /** Relative path the artifact goes by in the run; the file's own name unless told. */
  readonly name?: string;
}

export interface ListRunsOptions {
  readonly experimentName?: string;
  readonly status?: RunStatus;
  /** 100 unless told. */
  readonly limit?: number;
  readonly cursor?: string;
}
