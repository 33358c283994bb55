import { MLOpsError } from '../errors.js';
import { inBackground } from '../util/in-background.js';

/** Repeats tasks without keeping the process alive; no task runs twice at once. */
export class Background {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #wanted = new Set<string>();
  readonly #failing = new Set<string>();
  #isClosed = false;

  /** Whether a task is repeated. */
  has(name: string): boolean {
    return this.#timers.has(name);
  }

  /** Runs a task every so many milliseconds from now on. */
  every(name: string, intervalMs: number, task: () => Promise<void>): void {
    if (this.#isClosed || this.#timers.has(name)) return;
    this.#timers.set(
      name,
      setInterval(
        inBackground(() => void this.run(name, task)),
        intervalMs,
      ).unref(),
    );
  }

  cancel(name: string): void {
    clearInterval(this.#timers.get(name));
    this.#timers.delete(name);
  }

  /**
   * Runs a task now, or again once it ends if it is under way. Failures become one warning each time they begin: the
   * task will be tried again.
   */
  run(name: string, task: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const running = this.#running.get(name);
    if (running !== undefined) {
      this.#wanted.add(name);
      return running;
    }
    const begun = this.#attempt(name, task).finally(() => this.#running.delete(name));
    this.#running.set(name, begun);
    return begun;
  }

  /** Ends one repetition and waits for it if it is under way. */
  async stop(name: string): Promise<void> {
    this.cancel(name);
    await this.#running.get(name);
  }

  /** Ends every repetition and waits for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const name of [...this.#timers.keys()]) this.cancel(name);
    await Promise.all(this.#running.values());
  }

  async #attempt(name: string, task: () => Promise<void>): Promise<void> {
    do {
      this.#wanted.delete(name);
      try {
        await task();
        this.#failing.delete(name);
      } catch (error) {
        this.#report(name, error);
      }
    } while (this.#wanted.has(name) && !this.#isClosed);
  }

  #report(name: string, error: unknown): void {
    if (error instanceof MLOpsError && error.code === 'CLOSED') {
      this.cancel(name);
      return;
    }
    if (this.#failing.has(name)) return;
    this.#failing.add(name);
    process.emitWarning(`canary: ${name} failed and will be tried again: ${String(error)}`, 'MLOpsWarning');
  }
}
