import { refuse } from '../../util/check.js';

/** Refuses what no metric is defined for. */
export function checkPairs(actual: Float64Array, predicted: Float64Array): void {
  if (actual.length !== predicted.length)
    refuse(`${actual.length} actual values and ${predicted.length} predictions; they must pair up`);
  if (actual.length === 0) refuse('no rows to evaluate');
  for (let i = 0; i < actual.length; i++) {
    if (!Number.isFinite(actual[i]))
      refuse(`the actual value of row ${i} is ${actual[i]}; leave out rows without an outcome`);
    if (!Number.isFinite(predicted[i]))
      refuse(`the prediction for row ${i} is ${predicted[i]}; the model failed on that row`);
  }
}
