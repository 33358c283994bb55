import type { Task } from '../contract.js';
import { classificationMetrics } from './classification-metrics.js';
import { regressionMetrics } from './regression-metrics.js';

export type { Task } from '../contract.js';
export { numericTarget } from '../target.js';

/** The metrics of a task, by their snake_case names; `mape` is left out where an actual value is 0: it means nothing then. */
export function metricsOf(task: Task, actual: Float64Array, predicted: Float64Array): Record<string, number> {
  if (task === 'classification') return classificationMetrics(actual, predicted);
  const metrics = regressionMetrics(actual, predicted);
  if (!actual.includes(0)) return metrics;
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => name !== 'mape'));
}
