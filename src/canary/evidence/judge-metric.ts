import { averageEvidence } from '../../stats/sequential/average-evidence.js';
import type { Estimate, MetricEvidence, MetricStatus } from './canary-verdict.js';
import type { DecisionInputs } from './decision-inputs.js';
import type { PairTable } from './deployment-statistics.js';
import { sumValue } from '../../stats/exact-accumulator.js';
import { type MetricMeasure, metricMeasures } from './measures.js';
import { type SortedStrata, groupsOf, shadowPairs, splitStrata } from './ripe-strata.js';
import { shadowEvidence } from './shadow-evidence.js';
import { type Evidence, splitEvidence } from './split-evidence.js';

/** Whether one metric of the policy is proved good enough, proved harmful, or neither. */
export function judgeMetric(metric: string, inputs: DecisionInputs, ripe: SortedStrata): MetricEvidence {
  const measure = Object.hasOwn(metricMeasures, metric) ? metricMeasures[metric] : undefined;
  const { task } = inputs.settings;
  if (measure?.task !== task) {
    const message = `${metric} is not a measure of a ${task}`;
    return {
      metric,
      status: 'not_applicable',
      canary: null,
      production: null,
      logEvidenceGoodEnough: 0,
      logEvidenceHarmful: 0,
      needed: null,
      message,
    };
  }
  const good = evidenceOf(measure, inputs.promotionThreshold, 'better', inputs, ripe);
  const harm = evidenceOf(measure, inputs.rollbackThreshold, 'worse', inputs, ripe);
  const proof = -Math.log(inputs.alpha);
  const status: MetricStatus =
    harm.logEvidence >= proof ? 'harmful' : good.logEvidence >= proof ? 'good_enough' : 'undecided';
  const canary = estimate(measure, ripe, 'canary');
  const production = estimate(measure, ripe, 'production');
  const labels = (canary?.n ?? 0) + (production?.n ?? 0);
  const needed =
    status === 'undecided' && good.neededFactor !== null && labels > 0 ? Math.ceil(labels * good.neededFactor) : null;
  return {
    metric,
    status,
    canary,
    production,
    logEvidenceGoodEnough: good.logEvidence,
    logEvidenceHarmful: harm.logEvidence,
    needed,
    message: describe(metric, measure, status, canary, production, needed, inputs),
  };
}

/** Harm by one metric in one segment: ln of an e-value. */
export function segmentMetricEvidence(
  measure: MetricMeasure,
  inputs: DecisionInputs,
  ripe: SortedStrata,
  segment: string,
): number {
  return evidenceOf(measure, inputs.rollbackThreshold, 'worse', inputs, ripe, segment).logEvidence;
}

/** The average of what split and shadow requests say, of those there are. */
function evidenceOf(
  measure: MetricMeasure,
  threshold: number,
  direction: 'better' | 'worse',
  inputs: DecisionInputs,
  { split, shadow }: SortedStrata,
  segment?: string,
): Evidence {
  const found: Evidence[] = [];
  if (split.length > 0) {
    found.push(splitEvidence(splitStrata(split, measure, segment), measure, threshold, direction, inputs));
  }
  const pairs = shadowPairs(shadow, segment);
  if (pairs !== undefined) {
    const options = { ...inputs, lossBound: inputs.settings.lossBound, groups: groupsOf(segment) };
    found.push(shadowEvidence(pairs, measure, threshold, direction, options));
  }
  if (found.length === 0) return { logEvidence: 0, neededFactor: null };
  const factors = found.flatMap(({ neededFactor }) => (neededFactor === null ? [] : [neededFactor]));
  return {
    logEvidence: averageEvidence(found.map(({ logEvidence }) => logEvidence)),
    neededFactor: factors.length === 0 ? null : Math.min(...factors),
  };
}

function estimate(
  measure: MetricMeasure,
  { split, shadow }: SortedStrata,
  arm: 'canary' | 'production',
): Estimate | null {
  let [n, sum] = [0, 0];
  for (const { [arm]: statistics } of split) {
    statistics.cells.group.forEach((_, i) => {
      n += measure.count(statistics.cells, i);
      sum += measure.sum(statistics.cells, i);
    });
  }
  const pairs = shadowPairs(shadow);
  if (pairs !== undefined) {
    const paired = pairedTotals(measure, pairs, arm);
    n += paired.n;
    sum += paired.sum;
  }
  return n === 0 ? null : { n, mean: sum / n };
}

function pairedTotals(
  { loss, counts, hits }: MetricMeasure,
  pairs: PairTable,
  arm: 'canary' | 'production',
): { n: number; sum: number } {
  if (loss !== undefined) return { n: pairs.labels, sum: sumValue(pairs[loss][arm]) };
  let [n, sum] = [0, 0];
  pairs.answers.forEach((count, i) => {
    const predicted = (i & (arm === 'canary' ? 4 : 2)) > 0;
    const actual = (i & 1) > 0;
    if (counts!(predicted, actual)) n += count;
    if (hits!(predicted, actual)) sum += count;
  });
  return { n, sum };
}

function describe(
  metric: string,
  measure: MetricMeasure,
  status: MetricStatus,
  canary: Estimate | null,
  production: Estimate | null,
  needed: number | null,
  { promotionThreshold, rollbackThreshold, minObservations }: DecisionInputs,
): string {
  if (canary === null || production === null)
    return `${metric}: no labelled outcomes of ${canary === null ? 'the canary' : 'production'} yet`;
  const means = `${metric} (mean ${measure.name}) canary ${round(canary.mean)} of ${canary.n}, production ${round(production.mean)} of ${production.n}`;
  if (status === 'good_enough') return `${means}: proved at least ${promotionThreshold} as good`;
  if (status === 'harmful') return `${means}: proved worse than ${rollbackThreshold} of production`;
  const more =
    needed === null
      ? `not proved either way (asymptotic proofs take at least ${minObservations} in the smaller arm)`
      : `not proved either way; about ${needed} labelled outcomes in all would prove it good enough if this is the truth`;
  return `${means}: ${more}`;
}

const round = (value: number): number => Number(value.toPrecision(4));
