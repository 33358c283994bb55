import type { Clock } from '../util/clock.js';

/** A clock that stands still until it is advanced. */
export class FakeClock implements Clock {
  #now: number;

  /** @param start milliseconds since the Unix epoch; 2026-01-01T00:00:00Z unless told */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
