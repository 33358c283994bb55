/**
 * Buckets of equal width over the bulk of two samples; the outermost take all that lies beyond. As for {@link Buckets},
 * the bucket of a value never decreases with the value.
 */
export interface SharedBuckets {
  readonly count: number;
  readonly low: number;
  readonly scale: number;
}

/** What one pass over a sample finds; NaN is missing and counted only. */
export interface SampleScan {
  readonly counts: Int32Array;
  readonly present: number;
  readonly lowest: number;
  readonly highest: number;
  /** Rounded; good enough to centre a second pass on. */
  readonly mean: number;
  /** Values below or above the limits given. */
  readonly outside: number;
}

/** Values looked at to place the buckets. */
const probes = 1024;

/** Buckets for two samples, or undefined when the bulk of both is a single value or not finite. */
export function placeBuckets(a: Float64Array, b: Float64Array): SharedBuckets | undefined {
  const seen = [a, b].flatMap(probe).sort((x, y) => x - y);
  if (seen.length === 0) return undefined;
  const from = seen[Math.floor(seen.length * 0.005)]!;
  const to = seen[Math.ceil(seen.length * 0.995) - 1]!;
  const margin = (to - from) / 4;
  const low = from - margin;
  const count = Math.min(16_384, 2 ** Math.ceil(Math.log2((a.length + b.length) / 128)));
  const scale = count / (to + margin - low);
  return scale > 0 && scale < Infinity ? { count, low, scale } : undefined;
}

function probe(values: Float64Array): number[] {
  const found: number[] = [];
  const step = Math.max(1, values.length / probes);
  for (let at = 0; at < values.length; at += step) {
    const value = values[Math.floor(at)]!;
    if (Number.isFinite(value)) found.push(value);
  }
  return found;
}

/** The bucket of a value other than NaN. */
export function bucketOf(value: number, { count, low, scale }: SharedBuckets): number {
  const place = (value - low) * scale;
  return place <= 0 ? 0 : place >= count ? count - 1 : place | 0;
}

/** @param limits between which values are not `outside` */
export function scanSample(
  values: Float64Array,
  { count, low, scale }: SharedBuckets,
  limits: { readonly lowest: number; readonly highest: number },
): SampleScan {
  const counts = new Int32Array(count);
  const last = count - 1;
  const { lowest: lowLimit, highest: highLimit } = limits;
  let missing = 0;
  let outside = 0;
  let lowest = Infinity;
  let highest = -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== value) {
      missing++;
      continue;
    }
    const place = (value - low) * scale; // bucketOf
    counts[place <= 0 ? 0 : place >= last ? last : place | 0]!++;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    if (value < lowLimit || value > highLimit) outside++;
    sum += value;
  }
  const present = values.length - missing;
  return { counts, present, lowest, highest, mean: sum / present, outside };
}
