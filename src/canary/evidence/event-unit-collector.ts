import type { EventUnits } from './deployment-statistics.js';
import { drainSlots, slotOf } from './key-groups.js';

/** Notes which routing keys had an event. Events are rare, and only a key's first one since `take` allocates. */
export class EventUnitCollector {
  readonly #error = new Set<number>();
  readonly #slow = new Set<number>();
  readonly #miss = new Set<number>();

  addError(mixed: number): void {
    this.#error.add(slotOf(mixed));
  }

  addSlow(mixed: number): void {
    this.#slow.add(slotOf(mixed));
  }

  addMiss(mixed: number): void {
    this.#miss.add(slotOf(mixed));
  }

  take(): EventUnits {
    return { error: drainSlots(this.#error), slow: drainSlots(this.#slow), miss: drainSlots(this.#miss) };
  }
}
