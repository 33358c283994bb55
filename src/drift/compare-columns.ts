import { type CategoricalColumn, type Column, columnLength } from '../data/column.js';
import { shapeOf } from '../data/column-shape.js';
import { categoricalEffects } from './categorical-effects.js';
import { type ClusterPair, type EffectiveCounts, effectiveOfMissing } from './clusters.js';
import type { ColumnEffects, MeasuredEffects, SideCounts } from './column-effects.js';
import { failedFinding, missingEstimate } from './column-findings.js';
import type { DriftFinding } from './drift-report.js';
import { numericEffects } from './numeric-effects.js';
import { shapeFindings } from './shape-findings.js';
import { type TestName, twoSampleTests } from './two-sample-tests.js';

/**
 * Compares one column of two data sets. Whatever goes wrong with this column becomes a finding about it. A column that
 * one of the sides lacks is `undefined` there.
 *
 * @param tests to make beside
 */
export function compareColumns(
  name: string,
  baseline: Column | undefined,
  current: Column | undefined,
  rows: { readonly baseline: number; readonly current: number },
  clusters?: ClusterPair,
  tests?: readonly TestName[],
): ColumnEffects {
  const counts = { baseline: sideCounts(baseline, rows.baseline), current: sideCounts(current, rows.current) };
  const isInBoth = baseline !== undefined && current !== undefined;
  const worth = isInBoth && clusters !== undefined ? effectiveMissing(baseline, current, clusters) : undefined;
  const missing = isInBoth ? missingEstimate(counts.baseline, counts.current, worth) : undefined;
  const known = {
    column: name,
    kind: (baseline ?? current)?.kind === 'categorical' ? ('categorical' as const) : ('numeric' as const),
    ...counts,
    ...(missing !== undefined && { missing }),
  };
  try {
    const shape = shapeFindings(baseline && shapeOf(baseline), current && shapeOf(current));
    const obstacle = obstacleTo(baseline, current);
    if (obstacle !== undefined) return { ...known, findings: [obstacle, ...shape] };
    const measured = measure(baseline!, current!, clusters);
    const more = tests === undefined ? undefined : twoSampleTests(baseline!, current!, tests);
    const findings = [...measured.findings, ...shape, ...(more?.findings ?? [])];
    return { ...known, ...measured, ...(more !== undefined && { tests: more.tests }), findings };
  } catch (error) {
    return { ...known, findings: [failedFinding(error)] };
  }
}

/** Rows of one side and how many lack a value; all of them where there is no column. */
export const sideCounts = (column: Column | undefined, rows: number): SideCounts => ({
  rows,
  missing: column?.missingCount ?? rows,
});

const isEmpty = (column: Column | undefined): boolean =>
  column === undefined || columnLength(column) === column.missingCount;

/** Why the two cannot be compared. */
function obstacleTo(baseline: Column | undefined, current: Column | undefined): DriftFinding | undefined {
  if (baseline === undefined && current !== undefined)
    return { kind: 'column_appeared', message: 'the baseline has no such column' };
  if (baseline !== undefined && current === undefined)
    return { kind: 'column_disappeared', message: 'the current data has no such column' };
  const empty = [isEmpty(baseline) ? 'baseline' : '', isEmpty(current) ? 'current' : ''].filter(Boolean);
  if (empty.length > 0) return { kind: 'no_values', message: `no values in ${empty.join(' and ')} data` };
  if (baseline!.kind === current!.kind) return undefined;
  return { kind: 'type_changed', message: `was ${baseline!.kind} in the baseline and is ${current!.kind} now` };
}

const measure = (baseline: Column, current: Column, clusters: ClusterPair | undefined): MeasuredEffects =>
  baseline.kind === 'categorical'
    ? categoricalEffects(baseline, current as CategoricalColumn, clusters)
    : numericEffects(baseline, current as Exclude<Column, CategoricalColumn>, clusters);

const effectiveMissing = (baseline: Column, current: Column, clusters: ClusterPair): EffectiveCounts => ({
  baseline: effectiveOfMissing(baseline, clusters.baseline),
  current: effectiveOfMissing(current, clusters.current),
});
