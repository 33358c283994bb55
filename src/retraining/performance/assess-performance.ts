import type { Table } from '../../data/table.js';
import type { AnyModel } from '../../models/async-model.js';
import { registeredMetric } from '../../models/metrics/registered-metric.js';
import { trainingTarget } from '../../models/target.js';
import { comparePaired } from '../../stats/paired-comparison.js';
import { normalQuantile } from '../../stats/distributions/normal.js';
import { inSteps } from '../../util/in-steps.js';
import type { Random } from '../../util/random.js';
import { lossMetric } from '../holdout-metrics.js';
import { losses } from '../losses.js';
import { timeClusters } from '../time-clusters.js';
import type { PerformanceReport } from './performance-report.js';

/** Fewer rows than this say nothing. */
const minRows = 30;
/** Of the interval. */
const confidence = 0.95;

export interface PerformanceInputs {
  readonly model: AnyModel;
  /** Rows with a known target. */
  readonly table: Table;
  readonly targetColumn: string;
  /** Rows of one time stamp are resampled together; null where there is none. */
  readonly timeColumn: string | null;
  /** Metrics of the version as registered. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Tolerated growth of the loss, a fraction. */
  readonly threshold: number;
  readonly random: Random;
}

export type PerformanceAssessment = Pick<
  PerformanceReport,
  | 'verdict'
  | 'requiresRetraining'
  | 'reason'
  | 'metric'
  | 'registered'
  | 'registeredStandardError'
  | 'current'
  | 'lower'
  | 'upper'
  | 'limit'
  | 'rows'
>;

/**
 * Compares the mean loss on recent rows, with a bootstrap interval (95%, percentile), with the registered one and what that
 * is known to: only where the whole interval of the loss less what is tolerated lies above 0 has the model's performance
 * dropped. The interval of that difference is put together from both (MOVER; Zou & Donner 2008), as a version that was
 * registered with a lucky loss would otherwise alarm for ever.
 */
export async function assessPerformance(inputs: PerformanceInputs): Promise<PerformanceAssessment> {
  const { model, table, targetColumn, timeColumn, metrics, threshold, random } = inputs;
  const metric = lossMetric(model.task);
  const rows = table.rowCount;
  const notAssessed = (reason: string): PerformanceAssessment => ({
    verdict: 'not_assessed',
    requiresRetraining: false,
    reason,
    metric,
    rows,
  });
  const known = registeredMetric(metrics, metric);
  if (known === undefined) return notAssessed(`the version was registered without ${metric}`);
  if (rows < minRows) return notAssessed(`${rows} rows with a known target, at least ${minRows} are needed`);
  const found = losses(
    { task: model.task, quantile: undefined },
    trainingTarget(table, targetColumn, model.task),
    await model.predictBatch(table),
  );
  const clusters = timeClusters(table, timeColumn);
  const { difference, lower, upper } = await inSteps(
    comparePaired(found, new Float64Array(rows), {
      confidence,
      random,
      ...(clusters !== undefined && { clusters }),
    }),
  );
  if (!Number.isFinite(difference)) return notAssessed(`the mean of ${metric} is beyond a double`);
  const registered = known.value;
  const registeredStandardError = Math.sqrt(known.variance);
  const limit = registered * (1 + threshold);
  const margin = normalQuantile((1 + confidence) / 2) * registeredStandardError * (1 + threshold);
  const isAbove = difference - limit > Math.hypot(difference - lower, margin);
  const isBelow = limit - difference >= Math.hypot(upper - difference, margin);
  const verdict = isAbove ? 'dropped' : isBelow ? 'held' : 'inconclusive';
  const show = (value: number): number => Number(value.toPrecision(4));
  return {
    verdict,
    requiresRetraining: verdict === 'dropped',
    reason:
      `${metric} is ${show(difference)} (${show(lower)} to ${show(upper)}) on ${rows} rows, tolerated is ${show(limit)}` +
      (margin === 0 ? '' : ` (${show(limit - margin)} to ${show(limit + margin)})`),
    metric,
    registered,
    ...(margin > 0 && { registeredStandardError }),
    current: difference,
    lower,
    upper,
    limit,
    rows,
  };
}
