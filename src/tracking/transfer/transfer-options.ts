import type { Filter } from '../../search/filter.js';
import type { ArtifactStore } from '../../storage/artifact-store.js';
import type { Storage } from '../../storage/storage.js';

/** Where runs are copied from or to. */
export interface RunStore {
  readonly storage: Storage;
  readonly artifacts: ArtifactStore;
}

/** Which runs are copied, and how the copying is watched. */
export interface TransferOptions {
  /** These runs; not together with `filter`. A run that was deleted comes along as such. */
  readonly runIds?: readonly string[];
  /** Runs that this filter of `searchRuns` finds; every run that was not deleted unless told. */
  readonly filter?: string | Filter;
  /** Stops between two commits; what was copied stays, and the same call goes on where it stopped. */
  readonly signal?: AbortSignal;
  /** Called with the share done, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Exactly one of `path` and `store`. */
export interface TransferRunsOptions extends TransferOptions {
  /** Folder of an archive: a filesystem store with its files in `artifacts` below. */
  readonly path?: string;
  /** Stores that the caller opened and will close. */
  readonly store?: RunStore;
}

/** A run that was not copied; the store it was meant for is as it was. */
export interface RefusedRun {
  readonly runId: string;
  /** `CONFLICT`: the two copies differ. `CORRUPT`, `NOT_FOUND`: points or files are not those that the run speaks of. */
  readonly code: string;
  readonly reason: string;
}

/** What became of each run, by id, in the order they were copied: parents first. */
export interface TransferResult {
  readonly imported: readonly string[];
  /** There already, and brought up to date. */
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
  readonly refused: readonly RefusedRun[];
}
