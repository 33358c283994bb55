import type { CategoricalColumn, Column } from '../src/data/column.js';
import { chiSquareSf } from '../src/stats/distributions/chi-square.js';
import { jensenShannon } from '../src/stats/jensen-shannon.js';
import { ksTwoSample } from '../src/stats/ks.js';

/**
 * The default rule of Evidently for one column, as published: with up to 1,000 reference rows a test at p < 0.05
 * (Kolmogorov–Smirnov, or a chi-square of the current counts against the reference's shares), above that a distance of at
 * least 0.1 (Wasserstein-1 in reference standard deviations, or Jensen–Shannon in nats).
 *
 * @param wasserstein that distance of numbers, which a drift report holds
 */
export function evidentlyDrifted(baseline: Column, current: Column, wasserstein = NaN): boolean {
  if (baseline.kind === 'categorical') return categoriesDrifted(baseline, current as CategoricalColumn);
  const [before, after] = [baseline.values, (current as typeof baseline).values];
  if (before.length <= 1000) return ksTwoSample(before, after).pValue < 0.05;
  return wasserstein >= 0.1;
}

function categoriesDrifted(baseline: CategoricalColumn, current: CategoricalColumn): boolean {
  const count = (column: CategoricalColumn): number[] => {
    const counts = column.categories.map(() => 0);
    for (const code of column.codes) counts[code]!++;
    return counts;
  };
  const [before, after] = [count(baseline), count(current)];
  if (baseline.codes.length > 1000) return jensenShannon(before, after) >= 0.1;
  let statistic = 0;
  before.forEach((reference, i) => {
    const expected = (reference / baseline.codes.length) * current.codes.length;
    if (expected > 0) statistic += (after[i]! - expected) ** 2 / expected;
  });
  return chiSquareSf(statistic, before.length - 1) < 0.05;
}
