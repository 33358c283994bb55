import { type SequenceOptions, logAsymptoticEvidence } from '../../stats/sequential/asymptotic-confidence-sequence.js';
import { type StratifiedDifference, type Stratum, stratifiedDifference } from '../../stats/stratified-difference.js';
import { type Measure, factorOf } from './measures.js';

/** What split traffic says about one measure. */
export interface Evidence {
  /** ln of the e-value. */
  readonly logEvidence: number;
  /** How many times as many observations a proof would take, if what is seen is the truth; null: cannot be told. */
  readonly neededFactor: number | null;
}

export const noEvidence: Evidence = { logEvidence: 0, neededFactor: null };

export interface EvidenceOptions {
  readonly alpha: number;
  readonly minObservations: number;
  /** See `DecisionInputs.rules`. */
  readonly rules?: 2 | undefined;
}

/**
 * Evidence that the canary is better (`worse`: worse) than `threshold` times as good as production, from requests that one
 * of them answered: the asymptotic e-value of the stratified difference. None below `minObservations` in the smaller arm.
 */
export function splitEvidence(
  strata: readonly Stratum[],
  measure: Measure,
  threshold: number,
  direction: 'better' | 'worse',
  options: EvidenceOptions,
): Evidence {
  const difference = stratifiedDifference(
    strata,
    factorOf(measure, threshold),
    measure.isRate ? 1 : 0,
    options.rules === 2,
  );
  const sign = (measure.better === 'higher') === (direction === 'better') ? 1 : -1;
  const seen = Math.min(difference.canaryCount, difference.productionCount);
  const z = sign * difference.z;
  const sequence = { alpha: options.alpha, tunedFor: options.minObservations };
  return {
    logEvidence: seen < options.minObservations ? 0 : logAsymptoticEvidence(difference.information, z, sequence),
    neededFactor: neededFactor(difference, z, sequence, options.minObservations / seen),
  };
}

const mostPatience = 1e6;

/** Smallest growth of the sample at which a z that grows with its root is a proof. */
function neededFactor(
  { information }: StratifiedDifference,
  z: number,
  options: SequenceOptions,
  least: number,
): number | null {
  if (!(z > 0) || !Number.isFinite(least)) return null;
  const isProof = (factor: number): boolean =>
    logAsymptoticEvidence(information * factor, z * Math.sqrt(factor), options) >= -Math.log(options.alpha);
  let high = Math.max(1, least);
  if (isProof(high)) return high;
  while (!isProof(high)) {
    high *= 2;
    if (high > mostPatience) return null;
  }
  let low = high / 2;
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (isProof(middle)) high = middle;
    else low = middle;
  }
  return high;
}
