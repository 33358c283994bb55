/**
 * A sum kept as an unevaluated pair of doubles, about 106 bits (Dekker, "A floating-point technique for extending the
 * available precision", 1971; Knuth's two-sum).
 */
export class PairSum {
  private high = 0;
  private low = 0;

  add(value: number): void {
    const sum = this.high + value;
    const part = sum - this.high;
    this.low += this.high - (sum - part) + (value - part);
    this.high = sum;
  }

  /** Adds factor · value with the product's rounding error; neither may exceed 2^996. */
  addProduct(factor: number, value: number): void {
    const product = factor * value;
    const factorHigh = upperHalf(factor);
    const valueHigh = upperHalf(value);
    const factorLow = factor - factorHigh;
    const valueLow = value - valueHigh;
    this.add(product);
    this.add(factorHigh * valueHigh - product + factorHigh * valueLow + factorLow * valueHigh + factorLow * valueLow);
  }

  value(): number {
    return this.high + this.low;
  }
}

/** The upper 26 bits (Veltkamp's splitting). */
function upperHalf(value: number): number {
  const shifted = 134217729 * value;
  return shifted - (shifted - value);
}

/**
 * Sums any number up to `capacity` of values of magnitude at most 2 in any order to the same bits, as three doubles. The
 * upper bits of each value are cut off so that their sums are exact (Rump, Ogita & Oishi, "Accurate floating-point
 * summation", 2008); what is left after two cuts is below 2^−60 of the largest value.
 */
export interface Cuts {
  readonly first: number;
  readonly second: number;
}

export function cutsFor(capacity: number): Cuts {
  const bits = Math.ceil(Math.log2(capacity + 2));
  return { first: 2 ** (bits + 2), second: 2 ** (2 * bits + 2 - 53) };
}
