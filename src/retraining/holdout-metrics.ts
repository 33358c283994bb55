import { metricsOf } from '../models/metrics/metrics-of.js';
import { standardErrorOf } from '../models/metrics/registered-metric.js';
import type { Task } from '../models/model.js';
import { meanEstimate } from '../stats/estimate.js';
import { losses } from './losses.js';

/** The mean loss that a version's performance is followed by. */
export const lossMetric = (task: Task): 'mae' | 'log_loss' => (task === 'regression' ? 'mae' : 'log_loss');

/**
 * The metrics of a task on rows held back, and how well they tell the mean loss: `mae_standard_error`, or
 * `log_loss_standard_error`. What is held against them later must not take a lucky holdout for the truth.
 *
 * @param clusters the cluster of each row; each row by itself unless given
 */
export function holdoutMetrics(
  task: Task,
  actual: Float64Array,
  predicted: Float64Array,
  clusters: Int32Array | undefined,
): Readonly<Record<string, number>> {
  const { variance } = meanEstimate(losses({ task, quantile: undefined }, actual, predicted), clusters);
  const error = Math.sqrt(variance);
  return {
    ...metricsOf(task, actual, predicted),
    ...(Number.isFinite(error) && { [standardErrorOf(lossMetric(task))]: error }),
  };
}
