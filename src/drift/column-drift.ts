import type { CategoricalColumn, Column } from '../data/column.js';
import { MLOpsError } from '../errors.js';
import { chiSquareContingency } from '../stats/chi-square.js';
import { ksDistanceBounds, ksTwoSample } from '../stats/ks.js';
import { psi, psiDeciles } from '../stats/psi.js';
import { totalVariationBounds } from '../stats/total-variation.js';
import { wasserstein1, wassersteinNormalized } from '../stats/wasserstein.js';
import type { ColumnDrift, DriftFinding, DriftVerdict, Effect } from './drift-report.js';

/** How a column is judged. */
export interface ColumnRule {
  readonly role: ColumnDrift['role'];
  /** Largest distance that is no drift. */
  readonly tolerance: number;
  /** Largest population stability index that is no drift. */
  readonly psiThreshold: number;
  /** Of the intervals, two-sided. */
  readonly confidence: number;
}

/** A column's drift before p-values are adjusted over all columns. */
export type AssessedColumn = Omit<ColumnDrift, 'test'> & {
  readonly test?: Omit<NonNullable<ColumnDrift['test']>, 'adjustedPValue'>;
};

/**
 * Compares one column of two data sets. It drifted when the lower confidence bound of its distance or of its PSI is
 * above the threshold; it is stable when both upper bounds are below. Whatever goes wrong with this column becomes a
 * finding about it.
 */
export function assessColumn(baseline: Column, current: Column, rule: ColumnRule): AssessedColumn {
  try {
    return assess(baseline, current, rule);
  } catch (error) {
    if (!(error instanceof MLOpsError)) throw error;
    return unassessed(baseline, current, rule, [{ kind: 'failed', message: error.message }]);
  }
}

function assess(baseline: Column, current: Column, rule: ColumnRule): AssessedColumn {
  if (isEmpty(baseline) || isEmpty(current)) {
    const where = [isEmpty(baseline) ? 'baseline' : '', isEmpty(current) ? 'current' : '']
      .filter(Boolean)
      .join(' and ');
    return unassessed(baseline, current, rule, [{ kind: 'no_values', message: `no values in ${where} data` }]);
  }
  const missing = missingRateFinding(baseline, current, rule);
  if (baseline.kind === 'categorical' && current.kind === 'categorical') {
    return assessCategories(baseline, current, rule, missing);
  }
  if (baseline.kind !== 'categorical' && current.kind !== 'categorical') {
    return assessNumbers(baseline, current, rule, missing);
  }
  const message = `was ${baseline.kind} in the baseline and is ${current.kind} now`;
  return unassessed(baseline, current, rule, [{ kind: 'type_changed', message }]);
}

function assessNumbers(
  baseline: Exclude<Column, CategoricalColumn>,
  current: Exclude<Column, CategoricalColumn>,
  rule: ColumnRule,
  missing: readonly DriftFinding[],
): AssessedColumn {
  const before = present(baseline.values);
  const after = present(current.values);
  const ks = ksTwoSample(before, after);
  const distance: Effect = {
    value: ks.statistic,
    ...ksDistanceBounds(ks.statistic, before.length, after.length, rule.confidence),
  };
  const stability = psiDeciles(before, after, { confidence: rule.confidence });
  const verdict = judge(distance, stability, rule);
  const wasserstein = { value: wasserstein1(before, after), normalized: wassersteinNormalized(before, after) };
  return {
    ...describe(baseline, current, rule),
    kind: 'numeric',
    verdict,
    message: sentence(baseline.name, verdict, 'KS distance', distance, rule),
    distance,
    psi: stability,
    ...(Object.values(wasserstein).every(Number.isFinite) && { wasserstein }),
    test: { name: 'ks_two_sample', statistic: ks.statistic, pValue: ks.pValue },
    findings: [...missing, ...infinityFinding(before, after), ...rangeFinding(before, after)],
  };
}

function assessCategories(
  baseline: CategoricalColumn,
  current: CategoricalColumn,
  rule: ColumnRule,
  missing: readonly DriftFinding[],
): AssessedColumn {
  const categories = [...new Set([...baseline.categories, ...current.categories])];
  const before = countCategories(baseline, categories);
  const after = countCategories(current, categories);
  const used = categories.flatMap((_, i) => (before[i]! + after[i]! > 0 ? [i] : []));
  const beforeUsed = used.map((i) => before[i]!);
  const afterUsed = used.map((i) => after[i]!);
  const distance = totalVariationBounds(beforeUsed, afterUsed, rule.confidence);
  const stability = psi(beforeUsed, afterUsed, { confidence: rule.confidence });
  const verdict = judge(distance, stability, rule);
  const test = used.length < 2 ? undefined : chiSquareContingency([beforeUsed, afterUsed]);
  return {
    ...describe(baseline, current, rule),
    kind: 'categorical',
    verdict,
    message: sentence(baseline.name, verdict, 'total variation', distance, rule),
    distance,
    psi: stability,
    test: { name: 'chi_square', statistic: test?.statistic ?? 0, pValue: test?.pValue ?? 1 },
    findings: [
      ...missing,
      ...categoryFinding(
        'new_categories',
        'appeared',
        categories.filter((_, i) => before[i] === 0 && after[i]! > 0),
      ),
      ...categoryFinding(
        'vanished_categories',
        'vanished',
        categories.filter((_, i) => before[i]! > 0 && after[i] === 0),
      ),
    ],
  };
}

function judge(distance: Effect, stability: Effect, rule: ColumnRule): DriftVerdict {
  if (distance.lower > rule.tolerance || stability.lower > rule.psiThreshold) return 'drifted';
  if (distance.upper <= rule.tolerance && stability.upper <= rule.psiThreshold) return 'stable';
  return 'inconclusive';
}

function sentence(column: string, verdict: DriftVerdict, name: string, effect: Effect, rule: ColumnRule): string {
  const numbers = `${name} ${round(effect.value)} (${round(effect.lower)} to ${round(effect.upper)}), tolerance ${rule.tolerance}`;
  switch (verdict) {
    case 'drifted':
      return `${column} drifted: ${numbers}`;
    case 'stable':
      return `${column} is stable: ${numbers}`;
    case 'inconclusive':
      return `${column}: too little data to tell: ${numbers}`;
    case 'not_assessed':
      return `${column} could not be assessed`;
  }
}

function unassessed(
  baseline: Column,
  current: Column,
  rule: ColumnRule,
  findings: readonly DriftFinding[],
): AssessedColumn {
  return {
    ...describe(baseline, current, rule),
    kind: baseline.kind === 'categorical' ? 'categorical' : 'numeric',
    verdict: 'not_assessed',
    message: `${baseline.name} could not be assessed: ${findings.map((finding) => finding.message).join('; ')}`,
    findings,
  };
}

function describe(baseline: Column, current: Column, rule: ColumnRule) {
  return {
    column: baseline.name,
    role: rule.role,
    tolerance: rule.tolerance,
    baselineCount: rowsOf(baseline) - baseline.missingCount,
    currentCount: rowsOf(current) - current.missingCount,
    baselineMissingRate: missingRate(baseline),
    currentMissingRate: missingRate(current),
  };
}

const rowsOf = (column: Column): number => (column.kind === 'categorical' ? column.codes : column.values).length;

const isEmpty = (column: Column): boolean => rowsOf(column) === column.missingCount;

const missingRate = (column: Column): number => (rowsOf(column) === 0 ? 1 : column.missingCount / rowsOf(column));

const present = (values: Float64Array): Float64Array => values.filter((value) => !Number.isNaN(value));

function countCategories(column: CategoricalColumn, categories: readonly string[]): number[] {
  const counts = new Array<number>(column.categories.length).fill(0);
  for (const code of column.codes) if (code >= 0) counts[code]!++;
  const byName = new Map(column.categories.map((category, code) => [category, counts[code]!]));
  return categories.map((category) => byName.get(category) ?? 0);
}

/** The share of missing values is a distribution over two categories like any other. */
function missingRateFinding(baseline: Column, current: Column, rule: ColumnRule): readonly DriftFinding[] {
  const counts = (column: Column): number[] => [column.missingCount, rowsOf(column) - column.missingCount];
  const { lower } = totalVariationBounds(counts(baseline), counts(current), rule.confidence);
  if (lower <= rule.tolerance) return [];
  const message = `missing in ${percent(missingRate(baseline))} of the baseline, in ${percent(missingRate(current))} now`;
  return [{ kind: 'missing_rate_changed', message }];
}

/** Infinities are ordered like any number, but have no distance in units. */
function infinityFinding(before: Float64Array, after: Float64Array): readonly DriftFinding[] {
  const count = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
  const [baseline, current] = [count(before), count(after)];
  if (baseline + current === 0) return [];
  return [{ kind: 'infinite_values', message: `${baseline} infinite values in the baseline, ${current} now` }];
}

function rangeFinding(before: Float64Array, after: Float64Array): readonly DriftFinding[] {
  const [low, high] = range(before);
  let outside = 0;
  for (const value of after) if (value < low || value > high) outside++;
  if (outside === 0) return [];
  const message = `${outside} of ${after.length} values are outside the baseline's range ${round(low)} to ${round(high)}`;
  return [{ kind: 'range_exceeded', message }];
}

function range(values: Float64Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function categoryFinding(
  kind: 'new_categories' | 'vanished_categories',
  verb: string,
  names: readonly string[],
): readonly DriftFinding[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 10).join(', ');
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return [{ kind, message: `${verb}: ${shown}${more}` }];
}

const round = (value: number): number => Number(value.toPrecision(3));

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
