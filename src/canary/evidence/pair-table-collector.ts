import { additionsBetweenCarries, addExact, carryLimbs, encodeSum, limbCount } from '../../stats/exact-accumulator.js';
import type { PairSums, PairTable, PairedCounts } from './deployment-statistics.js';
import { isEmptyTable } from './merge-statistics.js';
import { PairKeysCollector } from './pair-keys-collector.js';

/** Counts of an event: canary only, production only, both. */
class PairedCounter {
  #canaryOnly = 0;
  #productionOnly = 0;
  #both = 0;

  add(inCanary: boolean, inProduction: boolean): void {
    if (inCanary && inProduction) this.#both++;
    else if (inCanary) this.#canaryOnly++;
    else if (inProduction) this.#productionOnly++;
  }

  take(): PairedCounts {
    const taken = { canaryOnly: this.#canaryOnly, productionOnly: this.#productionOnly, both: this.#both };
    this.#canaryOnly = this.#productionOnly = this.#both = 0;
    return taken;
  }
}

/** Sums of two losses, their squares and products. */
class PairSumCollector {
  readonly #limbs = new Float64Array(5 * limbCount);
  #aboveBound = 0;
  #additions = 0;

  add(canary: number, production: number, isAboveBound: boolean): void {
    const limbs = this.#limbs;
    addExact(limbs, 0, canary);
    addExact(limbs, limbCount, production);
    addExact(limbs, 2 * limbCount, canary * canary);
    addExact(limbs, 3 * limbCount, production * production);
    addExact(limbs, 4 * limbCount, canary * production);
    if (isAboveBound) this.#aboveBound++;
    if (++this.#additions === additionsBetweenCarries) {
      for (let i = 0; i < limbs.length; i += limbCount) carryLimbs(limbs, i);
      this.#additions = 0;
    }
  }

  take(): PairSums {
    const sum = (index: number): string => encodeSum(this.#limbs, index * limbCount);
    const taken = {
      canary: sum(0),
      production: sum(1),
      canarySquares: sum(2),
      productionSquares: sum(3),
      products: sum(4),
      aboveBound: this.#aboveBound,
    };
    this.#limbs.fill(0);
    this.#aboveBound = this.#additions = 0;
    return taken;
  }
}

/** Collects what two models did with the same requests, each with the remixed hash of its routing key. */
export class PairTableCollector {
  readonly #errors = new PairedCounter();
  readonly #slow = new PairedCounter();
  readonly #misses = new PairedCounter();
  readonly #absolute = new PairSumCollector();
  readonly #squared = new PairSumCollector();
  readonly #answers = new Float64Array(8);
  #requests = 0;
  #labels = 0;
  #keys: PairKeysCollector | undefined;

  constructor(
    private readonly groups: number,
    private readonly task: 'regression' | 'classification',
  ) {}

  addRequest(
    mixed: number,
    canaryFailed: boolean,
    productionFailed: boolean,
    canarySlow: boolean,
    productionSlow: boolean,
  ): void {
    this.#byKey().addRequest(mixed, canaryFailed, productionFailed, canarySlow, productionSlow);
    this.#requests++;
    this.#errors.add(canaryFailed, productionFailed);
    this.#slow.add(canarySlow, productionSlow);
  }

  /** A pair counted before turns out to have failed on one side or both. */
  addLateErrors(mixed: number, canaryFailed: boolean, productionFailed: boolean): void {
    this.#byKey().addLateErrors(mixed, canaryFailed, productionFailed);
    this.#errors.add(canaryFailed, productionFailed);
  }

  /** @param bound largest possible loss, if known */
  addLosses(mixed: number, canary: number, production: number, missBudget: number | null, bound: number | null): void {
    this.#byKey().addLosses(mixed, canary, production, missBudget);
    this.#labels++;
    if (missBudget !== null) this.#misses.add(canary > missBudget, production > missBudget);
    const isAboveBound = bound !== null && (canary > bound || production > bound);
    this.#absolute.add(canary, production, isAboveBound);
    this.#squared.add(canary * canary, production * production, isAboveBound);
  }

  addAnswers(mixed: number, canary: boolean, production: boolean, actual: boolean): void {
    this.#byKey().addAnswers(mixed, canary, production, actual);
    this.#labels++;
    this.#answers[(canary ? 4 : 0) + (production ? 2 : 0) + (actual ? 1 : 0)]!++;
  }

  take(): PairTable {
    const taken: PairTable = {
      requests: this.#requests,
      errors: this.#errors.take(),
      slow: this.#slow.take(),
      labels: this.#labels,
      misses: this.#misses.take(),
      absolute: this.#absolute.take(),
      squared: this.#squared.take(),
      answers: [...this.#answers],
    };
    this.#requests = this.#labels = 0;
    this.#answers.fill(0);
    return this.#keys === undefined || isEmptyTable(taken) ? taken : { ...taken, keys: this.#keys.take() };
  }

  /** Made with the first pair: most strata have none. */
  #byKey(): PairKeysCollector {
    return (this.#keys ??= new PairKeysCollector(this.groups, this.task));
  }
}
