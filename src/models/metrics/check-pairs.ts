import { refuse } from '../../util/check.js';

/** Refuses pairs that no metric can be computed from. */
export function checkPairs(actual: Float64Array, predicted: Float64Array): void {
  if (actual.length !== predicted.length) {
    refuse(`${actual.length} actual values do not pair with ${predicted.length} predictions`);
  }
  if (actual.length === 0) refuse('there are no rows to compute metrics from');
  for (let i = 0; i < actual.length; i++) {
    if (!Number.isFinite(actual[i])) refuse(`the actual value of row ${i} is ${actual[i]!}; leave such rows out`);
    if (!Number.isFinite(predicted[i]))
      refuse(`the prediction of row ${i} is ${predicted[i]!}; a metric needs finite numbers`);
  }
}
