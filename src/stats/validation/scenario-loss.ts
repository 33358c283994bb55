import { MLOpsError } from '../../errors.js';

/** A loss weighted over scenarios, and what the weights lack. */
export interface ScenarioLoss {
  /** Of the weights; 1 when they are probabilities of all there is. */
  readonly totalWeight: number;
  /** Whether the weights sum to 1 to within 1e-9. */
  readonly isComplete: boolean;
  /** Σ weight·loss. */
  readonly expectedLoss: number;
}

/**
 * Expected credit loss over macroeconomic scenarios, which IFRS 9 5.5.17(a) wants unbiased and weighted by probability.
 *
 * @throws MLOpsError `INVALID_INPUT` for none, negative weights, or values that are not finite
 */
export function scenarioLoss(scenarios: readonly { readonly weight: number; readonly loss: number }[]): ScenarioLoss {
  if (scenarios.length === 0) throw new MLOpsError('INVALID_INPUT', 'there are no scenarios; expected one or more');
  let totalWeight = 0;
  let expectedLoss = 0;
  scenarios.forEach(({ weight, loss }, i) => {
    if (!(weight >= 0 && weight < Infinity) || !Number.isFinite(loss)) {
      throw new MLOpsError(
        'INVALID_INPUT',
        `scenario ${i} has weight ${weight} and loss ${loss}; expected finite numbers`,
      );
    }
    totalWeight += weight;
    expectedLoss += weight * loss;
  });
  return { totalWeight, isComplete: Math.abs(totalWeight - 1) <= 1e-9, expectedLoss };
}
