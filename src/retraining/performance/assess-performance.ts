import type { Table } from '../../data/table.js';
import type { AnyModel } from '../../models/async-model.js';
import { registeredMetric, timeStampsOf } from '../../models/metrics/registered-metric.js';
import { trainingTarget } from '../../models/target.js';
import { normal975 } from '../../stats/distributions/student-t.js';
import { lossMetric } from '../holdout-metrics.js';
import { losses, outcomeVariance } from '../losses.js';
import { timeClusters } from '../time-clusters.js';
import type { PerformanceReport } from './performance-report.js';
import { recentLoss } from './recent-loss.js';

/** Fewer rows than this say nothing. */
const minRows = 30;

export interface PerformanceInputs {
  readonly model: AnyModel;
  /** Rows with a known target. */
  readonly table: Table;
  readonly targetColumn: string;
  /** Rows of one time stamp go together; null where there is none. */
  readonly timeColumn: string | null;
  /** Metrics of the version as registered. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Tolerated growth of the loss, a fraction. */
  readonly threshold: number;
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
 * Compares the mean loss on recent rows with the registered one: only where the whole interval (95%) of the loss less what is
 * tolerated lies above 0 has the model's performance dropped. That interval is put together from those of both (MOVER; Zou &
 * Donner 2008), as a version that was registered with a lucky loss would otherwise alarm for ever.
 */
export async function assessPerformance(inputs: PerformanceInputs): Promise<PerformanceAssessment> {
  const { model, table, targetColumn, timeColumn, metrics, threshold } = inputs;
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
  const aim = { task: model.task, quantile: undefined };
  const predicted = await model.predictBatch(table);
  const found = losses(aim, trainingTarget(table, targetColumn, model.task), predicted);
  const times = timeClusters(table, timeColumn);
  const { [timeStampsOf(metric)]: timeStamps = 0 } = metrics;
  const recent = recentLoss(found, times, { ...known, timeStamps });
  const { value, registeredMargin } = recent;
  const chance = normal975 * Math.sqrt(outcomeVariance(aim, predicted));
  const [lower, upper] = [Math.max(0, Math.min(recent.lower, value - chance)), Math.max(recent.upper, value + chance)];
  if (!Number.isFinite(value)) return notAssessed(`the mean of ${metric} is beyond a double`);
  const registered = known.value;
  const limit = registered * (1 + threshold);
  const margin = registeredMargin * (1 + threshold);
  const isAbove = value - limit > Math.hypot(value - lower, margin);
  const isBelow = limit - value >= Math.hypot(upper - value, margin);
  const verdict = isAbove ? 'dropped' : isBelow ? 'held' : 'inconclusive';
  const ofTimes = times === undefined ? '' : ` of ${times.count} time stamp${times.count === 1 ? '' : 's'}`;
  const show = (value: number): number => Number(value.toPrecision(4));
  return {
    verdict,
    requiresRetraining: verdict === 'dropped',
    reason:
      `${metric} is ${show(value)} (${show(lower)} to ${show(upper)}) on ${rows} rows${ofTimes}, tolerated is ${show(limit)}` +
      (margin === 0 ? '' : ` (${show(Math.max(0, limit - margin))} to ${show(limit + margin)})`),
    metric,
    registered,
    ...(known.variance > 0 && { registeredStandardError: Math.sqrt(known.variance) }),
    current: value,
    lower,
    upper,
    limit,
    rows,
  };
}
