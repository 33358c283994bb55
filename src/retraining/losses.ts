import type { Task } from '../models/contract.js';

/** The loss of each prediction: its absolute error for regression, its log loss (nats) for classification. */
export function losses(task: Task, actual: Float64Array, predicted: Float64Array): Float64Array {
  return actual.map((truth, i) => {
    const said = predicted[i]!;
    if (task === 'regression') return Math.abs(truth - said);
    const likely = Math.min(1 - 1e-15, Math.max(1e-15, truth >= 0.5 ? said : 1 - said));
    return -Math.log(likely);
  });
}

export function meanLoss(task: Task, actual: Float64Array, predicted: Float64Array): number {
  return losses(task, actual, predicted).reduce((sum, loss) => sum + loss, 0) / actual.length;
}
