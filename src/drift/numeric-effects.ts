import type { CategoricalColumn, Column } from '../data/column.js';
import { compareSamples } from '../stats/compare-samples.js';
import { ksEstimate } from '../stats/distance-estimate.js';
import { kstwoSf } from '../stats/distributions/kstwo.js';
import { psiEstimate } from '../stats/psi.js';
import { scaled } from './categorical-effects.js';
import { type ClusterPair, effectiveOfNumbers } from './clusters.js';
import type { MeasuredEffects } from './column-effects.js';
import { infinityFinding, rangeFinding } from './column-findings.js';

type NumberColumn = Exclude<Column, CategoricalColumn>;

/** Effects of two columns of numbers or dates, each with at least one value. */
export function numericEffects(baseline: NumberColumn, current: NumberColumn, clusters?: ClusterPair): MeasuredEffects {
  const compared = compareSamples(baseline.values, current.values);
  const { n, m, ks, wasserstein, edges, referenceCounts, currentCounts } = compared;
  const known = {
    ...(Object.values(wasserstein).every(Number.isFinite) && { wasserstein }),
    findings: [...infinityFinding(compared.infinite), ...rangeFinding(compared, baseline.kind)],
  };
  if (clusters === undefined) {
    return {
      ...known,
      distance: ksEstimate(ks.statistic, n, m),
      psi: psiEstimate(referenceCounts, currentCounts),
      test: { name: 'ks_two_sample', statistic: ks.statistic, pValue: ks.pValue },
    };
  }
  const effective = {
    baseline: effectiveOfNumbers(baseline.values, edges, clusters.baseline),
    current: effectiveOfNumbers(current.values, edges, clusters.current),
  };
  const size = (effective.baseline * effective.current) / (effective.baseline + effective.current);
  return {
    ...known,
    distance: ksEstimate(ks.statistic, effective.baseline, effective.current),
    psi: psiEstimate(scaled(referenceCounts, effective.baseline / n), scaled(currentCounts, effective.current / m)),
    test: {
      name: 'ks_two_sample',
      statistic: ks.statistic,
      pValue: kstwoSf(ks.statistic, Math.max(1, Math.round(size))),
    },
    effective,
  };
}
