import { MLOpsError } from '../errors.js';
import { retryConflicts } from '../governance/control-plane.js';
import type { Change, Durability, Storage, StoredRecord } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';
import { Mutex } from '../util/mutex.js';
import { type StoredRun, indexRun, nextRevision, runsCollection } from './run.js';

/** What a run becomes, and the points that come with it; undefined: nothing is to be written. */
export type ChangedRun = { readonly run: StoredRun; readonly appends?: readonly Change[] } | undefined;

/** A change to a run; made anew when somebody else wrote first. */
export type RunChange = (run: StoredRun, storage: Storage) => ChangedRun | Promise<ChangedRun>;

/** Applies one process's changes to a run one after the other, remembering the run between them. */
export class RunWriter {
  readonly #mutex = new Mutex();
  #known: StoredRecord | undefined;

  constructor(private readonly load: (storage: Storage) => Promise<StoredRecord>) {}

  update(storage: Storage, durability: Durability, change: RunChange): Promise<void> {
    return this.#mutex.run(() => retryConflicts(() => this.#attempt(storage, durability, change)));
  }

  /** Runs a task while no update of this process is under way. */
  exclusively(task: () => Promise<void>): Promise<void> {
    return this.#mutex.run(task);
  }

  forget(): void {
    this.#known = undefined;
  }

  async #attempt(storage: Storage, durability: Durability, change: RunChange): Promise<void> {
    this.#known ??= await this.load(storage);
    const changed = await change(openRun(this.#known), storage);
    if (changed === undefined) return;
    const run = nextRevision(changed.run);
    try {
      const [version] = await storage.commit([putRun(run, this.#known.version), ...(changed.appends ?? [])], {
        durability,
      });
      this.#known = { id: run.runId, version: version!, value: run as unknown as JsonValue };
    } catch (error) {
      this.#known = undefined;
      throw error;
    }
  }
}

/** The run, if it may still be changed. */
export function openRun(record: StoredRecord): StoredRun {
  const run = record.value as unknown as StoredRun;
  if (run.status === 'running') return run;
  throw new MLOpsError(
    'ILLEGAL_STATE',
    `run ${run.runId} has ended as ${run.status}; what a run says does not change after`,
  );
}

export const putRun = (run: StoredRun, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: runsCollection,
  id: run.runId,
  value: run as unknown as JsonValue,
  index: indexRun(run),
  expect,
});
