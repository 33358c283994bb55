import { decisionsCollection, deploymentsCollection } from '../canary/deployment.js';
import { heartbeatMs, processesCollection } from '../canary/process-report.js';
import { modelsCollection } from '../registry/model-record.js';
import type { Storage } from '../storage/storage.js';
import { watchCollections } from '../storage/watch-collections.js';
import type { Clock } from '../util/clock.js';

/**
 * Counts changes of canaries and of what is in production, whichever process makes them, so that asking whether something
 * changed costs nothing.
 */
export class ChangeCounter {
  #count = 0;
  #began: Promise<void> | undefined;
  readonly #end = new AbortController();

  constructor(
    private readonly storage: () => Promise<Storage>,
    private readonly clock: Clock,
  ) {}

  /** Begins watching at the first call. Time counts as well: a process that died changes nothing, and is lost after a while. */
  async version(): Promise<string> {
    this.#began ??= this.#begin();
    await this.#began.catch((error: unknown) => {
      this.#began = undefined; // the next call tries again
      throw error;
    });
    return `"${this.#count}-${Math.floor(this.clock.now() / heartbeatMs)}"`;
  }

  close(): void {
    this.#end.abort();
  }

  async #begin(): Promise<void> {
    const collections = [deploymentsCollection, decisionsCollection, processesCollection, modelsCollection];
    const { signal } = this.#end;
    await watchCollections(await this.storage(), collections, () => (this.#count += 1), { signal });
  }
}
