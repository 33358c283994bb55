import type { DriftVerdict, RowsNeeded } from './drift-report.js';

/** An effect, the threshold it is held against and what it is taken to be when asking which side of it that lies. */
export interface Judged {
  readonly estimate: number;
  /** The part of it that the lower bound is one of: less than the whole where rare categories are put together. */
  readonly shown: number;
  readonly threshold: number;
  /** How far its bounds lie from it with the rows there are, cut off nowhere. */
  readonly margins: { readonly lower: number; readonly upper: number };
}

/** Beyond this many rows the effect is as good as at the threshold. */
const mostRows = 1e9;

/**
 * How many rows it takes to judge a column for which there is too little data, if its effects stay as they are: margins
 * shrink as √(1/n + 1/m). With the baseline as it is where that suffices, otherwise on each side. Undefined for other
 * verdicts, where an effect lies at its threshold so that no number of rows would tell, and where it lies beyond only in
 * categories too rare to show it: of identifiers there are as many as rows.
 */
export function rowsNeeded(
  verdict: DriftVerdict,
  effects: readonly Judged[],
  baselineRows: number,
  currentRows: number,
): RowsNeeded | undefined {
  if (verdict !== 'inconclusive') return undefined;
  const beyond = effects.filter(({ shown, threshold }) => shown > threshold);
  if (beyond.length === 0 && effects.some(({ estimate, threshold }) => estimate > threshold)) return undefined;
  const shrinkage =
    beyond.length > 0
      ? Math.max(...beyond.map(({ shown, threshold, margins }) => ratio(shown - threshold, margins.lower)))
      : Math.min(...effects.map(({ estimate, threshold, margins }) => ratio(threshold - estimate, margins.upper)));
  const unit = (1 / baselineRows + 1 / currentRows) * shrinkage * shrinkage;
  const current = Math.ceil(1 / (unit - 1 / baselineRows));
  if (unit > 1 / baselineRows && current <= mostRows)
    return { rows: Math.max(currentRows + 1, current), of: 'current' };
  const each = Math.ceil(2 / unit);
  return each <= mostRows ? { rows: each, of: 'each' } : undefined;
}

/** By how much a margin must shrink to fit into the gap; at most 1. */
const ratio = (gap: number, margin: number): number => (margin <= gap ? 1 : gap / margin);
