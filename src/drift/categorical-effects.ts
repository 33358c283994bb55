import type { CategoricalColumn } from '../data/column.js';
import { countsOf } from '../data/column-shape.js';
import { chiSquareContingency } from '../stats/chi-square.js';
import { contingencyPermutation } from '../stats/contingency-permutation.js';
import { totalVariationEstimate } from '../stats/distance-estimate.js';
import { psiOfCategories } from '../stats/psi.js';
import { sizeOf } from '../stats/total-variation.js';
import { type ClusterPair, type EffectiveCounts, effectiveOfCategories } from './clusters.js';
import { createRandom } from '../util/random.js';
import type { MeasuredEffects } from './column-effects.js';
import { categoryFindings } from './column-findings.js';

/** Effects of two columns of categories, each with at least one value. */
export function categoricalEffects(
  baseline: CategoricalColumn,
  current: CategoricalColumn,
  clusters?: ClusterPair,
): MeasuredEffects {
  const { categories, before, after } = alignedCounts(baseline, current);
  if (clusters === undefined) return categoryEffects(categories, before, after);
  const effective = {
    baseline: effectiveOfCategories(baseline, clusters.baseline),
    current: effectiveOfCategories(current, clusters.current),
  };
  return { ...categoryEffects(categories, before, after, effective), effective };
}

/** Counts of both columns over the categories that either has. */
export function alignedCounts(baseline: CategoricalColumn, current: CategoricalColumn) {
  const categories = [...new Set([...baseline.categories, ...current.categories])];
  return { categories, before: countCategories(baseline, categories), after: countCategories(current, categories) };
}

/**
 * Effects of two lists of counts over the same categories.
 *
 * @param effective independent rows that the counts are worth; as many as are counted unless told
 */
export function categoryEffects(
  categories: readonly string[],
  before: readonly number[],
  after: readonly number[],
  effective?: EffectiveCounts,
): MeasuredEffects {
  const used = categories.flatMap((_, i) => (before[i]! + after[i]! > 0 ? [i] : []));
  const weigh = (counts: readonly number[], worth: number | undefined): readonly number[] => {
    const own = used.map((i) => counts[i]!);
    return worth === undefined ? own : scaled(own, worth / sizeOf(own));
  };
  const beforeUsed = weigh(before, effective?.baseline);
  const afterUsed = weigh(after, effective?.current);
  return {
    distance: totalVariationEstimate(beforeUsed, afterUsed),
    psi: psiOfCategories(beforeUsed, afterUsed),
    test: testOf(beforeUsed, afterUsed),
    findings: categoryFindings(categories, before, after),
  };
}

/** Expected counts below which the chi-square distribution is not to be trusted. */
const fewestExpected = 5;

/** Rows in all up to which a permutation test is worth its time; beyond, only categories that hardly occur are sparse. */
const mostPermuted = 20_000;

/** Chi-square, or a permutation test where the table is sparse; with a fixed seed, so that reports can be repeated. */
function testOf(before: readonly number[], after: readonly number[]): NonNullable<MeasuredEffects['test']> {
  if (before.length < 2) return { name: 'chi_square', statistic: 0, pValue: 1 };
  const { statistic, pValue, expected } = chiSquareContingency([before, after]);
  const isSparse = Math.min(...expected.flat()) < fewestExpected;
  const isWhole = [...before, ...after].every(Number.isSafeInteger);
  if (!isSparse || !isWhole || sizeOf(before) + sizeOf(after) > mostPermuted) {
    return { name: 'chi_square', statistic, pValue };
  }
  const permuted = contingencyPermutation(before, after, { random: createRandom('sparse table'), permutations: 999 });
  return { name: 'permutation', statistic: permuted.statistic, pValue: permuted.pValue };
}

/** Counts multiplied by a factor. */
export const scaled = (counts: readonly number[], factor: number): number[] => counts.map((count) => count * factor);

function countCategories(column: CategoricalColumn, categories: readonly string[]): number[] {
  const counts = countsOf(column);
  const byName = new Map(column.categories.map((category, code) => [category, counts[code]!]));
  return categories.map((category) => byName.get(category) ?? 0);
}
