import { MLOpsError } from '../../errors.js';
import type { Detector, DetectorState, DetectorValue } from './detector.js';
import { checkOption, restoreState, withDefaults } from './detector.js';

export interface DdmOptions {
  /** Observations before the first warning or alarm is possible; 30. */
  readonly warmStart: number;
  /** Standard deviations above the best error rate that warn; 2. */
  readonly warningThreshold: number;
  /** Standard deviations above the best error rate that set off the alarm; 3. */
  readonly driftThreshold: number;
}

export interface DdmState extends DetectorState {
  readonly kind: 'ddm';
  readonly options: DdmOptions;
  count: number;
  errorRate: number;
  bestRate: number | null;
  bestDeviation: number | null;
  status: DetectorValue['status'];
}

export interface DdmValue extends DetectorValue {
  readonly errorRate: number;
  /** Lowest error rate so far, by rate plus standard deviation; undefined during warm-up. */
  readonly bestRate?: number;
}

const defaults: DdmOptions = { warmStart: 30, warningThreshold: 2, driftThreshold: 3 };

/**
 * Drift detection method (Gama, Medas, Castillo & Rodrigues 2004) for a stream of errors (1) and successes (0): the error
 * rate must stay within three standard deviations of the best seen. Notices increases only. Definition and defaults of
 * river.drift.binary.DDM.
 *
 * A stream without any error during warm-up makes the first error an alarm, in river as here; raise `warmStart` to several
 * times the reciprocal of the error rate.
 */
export const ddm: Detector<Partial<DdmOptions>, DdmState, DdmValue> = {
  create(given = {}) {
    const options = withDefaults(defaults, given);
    checkOption(options.warmStart >= 1, 'warmStart', options.warmStart, 'at least 1');
    checkOption(options.warningThreshold > 0, 'warningThreshold', options.warningThreshold, 'a positive number');
    const { driftThreshold } = options;
    checkOption(driftThreshold >= options.warningThreshold, 'driftThreshold', driftThreshold, 'at least the warning');
    return { kind: 'ddm', version: 1, options, ...empty };
  },

  add(state, value) {
    if (value !== 0 && value !== 1) {
      throw new MLOpsError('INVALID_INPUT', `ddm takes 1 for an error and 0 for a success, got ${value}`);
    }
    if (state.status === 'drift') Object.assign(state, empty);
    const { warmStart, warningThreshold, driftThreshold } = state.options;
    state.count++;
    state.errorRate += (value - state.errorRate) / state.count;
    if (state.count <= warmStart) return;
    const rate = state.errorRate;
    const deviation = Math.sqrt((rate * (1 - rate)) / state.count);
    if (state.bestRate === null || rate + deviation <= state.bestRate + state.bestDeviation!) {
      state.bestRate = rate;
      state.bestDeviation = deviation;
    }
    const exceeds = (deviations: number): boolean =>
      rate + deviation > state.bestRate! + deviations * state.bestDeviation!;
    state.status = exceeds(driftThreshold) ? 'drift' : exceeds(warningThreshold) ? 'warning' : 'stable';
  },

  value: ({ status, count, errorRate, bestRate }) => ({
    status,
    count,
    errorRate,
    ...(bestRate !== null && { bestRate }),
  }),

  restore: (json) => restoreState(json, ddm.create),
};

const empty = { count: 0, errorRate: 0, bestRate: null, bestDeviation: null, status: 'stable' as const };
