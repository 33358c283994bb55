import type { EventUnits } from './deployment-statistics.js';
import { slotOf } from './key-groups.js';

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
    return { error: drain(this.#error), slow: drain(this.#slow), miss: drain(this.#miss) };
  }
}

function drain(slots: Set<number>): number[] {
  const drained = [...slots].sort((a, b) => a - b);
  slots.clear();
  return drained;
}
