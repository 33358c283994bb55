/** Eight buckets an octave: neighbouring edges are 9% to 12.5% apart. */
const perOctave = 8;
const smallestExponent = -10;
const octaves = 34;

/** From 1 microsecond to 4.6 hours, in milliseconds; what lies outside counts in the first or last bucket. */
export const latencyBucketCount = octaves * perOctave;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Bucket of a latency in milliseconds, >= 0: by the exponent and the first three binary digits. */
export function latencyBucket(latencyMs: number): number {
  double[0] = latencyMs;
  const bucket = (words[1]! >>> 17) - (1023 + smallestExponent) * perOctave;
  return bucket < 0 ? 0 : bucket >= latencyBucketCount ? latencyBucketCount - 1 : bucket;
}

/** Smallest latency of a bucket, milliseconds; 0 for the first. */
export const bucketStart = (bucket: number): number =>
  bucket === 0 ? 0 : 2 ** (smallestExponent + Math.floor(bucket / perOctave)) * (1 + (bucket % perOctave) / perOctave);
