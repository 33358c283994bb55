import type { Detector, DetectorState, DetectorValue } from './detector.js';
import { checkObservation, checkOption, restoreState, withDefaults } from './detector.js';

export interface AdwinOptions {
  /** Confidence of each check, not of the whole stream; 0.002. */
  readonly delta: number;
  /** Observations between checks; 32. */
  readonly clock: number;
  /** Buckets of one size before two are put together; 5. */
  readonly maxBuckets: number;
  /** Fewest observations on either side of a cut; 5. */
  readonly minWindowLength: number;
  /** Observations before the first check; 10. */
  readonly gracePeriod: number;
}

/** A run of consecutive observations. */
interface Bucket {
  readonly size: number;
  readonly total: number;
  /** Σ (x − mean)² */
  readonly squares: number;
}

export interface AdwinState extends DetectorState {
  readonly kind: 'adwin';
  readonly options: AdwinOptions;
  /** Oldest first; sizes are powers of two and never increase. */
  buckets: Bucket[];
  observations: number;
  isDrift: boolean;
}

export interface AdwinValue extends DetectorValue {
  /** Mean of the window. */
  readonly mean: number;
  /** Population variance of the window. */
  readonly variance: number;
}

const defaults: AdwinOptions = { delta: 0.002, clock: 32, maxBuckets: 5, minWindowLength: 5, gracePeriod: 10 };

/**
 * Adaptive windowing (Bifet & Gavaldà, "Learning from time-changing data with adaptive windowing", 2007): keeps as many of
 * the latest observations as show no change of mean, in O(log n) buckets. A cut into W₀ and W₁ shows one when
 * |μ₀ − μ₁| > √(2mσ²L) + ⅔mL, L = ln(2 ln|W| / δ), 1/m harmonic in the sizes: m = 1/(n₀ − a + 1) + 1/(n₁ − a + 1), a the
 * fewest allowed. Scale observations to [0, 1], or at least to a standard deviation of the order of 1.
 *
 * The bound holds for observations in [0, 1]. One far from all others (a code for "missing", a broken sensor) would raise σ²
 * so much that no cut showed anything again, for as long as it was in the window, which only a cut can end. So each counts
 * as no further from the mean of the window than 10 standard deviations, or 1 if that is more (the truncation of Bubeck,
 * Cesa-Bianchi & Lugosi, "Bandits with heavy tail", 2013); the first 10 are held against their median, as there is no
 * window yet. In [0, 1] nothing is altered; a real change of any size passes, as the deviation grows with it.
 *
 * Parameters of river.drift.ADWIN. Two definitions differ from it: every boundary between buckets is a possible cut (river
 * passes over the newest bucket of each size, and so leaves it on the wrong side of older cuts), and after an alarm the
 * window keeps what followed the change, as published (river starts from nothing). A change may therefore set off a few
 * alarms while the window lets go of what preceded it. Unchanging streams: no more than one alarm in 1,000,000
 * observations, uniform, normal or of a rate of 10%, at the defaults.
 */
export const adwin: Detector<Partial<AdwinOptions>, AdwinState, AdwinValue> = {
  create(given = {}) {
    const options = withDefaults(defaults, given);
    checkOption(options.delta > 0 && options.delta < 1, 'delta', options.delta, 'a level between 0 and 1');
    for (const name of ['clock', 'maxBuckets', 'minWindowLength'] as const) {
      const value = options[name];
      checkOption(Number.isInteger(value) && value >= 1, name, value, 'a whole number, at least 1');
    }
    checkOption(options.maxBuckets <= 1000, 'maxBuckets', options.maxBuckets, '1000 at most');
    checkOption(options.gracePeriod >= 2, 'gracePeriod', options.gracePeriod, 'at least 2');
    return { kind: 'adwin', version: 1, options, buckets: [], observations: 0, isDrift: false };
  },

  add(state, value) {
    checkObservation(value, 'adwin');
    const { clock, maxBuckets, gracePeriod } = state.options;
    state.isDrift = false;
    state.observations++;
    if (state.observations <= fewest) state.buckets.push(single(value));
    else {
      if (state.observations === fewest + 1) state.buckets = startOf(state.buckets, maxBuckets);
      const { size, total, squares } = sumOf(state.buckets);
      grow(state.buckets, single(near(total / size, Math.sqrt(squares / size), value)), maxBuckets);
    }
    if (state.observations % clock !== 0) return;
    let window = sumOf(state.buckets);
    while (window.size > gracePeriod && hasCut(state.buckets, window, state.options)) {
      state.isDrift = true;
      state.buckets.shift();
      window = sumOf(state.buckets);
    }
  },

  value({ buckets, isDrift }) {
    const { size, total, squares } = sumOf(buckets);
    return {
      status: isDrift ? 'drift' : 'stable',
      count: size,
      mean: size === 0 ? 0 : total / size,
      variance: size === 0 ? 0 : squares / size,
    };
  },

  restore: (json) => restoreState(json, adwin.create),
};

/** Observations that are kept as they are until there are enough of them to tell which are out of place. */
const fewest = 10;

/** Standard deviations from the mean beyond which an observation counts as if it were there. */
const farthest = 10;

const single = (value: number): Bucket => ({ size: 1, total: value, squares: 0 });

/** The value, or the nearest one that is not too far from the center. */
function near(center: number, deviation: number, value: number): number {
  const width = Math.max(1, farthest * deviation);
  return Math.min(center + width, Math.max(center - width, value));
}

/** The first observations in buckets as if they had come now: no further than allowed from their median. */
function startOf(first: readonly Bucket[], maxBuckets: number): Bucket[] {
  if (first.some(({ size }) => size > 1)) return [...first]; // a state of an earlier release
  const values = first.map(({ total }) => total);
  const center = medianOf(values);
  const deviation = 1.4826 * medianOf(values.map((value) => Math.abs(value - center)));
  const buckets: Bucket[] = [];
  for (const value of values) grow(buckets, single(near(center, deviation, value)), maxBuckets);
  return buckets;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[sorted.length >> 1]! + sorted[(sorted.length - 1) >> 1]!) / 2;
}

function grow(buckets: Bucket[], newest: Bucket, maxBuckets: number): void {
  buckets.push(newest);
  compress(buckets, maxBuckets);
}

/** Puts the two oldest buckets of a size together while there are more than allowed. */
function compress(buckets: Bucket[], maxBuckets: number): void {
  let end = buckets.length;
  for (let size = 1; ; size *= 2) {
    let start = end;
    while (start > 0 && buckets[start - 1]!.size === size) start--;
    if (end - start <= maxBuckets) return;
    buckets.splice(start, 2, together(buckets[start]!, buckets[start + 1]!));
    end = start + 1;
  }
}

function together(a: Bucket, b: Bucket): Bucket {
  if (a.size === 0 || b.size === 0) return a.size === 0 ? b : a;
  const size = a.size + b.size;
  const difference = a.total / a.size - b.total / b.size;
  const between = ((a.size * b.size) / size) * difference * difference;
  return { size, total: a.total + b.total, squares: a.squares + b.squares + between };
}

const nothing: Bucket = { size: 0, total: 0, squares: 0 };

/** Summed anew each time: a running total would gather rounding errors over millions of observations. */
const sumOf = (buckets: readonly Bucket[]): Bucket => buckets.reduce(together, nothing);

function hasCut(buckets: readonly Bucket[], window: Bucket, { delta, minWindowLength }: AdwinOptions): boolean {
  const variance = window.squares / window.size;
  const logTerm = Math.log((2 * Math.log(window.size)) / delta);
  let size = 0;
  let total = 0;
  for (const bucket of buckets) {
    size += bucket.size;
    total += bucket.total;
    const rest = window.size - size;
    if (size < minWindowLength) continue;
    if (rest < minWindowLength) return false;
    const m = 1 / (size - minWindowLength + 1) + 1 / (rest - minWindowLength + 1);
    const difference = Math.abs(total / size - (window.total - total) / rest);
    if (difference > Math.sqrt(2 * m * variance * logTerm) + (2 / 3) * logTerm * m) return true;
  }
  return false;
}
