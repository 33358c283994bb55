/**
 * Buckets that each hold about as many values of two samples, whatever their distribution: cells of equal width over the
 * bulk of both, each divided into as many equal parts as probes of the samples fell into it. The outermost cells take all
 * that lies beyond, undivided. The bucket of a value never decreases with the value.
 */
export interface SharedBuckets {
  readonly count: number;
  readonly low: number;
  /** Cells a unit. */
  readonly scale: number;
  /** First bucket of each cell, and into how many the cell is divided; 0 for the outermost two. */
  readonly first: Int32Array;
  readonly parts: Float64Array;
  /** A value so frequent that it is counted apart, by its bucket; NaN for the others. */
  readonly atoms: Float64Array;
  /** Share of such values among the probes. */
  readonly atomShare: number;
}

/** Values of each sample looked at to place the buckets. */
const probes = 1024;

/** Probes of one value from which it is counted apart. */
const atomFrom = 8;

/** Cells of equal width: so few that what is known of them stays in the fastest cache. */
export const cellCount = 1024;

/** Most buckets placed. */
export const mostBuckets = 32_768;

/** Buckets for two samples, or undefined when the bulk of both is a single value or not finite. */
export function placeBuckets(a: Float64Array, b: Float64Array): SharedBuckets | undefined {
  const seen = [a, b].flatMap(probe).sort((x, y) => x - y);
  if (seen.length === 0) return undefined;
  const from = seen[Math.floor(seen.length * 0.005)]!;
  const to = seen[Math.ceil(seen.length * 0.995) - 1]!;
  const margin = (to - from) / 4;
  const low = from - margin;
  const scale = cellCount / (to + margin - low);
  if (!(scale > 0 && scale < Infinity)) return undefined;
  const wanted = Math.min(16_384, 2 ** Math.ceil(Math.log2((a.length + b.length) / 128)));
  const parts = new Float64Array(cellCount).fill(1);
  for (const value of seen) parts[cellOf(value, low, scale)]! += wanted / seen.length;
  parts[0] = 0;
  parts[cellCount - 1] = 0;
  const first = new Int32Array(cellCount);
  let count = 0;
  for (let cell = 0; cell < cellCount; cell++) {
    parts[cell] = Math.floor(parts[cell]!);
    first[cell] = count;
    count += Math.max(1, parts[cell]!);
  }
  const buckets = { count, low, scale, first, parts, atoms: new Float64Array(count).fill(NaN), atomShare: 0 };
  return { ...buckets, atomShare: markAtoms(buckets, seen) / seen.length };
}

/** @param seen ascending @returns how many of them are counted apart */
function markAtoms(buckets: SharedBuckets, seen: readonly number[]): number {
  const lengths = new Map<number, number>();
  for (let start = 0, end = 0; start < seen.length; start = end) {
    while (end < seen.length && seen[end] === seen[start]) end++;
    const bucket = bucketOf(seen[start]!, buckets);
    if (end - start < Math.max(atomFrom, (lengths.get(bucket) ?? 0) + 1)) continue;
    lengths.set(bucket, end - start);
    buckets.atoms[bucket] = seen[start]! + 0;
  }
  return [...lengths.values()].reduce((sum, length) => sum + length, 0);
}

function cellOf(value: number, low: number, scale: number): number {
  const place = (value - low) * scale;
  return place <= 0 ? 0 : place >= cellCount - 1 ? cellCount - 1 : place | 0;
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
export function bucketOf(value: number, { low, scale, first, parts }: SharedBuckets): number {
  const place = (value - low) * scale;
  const cell = cellOf(value, low, scale);
  return first[cell]! + (((place - cell) * parts[cell]!) | 0);
}
