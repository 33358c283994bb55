import { decisionsCollection, deploymentsCollection } from '../canary/deployment.js';
import { processesCollection } from '../canary/process-report.js';
import type { Storage } from '../storage/storage.js';
import { watchCollections } from '../storage/watch-collections.js';

/** Counts changes of canaries, whichever process makes them, so that asking whether something changed costs nothing. */
export class ChangeCounter {
  #count = 0;
  #began: Promise<void> | undefined;
  readonly #end = new AbortController();

  constructor(private readonly storage: () => Promise<Storage>) {}

  /** Begins watching at the first call. */
  async version(): Promise<string> {
    this.#began ??= this.#begin();
    await this.#began.catch((error: unknown) => {
      this.#began = undefined; // the next call tries again
      throw error;
    });
    return `"${this.#count}"`;
  }

  close(): void {
    this.#end.abort();
  }

  async #begin(): Promise<void> {
    const collections = [deploymentsCollection, decisionsCollection, processesCollection];
    const { signal } = this.#end;
    await watchCollections(await this.storage(), collections, () => (this.#count += 1), { signal });
  }
}
