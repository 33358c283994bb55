import type { CategoricalColumn } from '../data/column.js';
import { countsOf } from '../data/column-shape.js';
import { chiSquareContingency } from '../stats/chi-square.js';
import { totalVariationEstimate } from '../stats/distance-estimate.js';
import { psiEstimate } from '../stats/psi.js';
import type { MeasuredEffects } from './column-effects.js';
import { categoryFindings } from './column-findings.js';

/** Effects of two columns of categories, each with at least one value. */
export function categoricalEffects(baseline: CategoricalColumn, current: CategoricalColumn): MeasuredEffects {
  const categories = [...new Set([...baseline.categories, ...current.categories])];
  return categoryEffects(categories, countCategories(baseline, categories), countCategories(current, categories));
}

/** Effects of two lists of counts over the same categories. */
export function categoryEffects(
  categories: readonly string[],
  before: readonly number[],
  after: readonly number[],
): MeasuredEffects {
  const used = categories.flatMap((_, i) => (before[i]! + after[i]! > 0 ? [i] : []));
  const beforeUsed = used.map((i) => before[i]!);
  const afterUsed = used.map((i) => after[i]!);
  const test = used.length < 2 ? undefined : chiSquareContingency([beforeUsed, afterUsed]);
  return {
    distance: totalVariationEstimate(beforeUsed, afterUsed),
    psi: psiEstimate(beforeUsed, afterUsed),
    test: { name: 'chi_square', statistic: test?.statistic ?? 0, pValue: test?.pValue ?? 1 },
    findings: categoryFindings(categories, before, after),
  };
}

function countCategories(column: CategoricalColumn, categories: readonly string[]): number[] {
  const counts = countsOf(column);
  const byName = new Map(column.categories.map((category, code) => [category, counts[code]!]));
  return categories.map((category) => byName.get(category) ?? 0);
}
