import { latencyBucketCount } from '../../canary/evidence/latency-buckets.js';

/** What came of one request that a version answered, or failed to. */
export interface Observation {
  readonly modelName: string;
  readonly version: string;
  /** Milliseconds. */
  readonly latencyMs?: number;
  /** It was not answered. */
  readonly isError?: boolean;
  readonly prediction?: number;
  /** What came true, where it is known already. */
  readonly actual?: number;
}

/** Sums over the requests of one version in one span of time; adding another span's gives the sums of both. */
export interface PerformanceWindow {
  readonly v: 1;
  readonly modelName: string;
  readonly version: string;
  /** UTC milliseconds; `to` is just past the end. */
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  readonly errors: number;
  readonly latencies: {
    readonly count: number;
    readonly sumMs: number;
    readonly buckets: readonly (readonly [number, number])[];
  };
  /** Over requests whose actual value is known. */
  readonly quality: {
    readonly count: number;
    readonly absoluteError: number;
    readonly squaredError: number;
    readonly error: number;
  };
}

/** Counts of one version in one span while it lasts: typed arrays, nothing is allocated for a request. */
export class OpenWindow {
  readonly #buckets = new Float64Array(latencyBucketCount);
  /** requests, errors, latencies, latency sum, labelled, |e|, e², e */
  readonly #sums = new Float64Array(8);

  constructor(
    readonly modelName: string,
    readonly version: string,
    public from: number,
  ) {}

  add(bucket: number, latencyMs: number, isError: boolean, error: number): void {
    const sums = this.#sums;
    sums[0]!++;
    if (isError) sums[1]!++;
    if (bucket >= 0) {
      this.#buckets[bucket]!++;
      sums[2]!++;
      sums[3]! += latencyMs;
    }
    this.label(error);
  }

  /** @param error prediction minus actual; NaN when it is not known */
  label(error: number): void {
    if (!Number.isFinite(error)) return;
    const sums = this.#sums;
    sums[4]!++;
    sums[5]! += Math.abs(error);
    sums[6]! += error * error;
    sums[7]! += error;
  }

  get isEmpty(): boolean {
    return this.#sums[0] === 0 && this.#sums[4] === 0;
  }

  /** What was counted up to now. */
  view(to: number): PerformanceWindow {
    const [requests, errors, count, sumMs, labelled, absoluteError, squaredError, error] = this
      .#sums as unknown as number[];
    const buckets: [number, number][] = [];
    this.#buckets.forEach((found, bucket) => {
      if (found > 0) buckets.push([bucket, found]);
    });
    return {
      v: 1,
      modelName: this.modelName,
      version: this.version,
      from: this.from,
      to,
      requests: requests!,
      errors: errors!,
      latencies: { count: count!, sumMs: sumMs!, buckets },
      quality: { count: labelled!, absoluteError: absoluteError!, squaredError: squaredError!, error: error! },
    };
  }

  clear(from: number): void {
    this.from = from;
    this.#sums.fill(0);
    this.#buckets.fill(0);
  }
}
