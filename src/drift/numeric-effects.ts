import type { CategoricalColumn, Column } from '../data/column.js';
import { compareSamples } from '../stats/compare-samples.js';
import { ksEstimate } from '../stats/distance-estimate.js';
import { psiEstimate } from '../stats/psi.js';
import type { MeasuredEffects } from './column-effects.js';
import { infinityFinding, rangeFinding } from './column-findings.js';

type NumberColumn = Exclude<Column, CategoricalColumn>;

/** Effects of two columns of numbers or dates, each with at least one value. */
export function numericEffects(baseline: NumberColumn, current: NumberColumn): MeasuredEffects {
  const compared = compareSamples(baseline.values, current.values);
  const { n, m, ks, wasserstein } = compared;
  return {
    distance: ksEstimate(ks.statistic, n, m),
    psi: psiEstimate(compared.referenceCounts, compared.currentCounts),
    ...(Object.values(wasserstein).every(Number.isFinite) && { wasserstein }),
    test: { name: 'ks_two_sample', statistic: ks.statistic, pValue: ks.pValue },
    findings: [...infinityFinding(compared.infinite), ...rangeFinding(compared)],
  };
}
