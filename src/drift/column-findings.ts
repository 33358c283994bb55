import { type DistanceEstimate, totalVariationEstimate } from '../stats/distance-estimate.js';
import type { SideCounts } from './column-effects.js';
import type { DriftFinding } from './drift-report.js';

/** The share of missing values is a distribution over two categories like any other. */
export function missingEstimate(baseline: SideCounts, current: SideCounts): DistanceEstimate | undefined {
  if (baseline.rows === 0 || current.rows === 0) return undefined;
  const shares = ({ rows, missing }: SideCounts): number[] => [missing, rows - missing];
  return totalVariationEstimate(shares(baseline), shares(current));
}

/** Infinities are ordered like any number, but have no distance in units. */
export function infinityFinding(before: Float64Array, after: Float64Array): readonly DriftFinding[] {
  const count = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
  const [baseline, current] = [count(before), count(after)];
  if (baseline + current === 0) return [];
  return [{ kind: 'infinite_values', message: `${baseline} infinite values in the baseline, ${current} now` }];
}

export function rangeFinding(before: Float64Array, after: Float64Array): readonly DriftFinding[] {
  const [low, high] = rangeOf(before);
  let outside = 0;
  for (const value of after) if (value < low || value > high) outside++;
  if (outside === 0) return [];
  const message = `${outside} of ${after.length} values are outside the baseline's range ${round(low)} to ${round(high)}`;
  return [{ kind: 'range_exceeded', message }];
}

function rangeOf(values: Float64Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
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

function firstOf(names: readonly string[]): string {
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return `${names.slice(0, 10).join(', ')}${more}`;
}

/** A number as a sentence shows it. */
export const round = (value: number): number => Number(value.toPrecision(3));
