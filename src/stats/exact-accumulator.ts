/**
 * Exact sums of non-negative doubles: fixed-point numbers wide enough that no addition rounds, so any order and any
 * partition gives the same bits. (A small superaccumulator, as in Kulisch & Miranker, "The arithmetic of the digital
 * computer: a new approach", 1986.)
 *
 * A sum is {@link limbCount} limbs of 32 bits, least significant first, each kept in a double with room for 2^21
 * additions between calls of {@link carryLimbs}; the unit is 2^−192. Bits of a value below the unit are cut off, value by
 * value, so order still does not matter.
 */
export const limbCount = 13;

/** Values from here on do not fit. */
export const exactLimit = 2 ** 192;

/** Most additions to one sum between two carries. */
export const additionsBetweenCarries = 2 ** 20;

/** A sum as text: hexadecimal digits, `p`, a power of two; `0` for zero. Each number has one text. */
export type EncodedSum = string;

export const emptySum: EncodedSum = '0';

const limbBits = 32;
const limbDigits = limbBits / 4;
const limbBase = 2 ** limbBits;
const unitExponent = -192;
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Adds a value in [0, {@link exactLimit}) to the sum at `at`. */
export function addExact(limbs: Float64Array, at: number, value: number): void {
  double[0] = value;
  const low = words[0]!;
  const high = words[1]!;
  const exponent = high >>> 20;
  // The value is (mantissaHigh · 2^32 + low) · 2^(exponent − 1075); `position` is the bit of its last digit.
  const position = exponent - 1075 - unitExponent;
  const mantissaHigh = (high & 0xfffff) | 0x100000;
  if (position < 0) {
    if (position > -53) addBelow(limbs, at, mantissaHigh, low, -position);
    return; // subnormal numbers end here too
  }
  const limb = at + (position >>> 5);
  const shift = position & 31;
  if (shift === 0) {
    limbs[limb]! += low;
    limbs[limb + 1]! += mantissaHigh;
    return;
  }
  limbs[limb]! += (low << shift) >>> 0;
  limbs[limb + 1]! += ((mantissaHigh << shift) | (low >>> (limbBits - shift))) >>> 0;
  limbs[limb + 2]! += mantissaHigh >>> (limbBits - shift);
}

/** A value whose last `cut` digits are below the unit. */
function addBelow(limbs: Float64Array, at: number, mantissaHigh: number, low: number, cut: number): void {
  if (cut >= limbBits) {
    limbs[at]! += mantissaHigh >>> (cut - limbBits);
  } else {
    limbs[at]! += ((low >>> cut) | (mantissaHigh << (limbBits - cut))) >>> 0;
    limbs[at + 1]! += mantissaHigh >>> cut;
  }
}

/** Makes room: every limb below 2^32 again. */
export function carryLimbs(limbs: Float64Array, at: number): void {
  let carried = 0;
  for (let i = at; i < at + limbCount; i++) {
    const value = limbs[i]! + carried;
    carried = Math.floor(value / limbBase);
    limbs[i] = value - carried * limbBase;
  }
}

export function encodeSum(limbs: Float64Array, at: number): EncodedSum {
  carryLimbs(limbs, at);
  let high = at + limbCount - 1;
  while (high >= at && limbs[high] === 0) high--;
  if (high < at) return emptySum;
  let low = at;
  while (limbs[low] === 0) low++;
  let digits = limbs[high]!.toString(16);
  for (let i = high - 1; i >= low; i--) digits += limbs[i]!.toString(16).padStart(limbDigits, '0');
  return canonical(digits, unitExponent + limbBits * (low - at));
}

/** The sum of two sums. */
export function addSums(a: EncodedSum, b: EncodedSum): EncodedSum {
  if (a === emptySum) return b;
  if (b === emptySum) return a;
  const [x, y] = [exponentOf(a), exponentOf(b)];
  const low = Math.min(x, y);
  return canonical((digitsOf(a, x - low) + digitsOf(b, y - low)).toString(16), low);
}

/** The nearest double: hexadecimal digits are read as they are written, and rounded once. */
export const sumValue = (sum: EncodedSum): number =>
  sum === emptySum ? 0 : Number.parseInt(sum, 16) * 2 ** exponentOf(sum);

const exponentOf = (sum: EncodedSum): number => Number(sum.slice(sum.indexOf('p') + 1));

/** The digits of a sum, and so many binary zeros after them (a multiple of four). */
const digitsOf = (sum: EncodedSum, zeros: number): bigint =>
  BigInt(`0x${sum.slice(0, sum.indexOf('p'))}${'0'.repeat(zeros / 4)}`);

/** Hexadecimal digits times a power of two, without the zeros at the end. */
function canonical(digits: string, exponent: number): EncodedSum {
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 0x30) end--;
  return `${digits.slice(0, end)}p${4 * (digits.length - end) + exponent}`;
}
