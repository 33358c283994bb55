/** Eight buckets an octave: neighbouring edges are 6.7% to 12.5% apart. */
const perOctave = 8;
const smallestExponent = -10;
const octaves = 34;

/** From 1 microsecond to 4.6 hours, in milliseconds; what lies outside counts in the first or last bucket. */
export const latencyBucketCount = octaves * perOctave;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Bucket of a latency in milliseconds, >= 0: by the exponent and the first three binary digits. */
export function latencyBucket(latencyMs: number): number {
  double[0] = latencyMs + 0; // the sign of -0 would count as a digit
  const bucket = (words[1]! >>> 17) - (1023 + smallestExponent) * perOctave;
  return bucket < 0 ? 0 : bucket >= latencyBucketCount ? latencyBucketCount - 1 : bucket;
}

/** Where a bucket begins, milliseconds; it ends where the next one begins. */
export const latencyBucketStart = (bucket: number): number =>
  2 ** (smallestExponent + Math.floor(bucket / perOctave)) * (1 + (bucket % perOctave) / perOctave);

/** Counts latencies by bucket. */
export class LatencyCounter {
  readonly #counts = new Float64Array(latencyBucketCount);

  add(latencyMs: number): void {
    this.#counts[latencyBucket(latencyMs)]!++;
  }

  /** What came since the last time: [bucket, count], ascending. */
  take(): [bucket: number, count: number][] {
    const taken: [number, number][] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) taken.push([bucket, count]);
    });
    this.#counts.fill(0);
    return taken;
  }
}
