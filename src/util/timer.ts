import { inBackground } from './in-background.js';

/** Does something again and again until told to stop. */
export interface Timer {
  /**
   * @param intervalMs time between two beginnings
   * @returns stops it
   */
  every(intervalMs: number, task: () => void): () => void;
}

/** The process's own timers; they do not keep it alive. */
export const systemTimer: Timer = {
  every(intervalMs, task) {
    const handle = setInterval(inBackground(task), Math.min(intervalMs, longestInterval)).unref();
    return () => clearInterval(handle);
  },
};

/** Node runs timers beyond 2^31 − 1 ms at once. */
export const longestInterval = 2 ** 31 - 1;
