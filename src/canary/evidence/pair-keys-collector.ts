import { CellCollector } from './cell-collector.js';
import type { PairKeys, PairedSlots } from './deployment-statistics.js';
import { drainSlots, slotOf } from './key-groups.js';

/** Notes in which slots an event happened to the canary only, production only, both. */
class PairedSlotCollector {
  readonly #canaryOnly = new Set<number>();
  readonly #productionOnly = new Set<number>();
  readonly #both = new Set<number>();

  add(mixed: number, inCanary: boolean, inProduction: boolean): void {
    if (!inCanary && !inProduction) return;
    const slots = !inProduction ? this.#canaryOnly : inCanary ? this.#both : this.#productionOnly;
    slots.add(slotOf(mixed));
  }

  take(): PairedSlots {
    return {
      canaryOnly: drainSlots(this.#canaryOnly),
      productionOnly: drainSlots(this.#productionOnly),
      both: drainSlots(this.#both),
    };
  }
}

/** Collects by routing key what two models did with the same requests. */
export class PairKeysCollector {
  readonly #canary: CellCollector;
  readonly #production: CellCollector;
  readonly #error = new PairedSlotCollector();
  readonly #slow = new PairedSlotCollector();
  readonly #miss = new PairedSlotCollector();

  constructor(groups: number, task: 'regression' | 'classification') {
    this.#canary = new CellCollector(groups, task);
    this.#production = new CellCollector(groups, task);
  }

  addRequest(
    mixed: number,
    canaryFailed: boolean,
    productionFailed: boolean,
    canarySlow: boolean,
    productionSlow: boolean,
  ): void {
    this.#canary.addRequest(mixed, canaryFailed, canarySlow);
    this.#production.addRequest(mixed, productionFailed, productionSlow);
    this.#error.add(mixed, canaryFailed, productionFailed);
    this.#slow.add(mixed, canarySlow, productionSlow);
  }

  addLateErrors(mixed: number, canaryFailed: boolean, productionFailed: boolean): void {
    if (canaryFailed) this.#canary.addLateError(mixed);
    if (productionFailed) this.#production.addLateError(mixed);
    this.#error.add(mixed, canaryFailed, productionFailed);
  }

  addLosses(mixed: number, canary: number, production: number, missBudget: number | null): void {
    const [canaryMissed, productionMissed] = [isAbove(canary, missBudget), isAbove(production, missBudget)];
    this.#canary.addLoss(mixed, canary, canaryMissed);
    this.#production.addLoss(mixed, production, productionMissed);
    this.#miss.add(mixed, canaryMissed, productionMissed);
  }

  addAnswers(mixed: number, canary: boolean, production: boolean, actual: boolean): void {
    this.#canary.addClass(mixed, canary, actual);
    this.#production.addClass(mixed, production, actual);
  }

  take(): PairKeys {
    return {
      canary: this.#canary.take(),
      production: this.#production.take(),
      events: { error: this.#error.take(), slow: this.#slow.take(), miss: this.#miss.take() },
    };
  }
}

const isAbove = (loss: number, budget: number | null): boolean => budget !== null && loss > budget;
