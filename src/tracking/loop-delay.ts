import { type Timer, systemTimer } from '../util/timer.js';

/** How often the event loop is asked, milliseconds. */
const intervalMs = 20;

/**
 * How late the event loop is with its timers. Node's own histogram forgets a delay that begins before it is reset and ends
 * after, which is what a sampler does to it whenever the loop is busy.
 */
export class LoopDelay {
  readonly #stop: () => void;
  #askedAt = performance.now();
  #sum = 0;
  #count = 0;
  #max = 0;

  constructor(timer: Timer = systemTimer) {
    this.#stop = timer.every(intervalMs, () => this.#ask());
  }

  /** Mean and greatest delay since the last call, milliseconds; a delay that still lasts counts. */
  take(): { readonly mean: number; readonly max: number } {
    const pending = performance.now() - this.#askedAt - intervalMs;
    if (pending > 0) this.#add(pending);
    const taken = { mean: this.#count === 0 ? 0 : this.#sum / this.#count, max: this.#max };
    this.#sum = this.#count = this.#max = 0;
    return taken;
  }

  stop(): void {
    this.#stop();
  }

  #ask(): void {
    const now = performance.now();
    this.#add(Math.max(0, now - this.#askedAt - intervalMs));
    this.#askedAt = now;
  }

  #add(delay: number): void {
    this.#sum += delay;
    this.#count++;
    this.#max = Math.max(this.#max, delay);
  }
}
