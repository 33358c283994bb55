import {
  type EncodedSum,
  additionsBetweenCarries,
  addExact,
  carryLimbs,
  encodeSum,
  exactLimit,
  limbCount,
} from '../../stats/exact-accumulator.js';

/** Sums the notional of predictions, without its sign; none, and what does not fit an exact sum, is left out. */
export class ValueSum {
  readonly #limbs = new Float64Array(limbCount);
  #additions = 0;

  add(value: number | undefined): void {
    if (value === undefined || !(Math.abs(value) < exactLimit)) return;
    addExact(this.#limbs, 0, Math.abs(value));
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
