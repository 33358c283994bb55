/**
 * Equal-width buckets over the range of two samples: statistics of order need few elements in order, and those lie in few
 * buckets. The bucket of a value never decreases with the value, rounding included.
 */
export interface Buckets {
  readonly count: number;
  readonly low: number;
  readonly scale: number;
}

/** Parts no larger than this are sorted rather than divided again. */
export const sortedAtMost = 1024;

/**
 * Buckets for two samples of finite values, or undefined when they cannot be divided: few or equal values, or a range
 * beyond a double or too narrow for one.
 */
export function divide(a: Float64Array, b: Float64Array): Buckets | undefined {
  const total = a.length + b.length;
  if (total <= sortedAtMost) return undefined;
  let low = Infinity;
  let high = -Infinity;
  for (const values of [a, b]) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const count = Math.min(16_384, 2 ** Math.ceil(Math.log2(total / 128)));
  // Half a bucket short, so that rounding cannot lift the largest value past the last bucket.
  const scale = (count - 0.5) / (high - low);
  return scale > 0 && scale < Infinity ? { count, low, scale } : undefined;
}

/** Number of values in each bucket. */
export function countBuckets(values: Float64Array, { count, low, scale }: Buckets): Int32Array {
  const counts = new Int32Array(count);
  for (let i = 0; i < values.length; i++) counts[((values[i]! - low) * scale) | 0]!++;
  return counts;
}

/** The values of the wanted buckets only; those of bucket k are `values[starts[k]] … values[starts[k + 1] − 1]`. */
export function gatherBuckets(
  values: Float64Array,
  { count, low, scale }: Buckets,
  counts: Int32Array,
  wanted: Uint8Array,
): { readonly values: Float64Array; readonly starts: Int32Array } {
  const starts = new Int32Array(count + 1);
  for (let k = 0; k < count; k++) starts[k + 1] = starts[k]! + (wanted[k] === 1 ? counts[k]! : 0);
  const gathered = new Float64Array(starts[count]!);
  if (gathered.length === 0) return { values: gathered, starts };
  const next = starts.slice();
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const k = ((value - low) * scale) | 0;
    if (wanted[k] === 1) gathered[next[k]!++] = value;
  }
  return { values: gathered, starts };
}

/** Whether all values of both parts are one and the same. */
export function isConstant(a: Float64Array, b: Float64Array): boolean {
  const first = a.length > 0 ? a[0] : b[0];
  for (let i = 0; i < a.length; i++) if (a[i] !== first) return false;
  for (let i = 0; i < b.length; i++) if (b[i] !== first) return false;
  return true;
}
