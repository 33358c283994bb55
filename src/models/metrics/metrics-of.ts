import type { Task } from '../contract.js';
import { classificationMetrics } from './classification-metrics.js';
import { regressionMetrics } from './regression-metrics.js';

export type { Task } from '../contract.js';
export { numericTarget } from '../target.js';

/** The metrics of a task, by their snake_case names. */
export const metricsOf = (task: Task, actual: Float64Array, predicted: Float64Array): Record<string, number> =>
  task === 'regression' ? regressionMetrics(actual, predicted) : classificationMetrics(actual, predicted);
