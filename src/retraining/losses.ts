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

/**
 * The variance of the mean loss of probabilities over the outcomes that may come true, or of its difference from that of others
 * if both were equally good: then an outcome of 1 is as likely as lets both expect the same loss, which is between the two. 0 of
 * a regression. Losses do not show it themselves where what is rare has not happened among them: without a default the model of
 * the lowest probabilities always looks best.
 */
export function outcomeVariance({ task }: Aim, predicted: Float64Array, others = predicted): number {
  if (task === 'regression') return 0;
  const within = (probability: number): number => Math.min(1 - 1e-15, Math.max(1e-15, probability));
  const odds = (probability: number): number => Math.log(probability) - Math.log1p(-probability);
  let sum = 0;
  predicted.forEach((probability, i) => {
    const [p, q] = [within(probability), within(others[i]!)];
    const isCompared = others !== predicted;
    // What an outcome of 1 costs more than one of 0.
    const cost = (isCompared ? odds(q) : 0) - odds(p);
    if (cost === 0) return;
    const alike = isCompared ? (Math.log1p(-p) - Math.log1p(-q)) / cost : p;
    const chance = Math.max(Math.min(p, q), Math.min(Math.max(p, q), alike)); // rounded where p is near q
    sum += chance * (1 - chance) * cost * cost;
  });
  return sum / predicted.length ** 2;
}
