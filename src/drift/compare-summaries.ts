import { ksEstimate } from '../stats/distance-estimate.js';
import { compareHistograms } from '../stats/dyadic-histogram.js';
import { psiEstimate } from '../stats/psi.js';
import { categoryEffects } from './categorical-effects.js';
import type { ColumnEffects, MeasuredEffects } from './column-effects.js';
import { missingEstimate } from './column-findings.js';
import type { ColumnSummary } from './column-summary.js';
import type { DriftFinding } from './drift-report.js';

/**
 * Compares one column of two data sets known by their counts only. What the counts leave open about the distance is its
 * `resolution`, which widens the confidence bounds, so that no verdict hangs on it.
 */
export function compareSummaries(
  name: string,
  baseline: ColumnSummary | undefined,
  current: ColumnSummary | undefined,
  rows: { readonly baseline: number; readonly current: number },
): ColumnEffects {
  const side = (summary: ColumnSummary | undefined, count: number) =>
    summary?.counts(count) ?? { rows: count, missing: count };
  const counts = { baseline: side(baseline, rows.baseline), current: side(current, rows.current) };
  const missing = baseline && current ? missingEstimate(counts.baseline, counts.current) : undefined;
  const kind = (baseline ?? current)?.kind === 'categorical' ? 'categorical' : 'numeric';
  const known = { column: name, kind, ...counts, ...(missing !== undefined && { missing }) } as const;
  const measured = measure(baseline, current);
  return 'kind' in measured ? { ...known, findings: [measured] } : { ...known, ...measured };
}

function measure(
  baseline: ColumnSummary | undefined,
  current: ColumnSummary | undefined,
): MeasuredEffects | DriftFinding {
  if (baseline === undefined && current !== undefined)
    return { kind: 'column_appeared', message: 'the baseline has no such column' };
  if (baseline !== undefined && current === undefined)
    return { kind: 'column_disappeared', message: 'the current data has no such column' };
  if (baseline === undefined || current === undefined || [baseline.kind, current.kind].includes('empty'))
    return { kind: 'no_values', message: 'no values in the baseline or the current data' };
  if (baseline.kind !== current.kind)
    return { kind: 'type_changed', message: `was ${baseline.kind} in the baseline and is ${current.kind} now` };
  return baseline.kind === 'numeric' ? numbers(baseline, current) : categories(baseline, current);
}

function numbers(baseline: ColumnSummary, current: ColumnSummary): MeasuredEffects {
  const { n, m, ks, referenceCounts, currentCounts } = compareHistograms(baseline.numbers, current.numbers);
  return {
    distance: ksEstimate((ks.least + ks.greatest) / 2, n, m, (ks.greatest - ks.least) / 2),
    psi: psiEstimate(referenceCounts, currentCounts),
    findings: [],
  };
}

function categories(baseline: ColumnSummary, current: ColumnSummary): MeasuredEffects | DriftFinding {
  const [before, after] = [baseline.categories(), current.categories()];
  if (before === undefined || after === undefined)
    return { kind: 'failed', message: 'too many different texts to count in one pass; leave out identifiers' };
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const of = (counts: ReadonlyMap<string, number>): number[] => names.map((name) => counts.get(name) ?? 0);
  return categoryEffects(names, of(before), of(after));
}
