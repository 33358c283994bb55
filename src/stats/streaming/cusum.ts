import type { Detector, DetectorState, DetectorValue } from './detector.js';
import { checkObservation, checkOption, restoreState, withDefaults } from './detector.js';

export interface CusumOptions {
  /** Mean of the observations while nothing has changed. */
  readonly mean: number;
  /** Standard deviation of the observations while nothing has changed. */
  readonly standardDeviation: number;
  /** Change of the mean to be found soonest, in standard deviations; 1. */
  readonly shift: number;
  /** Observations between false alarms, on average; 10,000. */
  readonly averageRunLength: number;
}

export interface CusumState extends DetectorState {
  readonly kind: 'cusum';
  readonly options: CusumOptions;
  /** Alarm level of either sum, in standard deviations. */
  readonly threshold: number;
  count: number;
  up: number;
  down: number;
  isDrift: boolean;
}

export interface CusumValue extends DetectorValue {
  /** Sums of standardized rises and falls; the alarm goes off where either exceeds `threshold`. */
  readonly up: number;
  readonly down: number;
  readonly threshold: number;
  /** Which way the mean went, once it has. */
  readonly direction?: 'up' | 'down';
}

const defaults: CusumOptions = { mean: 0, standardDeviation: 1, shift: 1, averageRunLength: 10_000 };

/**
 * Two-sided cumulative sum control chart (Page 1954) with a stated false-alarm rate: S⁺ ← max(0, S⁺ + z − k) and
 * S⁻ ← max(0, S⁻ − z − k), z the standardized observation, k = shift/2, alarm where either exceeds a threshold chosen for
 * the average run length asked for.
 *
 * The threshold solves Siegmund's approximation (Sequential Analysis, 1985), good to some per cent for independent normal
 * observations with the mean and standard deviation given. Heavy tails, dependence, or a standard deviation estimated too
 * low bring false alarms sooner: feed it averages, or ranks turned to normal scores. river has no equivalent.
 */
export const cusum: Detector<Partial<CusumOptions>, CusumState, CusumValue> = {
  create(given = {}) {
    const options = withDefaults(defaults, given);
    const { mean, standardDeviation, shift, averageRunLength } = options;
    checkOption(Number.isFinite(mean), 'mean', mean, 'a finite number');
    checkOption(
      standardDeviation > 0 && standardDeviation < Infinity,
      'standardDeviation',
      standardDeviation,
      'above 0',
    );
    checkOption(shift > 0 && shift < Infinity, 'shift', shift, 'a positive number of standard deviations');
    checkOption(
      averageRunLength >= 10 && averageRunLength < Infinity,
      'averageRunLength',
      averageRunLength,
      'at least 10 observations',
    );
    const threshold = cusumThreshold(shift / 2, averageRunLength);
    return { kind: 'cusum', version: 1, options, threshold, count: 0, up: 0, down: 0, isDrift: false };
  },

  add(state, value) {
    checkObservation(value, 'cusum');
    if (state.isDrift) Object.assign(state, { count: 0, up: 0, down: 0 });
    const { mean, standardDeviation, shift } = state.options;
    const z = (value - mean) / standardDeviation;
    state.count++;
    state.up = Math.max(0, state.up + z - shift / 2);
    state.down = Math.max(0, state.down - z - shift / 2);
    state.isDrift = Math.max(state.up, state.down) > state.threshold;
  },

  value: ({ count, up, down, threshold, isDrift }) => ({
    status: isDrift ? 'drift' : 'stable',
    count,
    up,
    down,
    threshold,
    ...(isDrift && { direction: up > down ? ('up' as const) : ('down' as const) }),
  }),

  restore: (json) => restoreState(json, cusum.create),
};

/**
 * The h at which the two-sided chart has the average run length: one side has twice that,
 * (e^(2kb) − 2kb − 1)/(2k²) with b = h + 1.166. At least 0.
 */
export function cusumThreshold(k: number, averageRunLength: number): number {
  let low = 0;
  let high = 1;
  const oneSided = (h: number): number => {
    const x = 2 * k * (h + 1.166);
    return (Math.expm1(x) - x) / (2 * k * k);
  };
  while (oneSided(high) < 2 * averageRunLength) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (oneSided(middle) < 2 * averageRunLength) low = middle;
    else high = middle;
  }
  return high;
}
