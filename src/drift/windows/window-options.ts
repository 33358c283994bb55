import type { MLOpsConfig } from '../../config/mlops-config.js';
import { parseDate } from '../../data/cell.js';
import { checkName, checkOptionalName, checkOptions, refuse } from '../../util/check.js';
import { type DetectDriftOptions, detectDriftOptionNames } from '../drift-options.js';
import type { DriftReport } from '../drift-report.js';
import type { WindowShape } from './plan-windows.js';
import type { WindowSettings } from './sequence.js';

/** A check for each window of the current data; what the windows have in common is as in {@link DetectDriftOptions}. */
export interface CheckWindowsOptions extends Omit<DetectDriftOptions, 'streaming'> {
  /** Column of dates, or dates and times, of the current data that says which window a row is in. */
  readonly timeColumn: string;
  /** Length of a window in days, fractions allowed; `drift.drift_window_days` unless told. */
  readonly windowDays?: number;
  /** Instead: windows of at least so many rows, in order of time. Rows of one time stay together. */
  readonly windowRows?: number;
  /** What the windows belong to; a call goes on where the last one ended. The version's name, else `default`. */
  readonly sequence?: string;
  /** Where a new sequence begins, ISO 8601: the first row unless told, by time at midnight UTC before it. */
  readonly from?: string;
  /** The data are complete up to here, exclusive, ISO 8601: the time of the last row unless told. */
  readonly until?: string;
}

/** What came of a call of `checkWindows`. */
export interface WindowsCheck {
  readonly modelName: string;
  readonly sequence: string;
  /**
   * Of the windows that this call judged, oldest first; before them those that a call judged which was interrupted, or was
   * given the same data.
   */
  readonly reports: readonly DriftReport[];
  /** Rows that wait for their window to be complete, and where it begins, ISO 8601. */
  readonly pending: { readonly from: string; readonly rows: number };
  /** Rows dated a day or more after now: they wait, too, and complete no window. */
  readonly rowsAhead: number;
  /** Rows before the first window that was not judged yet: left alone. */
  readonly lateRows: number;
  /** Rows without a time, which are in no window. */
  readonly rowsWithoutTime: number;
}

const ownNames: readonly (keyof CheckWindowsOptions)[] = [
  'timeColumn',
  'windowDays',
  'windowRows',
  'sequence',
  'from',
  'until',
];

const dayMs = 86_400_000;

/** The options, validated and told apart: those of each check, and how windows are cut. */
export function readWindowOptions(config: MLOpsConfig, options: CheckWindowsOptions) {
  const known = detectDriftOptionNames.filter((name) => name !== 'streaming');
  checkOptions(options, [...ownNames, ...known], 'checkWindows');
  const { timeColumn, windowDays, windowRows, sequence, from, until, ...check } = options;
  checkName(timeColumn, 'timeColumn');
  if (windowDays !== undefined && windowRows !== undefined) {
    refuse('windowDays and windowRows are two ways to cut windows; leave one of them out');
  }
  if (windowDays !== undefined && !(windowDays >= 1 / 1440 && windowDays <= 36_525)) {
    refuse(`windowDays must be a number of days from a minute (1/1440) to a century, got ${String(windowDays)}`);
  }
  if (windowRows !== undefined && !(Number.isSafeInteger(windowRows) && windowRows > 0)) {
    refuse(`windowRows must be a whole number from 1, got ${String(windowRows)}`);
  }
  const windowMs = Math.round((windowDays ?? config.policy.drift.driftWindowDays) * dayMs);
  const settings: WindowSettings = windowRows === undefined ? { timeColumn, windowMs } : { timeColumn, windowRows };
  const [start, end] = [timeOf(from, 'from'), timeOf(until, 'until')];
  const shape: WindowShape = {
    ...(windowRows === undefined ? { lengthMs: windowMs } : { rows: windowRows }),
    ...(start !== undefined && { from: start }),
    ...(end !== undefined && { until: end }),
  };
  return {
    check,
    sequence: checkOptionalName(sequence, 'sequence') ?? check.modelVersion ?? 'default',
    settings,
    shape,
  };
}

function timeOf(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  const time = parseDate(checkName(text, what));
  if (!Number.isNaN(time)) return time;
  return refuse(`${what} must be a time such as 2026-01-31 or 2026-01-31T18:00:00Z, got ${text}`);
}
