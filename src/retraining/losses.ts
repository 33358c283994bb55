import type { Task } from '../models/contract.js';
import type { JsonObject } from '../util/json.js';

/** By what models are told apart. */
export interface Aim {
  readonly task: Task;
  /** Share of the rows that a prediction is to lie above, where a model is trained to the loss `quantile`. */
  readonly quantile: number | undefined;
}

/** What a trainer of these hyperparameters makes small. */
export function aimOf(task: Task, algorithm: string, { loss, quantile = 0.5 }: JsonObject): Aim {
  const isQuantile = algorithm === 'gradient_boosting' && loss === 'quantile';
  return { task, quantile: isQuantile ? Number(quantile) : undefined };
}

export const lossName = ({ task, quantile }: Aim): 'absolute_error' | 'quantile_loss' | 'log_loss' =>
  task === 'classification' ? 'log_loss' : quantile === undefined ? 'absolute_error' : 'quantile_loss';

/**
 * The loss of each prediction: for regression its absolute error, or of quantiles what it costs to be too low or too high
 * (`quantile` or 1 − `quantile` per unit), for classification its log loss (nats).
 */
export function losses({ task, quantile }: Aim, actual: Float64Array, predicted: Float64Array): Float64Array {
  return actual.map((truth, i) => {
    const said = predicted[i]!;
    if (task === 'regression')
      return Math.abs(truth - said) * (quantile === undefined ? 1 : truth >= said ? quantile : 1 - quantile);
    const likely = Math.min(1 - 1e-15, Math.max(1e-15, truth >= 0.5 ? said : 1 - said));
    return -Math.log(likely);
  });
}

export function meanLoss(aim: Aim, actual: Float64Array, predicted: Float64Array): number {
  return losses(aim, actual, predicted).reduce((sum, loss) => sum + loss, 0) / actual.length;
}
