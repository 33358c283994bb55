import { checkOneOf } from '../../util/check.js';
import type { Task } from '../contract.js';
import { classificationMetrics } from './classification-metrics.js';
import { regressionMetrics } from './regression-metrics.js';

export type { Task } from '../contract.js';
export { numericTarget } from '../target.js';

const tasks = ['regression', 'classification'] as const;

/**
 * The metrics of a task, by their snake_case names; `mape` is left out where an actual value is 0: it means nothing then.
 *
 * @throws MLOpsError `INVALID_INPUT` for lists of different length or none, numbers that are not finite, and other tasks
 */
export function metricsOf(task: Task, actual: Float64Array, predicted: Float64Array): Record<string, number> {
  checkOneOf(task, tasks, 'task');
  if (task === 'classification') return classificationMetrics(actual, predicted);
  const metrics = regressionMetrics(actual, predicted);
  if (!actual.includes(0)) return metrics;
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => name !== 'mape'));
}
