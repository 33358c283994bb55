import type { CategoricalColumn, Column } from '../data/column.js';
import { ksEstimate } from '../stats/distance-estimate.js';
import { ksTwoSample } from '../stats/ks.js';
import { psiDeciles } from '../stats/psi.js';
import { wasserstein1, wassersteinNormalized } from '../stats/wasserstein.js';
import type { MeasuredEffects } from './column-effects.js';
import { infinityFinding, rangeFinding } from './column-findings.js';

type NumberColumn = Exclude<Column, CategoricalColumn>;

/** Effects of two columns of numbers or dates, each with at least one value. */
export function numericEffects(baseline: NumberColumn, current: NumberColumn): MeasuredEffects {
  const before = present(baseline.values);
  const after = present(current.values);
  const ks = ksTwoSample(before, after);
  const wasserstein = { value: wasserstein1(before, after), normalized: wassersteinNormalized(before, after) };
  return {
    distance: ksEstimate(ks.statistic, before.length, after.length),
    psi: psiDeciles(before, after),
    ...(Object.values(wasserstein).every(Number.isFinite) && { wasserstein }),
    test: { name: 'ks_two_sample', statistic: ks.statistic, pValue: ks.pValue },
    findings: [...infinityFinding(before, after), ...rangeFinding(before, after)],
  };
}

const present = (values: Float64Array): Float64Array => values.filter((value) => !Number.isNaN(value));
