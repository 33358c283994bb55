import { setImmediate } from 'node:timers/promises';
import { MLOpsError } from '../errors.js';

/** Longest that training holds the event loop where it can help it, milliseconds. */
const longestHoldMs = 20;

/** Lets long computations in steps be watched and stopped, and lets others have a turn in between. */
export class Pace {
  #lastBreak = performance.now();

  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly onProgress: ((fraction: number) => void) | undefined,
  ) {}

  /** Called between steps with the share done. @throws MLOpsError `ABORTED` */
  async step(fraction: number): Promise<void> {
    this.#check();
    this.onProgress?.(fraction);
    if (performance.now() - this.#lastBreak < longestHoldMs) return;
    await setImmediate();
    this.#lastBreak = performance.now();
    this.#check();
  }

  #check(): void {
    if (this.signal?.aborted === true) {
      throw new MLOpsError('ABORTED', 'training was aborted; nothing was kept', { cause: this.signal.reason });
    }
  }
}
