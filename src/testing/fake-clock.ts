import type { Clock } from '../util/clock.js';

/** A clock that moves only when told. */
export class FakeClock implements Clock {
  #now: number;

  /** @param start UTC milliseconds, or an ISO 8601 date */
  constructor(start: number | string = '2026-01-01T00:00:00Z') {
    this.#now = typeof start === 'number' ? start : Date.parse(start);
  }

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
