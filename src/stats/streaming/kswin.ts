import { ksTwoSample } from '../ks.js';
import type { Detector, DetectorState, DetectorValue } from './detector.js';
import { checkObservation, checkOption, restoreState, withDefaults } from './detector.js';

export interface KswinOptions {
  /** Level of each test; 0.005. */
  readonly alpha: number;
  /** Observations kept; 100. */
  readonly windowSize: number;
  /** How many of the latest are compared with the rest; 30. */
  readonly statSize: number;
}

export interface KswinState extends DetectorState {
  readonly kind: 'kswin';
  readonly options: KswinOptions;
  window: number[];
  pValue: number | null;
  isDrift: boolean;
}

export interface KswinValue extends DetectorValue {
  /** Of the last test; undefined until the window is full. */
  readonly pValue?: number;
}

const defaults: KswinOptions = { alpha: 0.005, windowSize: 100, statSize: 30 };

/** Distance that must be exceeded besides the p-value. */
const smallestDistance = 0.1;

/**
 * Kolmogorov–Smirnov windowing (Raab, Heusinger & Schleif 2020): the latest observations of a sliding window against the
 * older ones, at every step; any change of distribution counts. After an alarm the latest observations remain.
 *
 * Parameters, and the condition D > 0.1, are those of river.drift.KSWIN. Unlike there, the latest are compared with all
 * older observations rather than a random choice of them as many as the latest: the same stream always gives the same
 * alarms, and small changes are seen sooner. And as there, `alpha` is the level of one test; on an unchanging stream
 * alarms come about every 1,000 observations at the defaults.
 */
export const kswin: Detector<Partial<KswinOptions>, KswinState, KswinValue> = {
  create(given = {}) {
    const options = withDefaults(defaults, given);
    const { alpha, windowSize, statSize } = options;
    checkOption(alpha > 0 && alpha < 1, 'alpha', alpha, 'a level between 0 and 1');
    checkOption(Number.isInteger(statSize) && statSize >= 1, 'statSize', statSize, 'a whole number, at least 1');
    checkOption(Number.isInteger(windowSize) && windowSize > statSize, 'windowSize', windowSize, 'more than statSize');
    return { kind: 'kswin', version: 1, options, window: [], pValue: null, isDrift: false };
  },

  add(state, value) {
    checkObservation(value, 'kswin');
    const { alpha, windowSize, statSize } = state.options;
    if (state.isDrift) state.window = state.window.slice(-statSize);
    state.isDrift = false;
    state.window.push(value);
    if (state.window.length > windowSize) state.window.shift();
    if (state.window.length < windowSize) return;
    const latest = Float64Array.from(state.window.slice(-statSize));
    const older = Float64Array.from(state.window.slice(0, -statSize));
    const { statistic, pValue } = ksTwoSample(older, latest);
    state.pValue = pValue;
    state.isDrift = pValue <= alpha && statistic > smallestDistance;
  },

  value: ({ window, pValue, isDrift }) => ({
    status: isDrift ? 'drift' : 'stable',
    count: window.length,
    ...(pValue !== null && { pValue }),
  }),

  restore: (json) => restoreState(json, kswin.create),
};
