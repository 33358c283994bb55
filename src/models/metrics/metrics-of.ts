import type { Table } from '../../data/table.js';
import { MLOpsError } from '../../errors.js';
import type { Task } from '../model.js';
import { classificationMetrics } from './classification.js';
import { regressionMetrics } from './regression.js';

/** The metrics of a task; one that is not defined on these rows (AUC with one class, MAPE with a zero) is left out. */
export function metricsOf(task: Task, actual: Float64Array, predicted: Float64Array): Readonly<Record<string, number>> {
  const metrics: Readonly<Record<string, number>> =
    task === 'regression' ? regressionMetrics(actual, predicted) : classificationMetrics(actual, predicted);
  const isUndefined = (name: string, value: number): boolean =>
    !Number.isFinite(value) || (name === 'mape' && actual.includes(0));
  return Object.fromEntries(Object.entries(metrics).filter(([name, value]) => !isUndefined(name, value)));
}

/** The metric a model of a task is first judged by, and which way is better. */
export const headlineMetric = { regression: 'mae', classification: 'log_loss' } as const satisfies Record<Task, string>;

/**
 * The target as numbers: for a classification 0 and 1.
 *
 * @throws MLOpsError `INVALID_INPUT` when it is not numeric
 */
export function numericTarget(table: Table, targetColumn: string): Float64Array {
  const column = table.column(targetColumn);
  if (column.kind === 'numeric') return column.values;
  throw new MLOpsError(
    'INVALID_INPUT',
    `the target ${targetColumn} holds ${column.kind} values; it must be numeric (0 and 1 for a classification)`,
  );
}
