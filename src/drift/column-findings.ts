import { type DistanceEstimate, totalVariationEstimate } from '../stats/distance-estimate.js';
import { toIso } from '../util/clock.js';
import type { EffectiveCounts } from './clusters.js';
import type { SideCounts } from './column-effects.js';
import type { DriftFinding } from './drift-report.js';
import { firstOf } from './schema-findings.js';
import { isError } from '../util/is-error.js';

/**
 * The share of missing values is a distribution over two categories like any other.
 *
 * @param worth independent rows that either side is worth; all of them unless told
 */
export function missingEstimate(
  baseline: SideCounts,
  current: SideCounts,
  worth: EffectiveCounts = { baseline: baseline.rows, current: current.rows },
): DistanceEstimate | undefined {
  if (baseline.rows === 0 || current.rows === 0) return undefined;
  const shares = ({ rows, missing }: SideCounts, size: number): number[] =>
    [missing, rows - missing].map((count) => (count * size) / rows);
  return totalVariationEstimate(shares(baseline, worth.baseline), shares(current, worth.current));
}

/** Why a column could not be compared although nothing seemed to stand in the way. */
export const failedFinding = (error: unknown): DriftFinding => ({
  kind: 'failed',
  message: `the comparison failed: ${isError(error) ? error.message : String(error)}`,
});

/** Infinities are ordered like any number, but have no distance in units. */
export function infinityFinding(infinite: { readonly reference: number; readonly current: number }): DriftFinding[] {
  if (infinite.reference + infinite.current === 0) return [];
  const message = `${infinite.reference} infinite values in the baseline, ${infinite.current} now`;
  return [{ kind: 'infinite_values', message }];
}

/** Beyond it there are no dates in JavaScript, milliseconds. */
const lastDate = 8.64e15;

/**
 * @param range the baseline's least and greatest value, and how many of the m current ones are outside: so many, or at
 *   least so many
 * @param kind whether the values are numbers or points in time
 */
export function rangeFinding(
  range: {
    readonly lowest: number;
    readonly highest: number;
    readonly outside: number;
    readonly m: number;
    readonly isAtLeast?: boolean;
  },
  kind: string,
): DriftFinding[] {
  const { lowest, highest, outside, m, isAtLeast = false } = range;
  if (outside === 0) return [];
  const show = (value: number): number | string =>
    kind === 'date' && Math.abs(value) <= lastDate ? toIso(value).replace('T00:00:00.000Z', '') : round(value);
  const message = `${isAtLeast ? 'at least ' : ''}${outside} of ${m} values are outside the baseline's range ${show(lowest)} to ${show(highest)}`;
  return [{ kind: 'range_exceeded', message }];
}

/** Categories that one side has and the other has not. */
export function categoryFindings(
  categories: readonly string[],
  before: readonly number[],
  after: readonly number[],
): readonly DriftFinding[] {
  const named = (kind: DriftFinding['kind'], verb: string, names: readonly string[]): readonly DriftFinding[] =>
    names.length === 0 ? [] : [{ kind, message: `${verb}: ${firstOf(names)}` }];
  return [
    ...named(
      'new_categories',
      'appeared',
      categories.filter((_, i) => before[i] === 0 && after[i]! > 0),
    ),
    ...named(
      'vanished_categories',
      'vanished',
      categories.filter((_, i) => before[i]! > 0 && after[i] === 0),
    ),
  ];
}

/** A number as a sentence shows it. */
export const round = (value: number): number => Number(value.toPrecision(3));
