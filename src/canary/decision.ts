import { logEvidenceOfMoreEvents } from '../stats/sequential/event-e-process.js';
import { sequenceRadiusOneSided } from '../stats/sequential/asymptotic-confidence-sequence.js';
import { logSampleRatioEvidence } from '../stats/sequential/sample-ratio.js';
import { type ArmStatistics, type MeasureName, type Sums, meanOf, varianceOf } from './arm-statistics.js';

/** Everything a decision is computed from; replaying it gives the same decision. */
export interface DecisionInputs {
  readonly task: 'regression' | 'classification';
  /** Names from the policy's `canary.evaluation_metrics`. */
  readonly metrics: readonly string[];
  /** The canary must be proved at least this good, relative to production. */
  readonly promotionThreshold: number;
  /** Proved worse than this, relative to production, it is rolled back. */
  readonly rollbackThreshold: number;
  /** Probability of ever promoting a worse or rolling back a good canary, per test. */
  readonly alpha: number;
  /** Share of traffic that goes to the canary. */
  readonly trafficFraction: number;
  /** Observations per arm below which no mean is judged. */
  readonly minObservations: number;
  readonly canary: ArmStatistics;
  readonly production: ArmStatistics;
}

/**
 * `good_enough`: proved at least `promotion_threshold` as good. `harmful`: proved worse than `rollback_threshold`.
 * `undecided`: the data cannot tell yet. `not_applicable`: the metric means nothing for this task.
 */
export type MetricStatus = 'good_enough' | 'harmful' | 'undecided' | 'not_applicable';

export interface MetricEvidence {
  readonly metric: string;
  readonly status: MetricStatus;
  readonly canary?: { readonly n: number; readonly mean: number };
  readonly production?: { readonly n: number; readonly mean: number };
  readonly message: string;
}

export interface CanaryVerdict {
  readonly verdict: 'promote' | 'rollback' | 'hold';
  readonly reason: string;
  readonly metrics: readonly MetricEvidence[];
  /** ln of the e-value for "the canary errs more than production / rollback_threshold". */
  readonly logErrorEvidence: number;
  /** ln of the e-value for "the arms do not get the share they should". */
  readonly logSampleRatioEvidence: number;
}

/**
 * How a policy metric is measured: the mean of a per-request value. RMSE is r times as good when the mean squared error is
 * at most 1/r² times as large. R² is judged as RMSE is: on the same targets both rank models alike. F1 is judged through TP/(TP+FP+FN): F1 is a concave increasing function of it, so whoever
 * is at least r times as good there is at least r times as good in F1.
 */
const measured: Readonly<
  Record<string, { measure: MeasureName; task: DecisionInputs['task']; better: 'lower' | 'higher' }>
> = {
  mae: { measure: 'absoluteError', task: 'regression', better: 'lower' },
  rmse: { measure: 'squaredError', task: 'regression', better: 'lower' },
  r2_score: { measure: 'squaredError', task: 'regression', better: 'lower' },
  accuracy: { measure: 'correct', task: 'classification', better: 'higher' },
  precision: { measure: 'precision', task: 'classification', better: 'higher' },
  recall: { measure: 'recall', task: 'classification', better: 'higher' },
  f1_score: { measure: 'jaccard', task: 'classification', better: 'higher' },
};

export const knownMetrics: readonly string[] = Object.keys(measured);

/** A sample-ratio mismatch this unlikely under a sound assignment makes every comparison worthless. */
const sampleRatioAlpha = 0.001;

/**
 * Promote, roll back or hold. Valid however often it is asked: means by asymptotic confidence sequences, errors and the
 * split by e-processes. Promotion needs a proof for every applicable metric; rollback a proof of harm; anything else
 * holds, no data included.
 */
export function decide(inputs: DecisionInputs): CanaryVerdict {
  const { canary, production, alpha, trafficFraction } = inputs;
  const metrics = inputs.metrics.map((metric) => judgeMetric(metric, inputs));
  const logErrorEvidence = logEvidenceOfMoreEvents(
    [{ share: trafficFraction, canary: canary.errors, production: production.errors }],
    1 / inputs.rollbackThreshold,
  );
  const logRatioEvidence = logSampleRatioEvidence(
    [canary.outcomes, production.outcomes],
    [trafficFraction, 1 - trafficFraction],
  );
  const found = { metrics, logErrorEvidence, logSampleRatioEvidence: logRatioEvidence };
  const applicable = metrics.filter((metric) => metric.status !== 'not_applicable');
  const harmful = metrics.filter((metric) => metric.status === 'harmful');

  if (logErrorEvidence >= Math.log(1 / alpha)) {
    const reason = `the canary fails more often: ${canary.errors} errors in ${canary.outcomes} requests, production ${production.errors} in ${production.outcomes}`;
    return { verdict: 'rollback', reason, ...found };
  }
  if (logRatioEvidence >= Math.log(1 / sampleRatioAlpha)) {
    const reason = `the arms do not get their share of outcomes (${canary.outcomes} and ${production.outcomes} at ${trafficFraction}): find out which are lost before comparing`;
    return { verdict: 'hold', reason, ...found };
  }
  if (harmful.length > 0)
    return { verdict: 'rollback', reason: harmful.map((metric) => metric.message).join('; '), ...found };
  if (applicable.length === 0) {
    return { verdict: 'hold', reason: `none of canary.evaluation_metrics applies to a ${inputs.task}`, ...found };
  }
  const open = applicable.filter((metric) => metric.status === 'undecided');
  if (open.length > 0) return { verdict: 'hold', reason: open.map((metric) => metric.message).join('; '), ...found };
  const reason = `proved at least ${inputs.promotionThreshold} as good as production on ${applicable.map((m) => m.metric).join(', ')}`;
  return { verdict: 'promote', reason, ...found };
}

function judgeMetric(metric: string, inputs: DecisionInputs): MetricEvidence {
  const how = measured[metric];
  if (how?.task !== inputs.task) {
    return { metric, status: 'not_applicable', message: `${metric} is not a measure of a ${inputs.task}` };
  }
  const canary = inputs.canary.measures[how.measure];
  const production = inputs.production.measures[how.measure];
  const seen = Math.min(canary?.n ?? 0, production?.n ?? 0);
  if (canary === undefined || production === undefined || seen < inputs.minObservations) {
    const message = `${metric}: ${seen} of at least ${inputs.minObservations} outcomes in the smaller arm`;
    return { metric, status: 'undecided', ...means(canary, production), message };
  }
  // For a loss, "r times as good" means at most 1/r times the loss; the difference is taken so that positive is good.
  const sign = how.better === 'higher' ? 1 : -1;
  const factor = (threshold: number): number => {
    const ratio = how.measure === 'squaredError' ? threshold ** 2 : threshold;
    return how.better === 'higher' ? ratio : 1 / ratio;
  };
  const enough = sign * scaledDifference(canary, production, factor(inputs.promotionThreshold));
  const harmless = sign * scaledDifference(canary, production, factor(inputs.rollbackThreshold));
  const radiusEnough = radius(canary, production, factor(inputs.promotionThreshold), inputs);
  const radiusHarmless = radius(canary, production, factor(inputs.rollbackThreshold), inputs);
  const status = enough - radiusEnough > 0 ? 'good_enough' : harmless + radiusHarmless < 0 ? 'harmful' : 'undecided';
  const said = { good_enough: 'proved good enough', harmful: 'proved harmful', undecided: 'not proved either way' }[
    status
  ];
  const message = `${metric} (mean ${how.measure}) canary ${round(meanOf(canary))}, production ${round(meanOf(production))}: ${said}`;
  return { metric, status, ...means(canary, production), message };
}

/** μ_canary − k·μ_production. */
const scaledDifference = (canary: Sums, production: Sums, k: number): number => meanOf(canary) - k * meanOf(production);

function radius(canary: Sums, production: Sums, k: number, inputs: DecisionInputs): number {
  const squaredError = varianceOf(canary) / canary.n + (k * k * varianceOf(production)) / production.n;
  return sequenceRadiusOneSided(canary.n + production.n, squaredError, {
    alpha: inputs.alpha,
    // Tightest where the smaller arm has just become large enough to be judged.
    tunedFor: inputs.minObservations / Math.min(inputs.trafficFraction, 1 - inputs.trafficFraction),
  });
}

function means(canary: Sums | undefined, production: Sums | undefined): Pick<MetricEvidence, 'canary' | 'production'> {
  return {
    ...(canary !== undefined && { canary: { n: canary.n, mean: meanOf(canary) } }),
    ...(production !== undefined && { production: { n: production.n, mean: meanOf(production) } }),
  };
}

const round = (value: number): number => Number(value.toPrecision(4));
