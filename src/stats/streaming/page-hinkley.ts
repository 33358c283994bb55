import type { Detector, DetectorState, DetectorValue } from './detector.js';
import { checkObservation, checkOption, restoreState, withDefaults } from './detector.js';

export interface PageHinkleyOptions {
  /** Observations before the first alarm is possible; 30. */
  readonly minInstances: number;
  /** Change of the mean that is tolerated, in the unit of the observations; 0.005. */
  readonly delta: number;
  /** Accumulated change that sets off the alarm, in the same unit; 50. */
  readonly threshold: number;
  /** Share of the accumulated change kept at each step; 0.9999. */
  readonly alpha: number;
}

export interface PageHinkleyState extends DetectorState {
  readonly kind: 'page-hinkley';
  readonly options: PageHinkleyOptions;
  count: number;
  mean: number;
  sumUp: number;
  sumDown: number;
  lowest: number | null;
  highest: number | null;
  isDrift: boolean;
}

export interface PageHinkleyValue extends DetectorValue {
  readonly mean: number;
  /** Accumulated rise and fall of the mean; the alarm goes off where either exceeds the threshold. */
  readonly rise: number;
  readonly fall: number;
}

const defaults: PageHinkleyOptions = { minInstances: 30, delta: 0.005, threshold: 50, alpha: 0.9999 };

/**
 * Page–Hinkley test for a change of the mean in either direction (Page 1954): deviations from the running mean are summed,
 * less a tolerance, and the sum is compared with its own lowest (highest) value so far. Definition and defaults of
 * river.drift.PageHinkley with `mode='both'`. The threshold is in the unit of the observations: at the
 * defaults, unchanging standard normal observations set off an alarm about every 1,600. Prefer {@link cusum}, whose
 * threshold follows from a stated false-alarm rate.
 */
export const pageHinkley: Detector<Partial<PageHinkleyOptions>, PageHinkleyState, PageHinkleyValue> = {
  create(given = {}) {
    const options = withDefaults(defaults, given);
    checkOption(options.minInstances >= 1, 'minInstances', options.minInstances, 'at least 1');
    checkOption(options.delta >= 0, 'delta', options.delta, 'a tolerance, not negative');
    checkOption(options.threshold > 0, 'threshold', options.threshold, 'a positive number');
    checkOption(options.alpha > 0 && options.alpha <= 1, 'alpha', options.alpha, 'a share above 0, at most 1');
    return { kind: 'page-hinkley', version: 1, options, ...empty };
  },

  add(state, value) {
    checkObservation(value, 'pageHinkley');
    if (state.isDrift) Object.assign(state, empty);
    const { alpha, delta, minInstances, threshold } = state.options;
    state.count++;
    state.mean += (value - state.mean) / state.count;
    const deviation = value - state.mean;
    state.sumUp = alpha * state.sumUp + deviation - delta;
    state.sumDown = alpha * state.sumDown + deviation + delta;
    state.lowest = Math.min(state.lowest ?? Infinity, state.sumUp);
    state.highest = Math.max(state.highest ?? -Infinity, state.sumDown);
    const { rise, fall } = pageHinkley.value(state);
    state.isDrift = state.count >= minInstances && Math.max(rise, fall) > threshold;
  },

  value: ({ count, mean, sumUp, sumDown, lowest, highest, isDrift }) => ({
    status: isDrift ? 'drift' : 'stable',
    count,
    mean,
    rise: sumUp - (lowest ?? 0),
    fall: (highest ?? 0) - sumDown,
  }),

  restore: (json) => restoreState(json, pageHinkley.create),
};

const empty = { count: 0, mean: 0, sumUp: 0, sumDown: 0, lowest: null, highest: null, isDrift: false };
