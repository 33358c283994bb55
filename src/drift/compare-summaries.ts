import { areBooleans, booleanText } from '../data/boolean-text.js';
import { parseDate, parseNumber } from '../data/cell.js';
import type { ColumnSummary } from '../data/column-summary.js';
import { ksEstimate } from '../stats/distance-estimate.js';
import { compareHistograms } from '../stats/dyadic-histogram.js';
import { psiEstimate } from '../stats/psi.js';
import { categoryEffects } from './categorical-effects.js';
import type { ColumnEffects, MeasuredEffects } from './column-effects.js';
import { failedFinding, infinityFinding, missingEstimate, rangeFinding } from './column-findings.js';
import type { DriftFinding } from './drift-report.js';
import { shapeFindings } from './shape-findings.js';

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
  try {
    const shape = shapeFindings(baseline?.shape(), current?.shape());
    const measured = measure(baseline, current);
    if ('kind' in measured) return { ...known, findings: [measured, ...shape] };
    return { ...known, ...measured, findings: [...measured.findings, ...shape] };
  } catch (error) {
    return { ...known, findings: [failedFinding(error)] };
  }
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
  return baseline.kind === 'categorical' ? categories(baseline, current) : numbers(baseline, current);
}

function numbers(baseline: ColumnSummary, current: ColumnSummary): MeasuredEffects {
  const { n, m, ks, referenceCounts, currentCounts } = compareHistograms(baseline.numbers, current.numbers);
  return {
    distance: ksEstimate((ks.least + ks.greatest) / 2, n, m, (ks.greatest - ks.least) / 2),
    psi: psiEstimate(referenceCounts, currentCounts),
    findings: [
      ...infinityFinding(infinities(baseline, current)),
      ...rangeFinding(outside(baseline, current, m), baseline.kind),
    ],
  };
}

function infinities(baseline: ColumnSummary, current: ColumnSummary) {
  const count = ({ numbers }: ColumnSummary): number =>
    numbers.bins().reduce((sum, [bin, inBin]) => sum + (Math.abs(bin) === Infinity ? inBin : 0), 0);
  return { reference: count(baseline), current: count(current) };
}

/** Bins that lie outside the baseline's range as a whole are counted; of a bin at its end, one value if any. */
function outside(baseline: ColumnSummary, current: ColumnSummary, m: number) {
  const { lowest, highest } = baseline.range;
  const now = current.range;
  // The bin's name is its value of least magnitude: positive bins lie at or above it, negative ones at or below.
  const beyond = current.numbers
    .bins()
    .reduce((sum, [bin, count]) => sum + ((bin >= 0 && bin > highest) || (bin <= 0 && bin < lowest) ? count : 0), 0);
  const isAtEnd = now.lowest < lowest || now.highest > highest;
  const isAtLeast = baseline.numbers.dropped + current.numbers.dropped > 0;
  return { lowest, highest, outside: beyond === 0 && isAtEnd ? 1 : beyond, m, isAtLeast };
}

/**
 * Where either side has put its texts together by hash, both are compared that way: the distance can only have become
 * smaller, so drift that is seen is there, and nothing is called stable.
 */
function categories(baseline: ColumnSummary, current: ColumnSummary): MeasuredEffects | DriftFinding {
  const isGrouped = baseline.isGrouped || current.isGrouped;
  let [before, after] = [baseline.categories(isGrouped), current.categories(isGrouped)];
  if (before === undefined || after === undefined)
    return { kind: 'failed', message: 'too many different numbers among the texts to count in one pass' };
  if (areBooleans([...before.keys(), ...after.keys()]))
    [before, after] = [spelledAs(plainly, before), spelledAs(plainly, after)];
  const [hasNumbers, hasDates] = [baseline, current].reduce(
    ([numbers, dates], { state }) => [numbers || state.hasNumbers, dates || state.hasDates],
    [false, false],
  );
  // Of a part without texts numbers and dates were counted as such, 007 as 7: then they are everywhere.
  if (!isGrouped && (hasNumbers || hasDates)) {
    const spelling = (text: string): string => {
      const number = parseNumber(text);
      const value = Number.isNaN(number) && hasDates ? parseDate(text) : number;
      return Number.isNaN(value) ? text : String(value);
    };
    [before, after] = [spelledAs(spelling, before), spelledAs(spelling, after)];
  }
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const of = (counts: ReadonlyMap<string, number>): number[] => names.map((name) => counts.get(name) ?? 0);
  const effects = categoryEffects(names, of(before), of(after));
  if (!isGrouped) return effects;
  const message = 'too many different texts to count one by one: compared by groups; leave out identifiers';
  return {
    ...effects,
    distance: { ...effects.distance, unseen: 1 - effects.distance.value },
    findings: [{ kind: 'categories_grouped', message }],
  };
}

/** Booleans, however they are written. */
const plainly = (text: string): string => booleanText(text)!;

/** Counts of texts, those of one spelling together. */
function spelledAs(
  spelling: (text: string) => string,
  counts: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const spelled = new Map<string, number>();
  for (const [text, count] of counts) spelled.set(spelling(text), (spelled.get(spelling(text)) ?? 0) + count);
  return spelled;
}
