import { setImmediate } from 'node:timers/promises';
import { MLOpsError } from '../errors.js';

/** Longest that a computation in steps holds the event loop, milliseconds, if its steps are short. */
const longestHoldMs = 3;

/** How work that takes a while is watched and stopped. */
export interface Watch {
  readonly signal?: AbortSignal | undefined;
  /** Called with the share done, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** Runs a computation written as a generator to its end. What it yields, the share done, is for {@link inSteps}. */
export function atOnce<T>(steps: Generator<number, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/**
 * Runs a computation written as a generator to its end, letting others have the event loop every few milliseconds.
 *
 * @throws MLOpsError `ABORTED` between two steps
 */
export async function inSteps<T>(steps: Generator<number, T>, { signal, onProgress }: Watch = {}): Promise<T> {
  let resumed = performance.now();
  for (;;) {
    checkNotAborted(signal);
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - resumed < longestHoldMs) continue;
    onProgress?.(value);
    await setImmediate();
    resumed = performance.now();
  }
}

/** @throws MLOpsError `ABORTED` */
export function checkNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new MLOpsError('ABORTED', 'the work was aborted; nothing was kept', { cause: signal.reason });
}
