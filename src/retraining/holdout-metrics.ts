import { metricsOf } from '../models/metrics/metrics-of.js';
import { standardErrorOf, timeStampsOf } from '../models/metrics/registered-metric.js';
import type { Task } from '../models/model.js';
import type { Clusters } from '../stats/effective-size.js';
import { meanEstimate } from '../stats/estimate.js';
import { meanOverTime } from '../stats/mean-over-time.js';
import { losses, outcomeVariance } from './losses.js';

/** The mean loss that a version's performance is followed by. */
export const lossMetric = (task: Task): 'mae' | 'log_loss' => (task === 'regression' ? 'mae' : 'log_loss');

/**
 * The metrics of a task on rows held back, and how well they tell the mean loss: `mae_standard_error` (`log_loss_…`), and
 * `mae_time_stamps` where the rows are of several, whose errors go together. What is held against them later must not take
 * a lucky holdout for the truth.
 */
export function holdoutMetrics(
  task: Task,
  actual: Float64Array,
  predicted: Float64Array,
  times: Clusters | undefined,
): Readonly<Record<string, number>> {
  const metric = lossMetric(task);
  const several = times !== undefined && times.count > 1 ? times : undefined;
  const aim = { task, quantile: undefined };
  const own = losses(aim, actual, predicted);
  const { variance: found } = several === undefined ? meanEstimate(own) : meanOverTime(own, several.codes);
  const variance = Math.max(found, outcomeVariance(aim, predicted));
  return {
    ...metricsOf(task, actual, predicted),
    ...(Number.isFinite(variance) && {
      [standardErrorOf(metric)]: Math.sqrt(variance),
      ...(several !== undefined && { [timeStampsOf(metric)]: several.count }),
    }),
  };
}
