/** Most jobs that wait. */
const mostWaiting = 1_000;

/** How long jobs may hold the event loop at a time, milliseconds. */
const sliceMs = 2;

/** Work that nobody waits for: done between the requests of the process, and refused when there is too much of it. */
export class ShadowQueue {
  #jobs: (() => void)[] = [];
  /** Index of the next job. */
  #next = 0;
  #isScheduled = false;

  /** @returns false when the queue is full: the job will not be done */
  push(job: () => void): boolean {
    if (this.#jobs.length - this.#next >= mostWaiting) return false;
    this.#jobs.push(job);
    this.#schedule();
    return true;
  }

  /** Does everything that waits, at once. */
  drain(): void {
    while (this.#next < this.#jobs.length) this.#runNext();
    this.#jobs = [];
    this.#next = 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#work());
  }

  #work(): void {
    this.#isScheduled = false;
    const end = performance.now() + sliceMs;
    while (this.#next < this.#jobs.length && performance.now() < end) this.#runNext();
    if (this.#next < this.#jobs.length) this.#schedule();
    else this.drain();
  }

  #runNext(): void {
    try {
      this.#jobs[this.#next++]!();
    } catch {
      // a job reports its own failures; nobody is there to hear of others
    }
  }
}
