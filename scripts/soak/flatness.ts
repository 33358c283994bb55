/** What a process holds at one moment, after a collection of its garbage. */
export interface Sample {
  /** Milliseconds since the soak began. */
  readonly at: number;
  /** Bytes. */
  readonly resident: number;
  /** Bytes of objects, buffers included. */
  readonly heap: number;
  readonly descriptors: number;
  /** Timers, sockets and whatever else could keep the process alive. */
  readonly resources: number;
}

export interface FlatnessBounds {
  /** Most bytes that the fitted line may rise by, over the time it was fitted to. */
  readonly residentRise: number;
  readonly heapRise: number;
  /** Most descriptors, and most resources, at the end beyond those at the beginning. */
  readonly extra: number;
}

export interface Flatness {
  readonly minutes: number;
  readonly samples: number;
  /** Rise of the fitted line over that time, bytes. */
  readonly residentRise: number;
  readonly heapRise: number;
  readonly extraDescriptors: number;
  readonly extraResources: number;
  /** What was not flat; none when all was. */
  readonly problems: readonly string[];
}

/** The first part is warm-up: caches fill, code is compiled, the heap finds its size. */
const warmUpShare = 0.4;

/**
 * Whether memory, descriptors and resources stayed as they were once warmed up. The line is fitted by Theil and Sen's
 * median of slopes, which a single collection of garbage at an odd moment does not bend.
 */
export function judgeFlatness(all: readonly Sample[], bounds: FlatnessBounds): Flatness {
  const samples = all.slice(Math.floor(all.length * warmUpShare));
  if (samples.length < 6) throw new RangeError(`${samples.length} samples after warm-up; at least 6 are needed`);
  const lasted = samples.at(-1)!.at - samples[0]!.at;
  const rise = (of: keyof Sample): number =>
    theilSen(
      samples.map(({ at }) => at),
      samples.map((sample) => sample[of]),
    ) * lasted;
  const third = Math.ceil(samples.length / 3);
  const extra = (of: keyof Sample): number =>
    Math.min(...samples.slice(-third).map((sample) => sample[of])) -
    Math.max(...samples.slice(0, third).map((sample) => sample[of]));
  const found = {
    minutes: lasted / 60_000,
    samples: samples.length,
    residentRise: rise('resident'),
    heapRise: rise('heap'),
    extraDescriptors: Math.max(0, extra('descriptors')),
    extraResources: Math.max(0, extra('resources')),
  };
  const problems = [
    ...(found.residentRise > bounds.residentRise ? [`resident memory rose by ${inMiB(found.residentRise)}`] : []),
    ...(found.heapRise > bounds.heapRise ? [`the heap rose by ${inMiB(found.heapRise)}`] : []),
    ...(found.extraDescriptors > bounds.extra ? [`${found.extraDescriptors} more descriptors`] : []),
    ...(found.extraResources > bounds.extra ? [`${found.extraResources} more timers and handles`] : []),
  ];
  return { ...found, problems };
}

/** Median of the slopes between all pairs of points; Sen, JASA 63 (1968) 1379–1389. */
function theilSen(xs: readonly number[], ys: readonly number[]): number {
  const slopes: number[] = [];
  for (let i = 0; i < xs.length; i++) {
    for (let j = i + 1; j < xs.length; j++) slopes.push((ys[j]! - ys[i]!) / (xs[j]! - xs[i]!));
  }
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)]!;
}

export const inMiB = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
