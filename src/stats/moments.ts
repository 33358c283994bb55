import { MLOpsError } from '../errors.js';

/** Sufficient statistics of a stream of numbers; plain JSON, so it is its own serialized form. */
export interface Moments {
  readonly kind: 'moments';
  readonly version: 1;
  count: number;
  mean: number;
  /** Σ (x − mean)² */
  squares: number;
  min: number | null;
  max: number | null;
}

/** What {@link moments} knows; undefined where too few values were seen. */
export interface MomentsValue {
  readonly count: number;
  readonly mean?: number;
  /** Sample variance, ddof 1. */
  readonly variance?: number;
  readonly min?: number;
  readonly max?: number;
}

/**
 * Mean, variance and range of a stream in constant memory. `add` is Welford's update (1962), `merge` the pairwise rule
 * of Chan, Golub & LeVeque (1979), so shards and hosts can be put together.
 */
export const moments = {
  create: (): Moments => ({ kind: 'moments', version: 1, count: 0, mean: 0, squares: 0, min: null, max: null }),

  /** @throws MLOpsError `INVALID_INPUT` for a value that is not finite */
  add(state: Moments, value: number): void {
    if (!Number.isFinite(value)) {
      throw new MLOpsError('INVALID_INPUT', `moments take finite numbers, got ${value}; count missing values apart`);
    }
    state.count++;
    const deviation = value - state.mean;
    state.mean += deviation / state.count;
    state.squares += deviation * (value - state.mean);
    if (state.min === null || value < state.min) state.min = value;
    if (state.max === null || value > state.max) state.max = value;
  },

  /** The moments of both streams together; neither argument changes. */
  merge(a: Moments, b: Moments): Moments {
    if (a.count === 0 || b.count === 0) return { ...(a.count === 0 ? b : a) };
    const count = a.count + b.count;
    const difference = b.mean - a.mean;
    return {
      ...a,
      count,
      mean: a.mean + difference * (b.count / count),
      squares: a.squares + b.squares + difference * difference * a.count * (b.count / count),
      min: Math.min(a.min!, b.min!),
      max: Math.max(a.max!, b.max!),
    };
  },

  value(state: Moments): MomentsValue {
    if (state.min === null || state.max === null) return { count: 0 };
    const { count, mean, min, max } = state;
    return { count, mean, min, max, ...(count > 1 && { variance: state.squares / (count - 1) }) };
  },
};
