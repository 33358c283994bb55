import {
  type EncodedSum,
  additionsBetweenCarries,
  addExact,
  carryLimbs,
  encodeSum,
  exactLimit,
  limbCount,
} from '../../stats/exact-accumulator.js';

/** The largest double that fits an exact sum. */
const largest = exactLimit * (1 - 2 ** -53);

/**
 * Sums the notional of predictions, without its sign. One that is absent or not a number is left out; one that is too large
 * for an exact sum, such as an infinite one, counts as the largest that is not: it has to break a limit rather than escape it.
 */
export class ValueSum {
  readonly #limbs = new Float64Array(limbCount);
  #additions = 0;

  add(value = 0): void {
    addExact(this.#limbs, 0, Math.min(Math.abs(value), largest) || 0);
    if (++this.#additions === additionsBetweenCarries) {
      carryLimbs(this.#limbs, 0);
      this.#additions = 0;
    }
  }

  /** What came since the last time. */
  take(): EncodedSum {
    const taken = encodeSum(this.#limbs, 0);
    this.#limbs.fill(0);
    this.#additions = 0;
    return taken;
  }
}
