import type { Table } from '../../data/table.js';
import type { AnyModel } from '../../models/async-model.js';
import { trainingTarget } from '../../models/target.js';
import { comparePaired } from '../../stats/paired-comparison.js';
import { inSteps } from '../../util/in-steps.js';
import type { Random } from '../../util/random.js';
import { clustersOf } from '../challenge.js';
import { losses } from '../losses.js';
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
  | 'current'
  | 'lower'
  | 'upper'
  | 'limit'
  | 'rows'
>;

/**
 * Compares the mean loss on recent rows, with a bootstrap interval (95%, percentile), with the registered one: only a loss
 * whose whole interval lies above the limit has dropped the model's performance.
 */
export async function assessPerformance(inputs: PerformanceInputs): Promise<PerformanceAssessment> {
  const { model, table, targetColumn, timeColumn, metrics, threshold, random } = inputs;
  const metric = model.task === 'regression' ? 'mae' : 'log_loss';
  const rows = table.rowCount;
  const notAssessed = (reason: string): PerformanceAssessment => ({
    verdict: 'not_assessed',
    requiresRetraining: false,
    reason,
    metric,
    rows,
  });
  const registered = metrics[metric];
  if (registered === undefined) return notAssessed(`the version was registered without ${metric}`);
  if (rows < minRows) return notAssessed(`${rows} rows with a known target, at least ${minRows} are needed`);
  const found = losses(
    { task: model.task, quantile: undefined },
    trainingTarget(table, targetColumn, model.task),
    await model.predictBatch(table),
  );
  const clusters = timeColumn === null ? undefined : clustersOf(table, timeColumn);
  const { difference, lower, upper } = await inSteps(
    comparePaired(found, new Float64Array(rows), {
      confidence,
      random,
      ...(clusters !== undefined && clusters.size >= 10 && { clusters: clusters.codes }),
    }),
  );
  if (!Number.isFinite(difference)) return notAssessed(`the mean of ${metric} is beyond a double`);
  const limit = registered * (1 + threshold);
  const verdict = lower > limit ? 'dropped' : upper <= limit ? 'held' : 'inconclusive';
  const show = (value: number): number => Number(value.toPrecision(4));
  return {
    verdict,
    requiresRetraining: verdict === 'dropped',
    reason: `${metric} is ${show(difference)} (${show(lower)} to ${show(upper)}) on ${rows} rows, tolerated is ${show(limit)}`,
    metric,
    registered,
    current: difference,
    lower,
    upper,
    limit,
    rows,
  };
}
