import { refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';

/** How rows are cut into windows. Times are milliseconds since the epoch. */
export interface WindowShape {
  /** Windows of a length in time; or else by rows. */
  readonly lengthMs?: number;
  /** Windows of at least so many rows, in order of time: rows of one time stay together. */
  readonly rows?: number;
  /** Where the first window begins: rows before are late. By time at midnight UTC of the first row unless told. */
  readonly from?: number;
  /** The data are complete up to here, exclusive: the time of the last row unless told. Later rows wait. */
  readonly until?: number;
  /** Rows are not of later than that; one that says so completes no window. */
  readonly latest?: number;
}

export interface PlannedWindow {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Of the data, in order of time. */
  readonly rows: Int32Array;
}

export interface WindowPlan {
  /** The complete ones, oldest first; a window by time may be empty. */
  readonly windows: readonly PlannedWindow[];
  /** Where the first window begins that is not complete yet, and how many rows wait for it to be. */
  readonly pending: { readonly from: number; readonly rows: number };
  /** Rows later than `latest`. */
  readonly rowsAhead: number;
  /** Rows before the first window. */
  readonly lateRows: number;
  readonly rowsWithoutTime: number;
}

const dayMs = 86_400_000;

/** More are a mistake in the length, or in a date. */
const mostWindows = 1000;

/**
 * Cuts rows into windows by their times, in whatever order the rows are. A window is complete when the data reach its end.
 * Pure.
 *
 * @param times of the rows; NaN where there is none, but not everywhere; none at all only with `from`
 * @throws MLOpsError `INVALID_INPUT` for more than 1,000 windows
 */
export function planWindows(times: Float64Array, shape: WindowShape): WindowPlan {
  const known = Int32Array.from(times.keys()).filter((row) => !Number.isNaN(times[row]));
  known.sort((a, b) => times[a]! - times[b]! || a - b);
  const earliest = times[known[0]!]!;
  const start = shape.from ?? (shape.rows === undefined ? Math.floor(earliest / dayMs) * dayMs : earliest);
  const believable = shape.latest === undefined ? known.length : countBefore(known, times, shape.latest);
  const completeTo = shape.until ?? (believable === 0 ? start : times[known[believable - 1]!]!);
  const first = countBefore(known, times, start);
  const rows = known.subarray(first);
  const windows =
    shape.rows === undefined
      ? windowsByTime(rows, times, { start, completeTo, lengthMs: shape.lengthMs! })
      : windowsByRows(rows, times, { start, completeTo, size: shape.rows });
  const taken = windows.reduce((sum, window) => sum + window.rows.length, 0);
  return {
    windows,
    pending: { from: windows.at(-1)?.to ?? start, rows: rows.length - taken },
    rowsAhead: known.length - believable,
    lateRows: first,
    rowsWithoutTime: times.length - known.length,
  };
}

function windowsByTime(
  rows: Int32Array,
  times: Float64Array,
  { start, completeTo, lengthMs }: { readonly start: number; readonly completeTo: number; readonly lengthMs: number },
): PlannedWindow[] {
  const count = Math.max(0, Math.floor((completeTo - start) / lengthMs));
  checkCount(count, start);
  const ends = Array.from({ length: count }, (_, i) => start + (i + 1) * lengthMs);
  let at = 0;
  return ends.map((to) => {
    const begin = at;
    at += countBefore(rows.subarray(begin), times, to);
    return { from: to - lengthMs, to, rows: rows.slice(begin, at) };
  });
}

function windowsByRows(
  rows: Int32Array,
  times: Float64Array,
  { start, completeTo, size }: { readonly start: number; readonly completeTo: number; readonly size: number },
): PlannedWindow[] {
  const complete = rows.subarray(0, countBefore(rows, times, completeTo));
  const windows: PlannedWindow[] = [];
  let from = start;
  for (let at = 0; at + size <= complete.length;) {
    const last = times[complete[at + size - 1]!]!;
    let end = at + size;
    while (end < complete.length && times[complete[end]!] === last) end++;
    const to = end < complete.length ? times[complete[end]!]! : completeTo;
    windows.push({ from, to, rows: complete.slice(at, end) });
    [at, from] = [end, to];
  }
  checkCount(windows.length, start);
  return windows;
}

function checkCount(count: number, start: number): void {
  if (count <= mostWindows) return;
  refuse(
    `the data from ${toIso(start)} make ${count} windows; at most ${mostWindows} at once: take longer windows, or pass from`,
  );
}

/** How many rows, in order of time, are before a time. */
function countBefore(rows: Int32Array, times: Float64Array, time: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[rows[middle]!]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
