import { sequencePValue } from '../../stats/sequential/asymptotic-confidence-sequence.js';
import { logSampleRatioEvidence } from '../../stats/sequential/sample-ratio.js';
import { stratifiedDifference } from '../../stats/stratified-difference.js';
import type { LabelJoinEvidence, SampleRatioEvidence } from './canary-verdict.js';
import type { DecisionInputs } from './decision-inputs.js';
import { groupCount } from './key-groups.js';
import { joinRate } from './measures.js';
import { pairsPerKey } from './repeated-keys.js';
import { type SortedStrata, splitStrata } from './ripe-strata.js';

/** Arms that differ this unlikely under a sound assignment make every comparison worthless. */
const checkAlpha = 0.001;

/**
 * Do both arms get the requests they should? The Dirichlet–multinomial e-process, multiplied over ramp steps, on counts
 * divided by their design effect: requests of one routing key are not independent assignments, so a count of n requests
 * weighs as n/deff (Rao & Scott 1981), deff from the variance between key groups, and at least what the number of requests
 * of a key makes it: where the canary has few keys, too little of that variance has been seen.
 */
export function checkSampleRatio(inputs: DecisionInputs, { split }: SortedStrata): SampleRatioEvidence {
  const steps = inputs.steps
    .filter(({ mode }) => mode === 'split')
    .map(({ step, share }) => {
      const deviations = new Float64Array(groupCount);
      const requestsOf = new Float64Array(groupCount);
      const counts: [number, number] = [0, 0];
      for (const stratum of split.filter((one) => one.step === step)) {
        for (const [i, { cells }] of [stratum.canary, stratum.production].entries()) {
          cells.group.forEach((group, row) => {
            const requests = cells.requests[row]!;
            counts[i]! += requests;
            requestsOf[group]! += requests;
            deviations[group]! += requests * (i === 0 ? 1 - share : -share);
          });
        }
      }
      return { share, counts, deviations, perKey: inputs.rules === 2 ? pairsPerKey(requestsOf) : 1 };
    });
  const ofSteps = designEffect(steps);
  const logEvidence = steps.reduce((sum, { share, counts: [canary, production], perKey }) => {
    const effect = Math.max(ofSteps, perKey);
    return sum + logSampleRatioEvidence([canary / effect, production / effect], [share, 1 - share]);
  }, 0);
  return { status: logEvidence >= -Math.log(checkAlpha) ? 'mismatch' : 'as_intended', logEvidence };
}

interface StepCounts {
  readonly share: number;
  readonly counts: readonly [number, number];
  /** Canary requests beyond the share, by key group. */
  readonly deviations: Float64Array;
  /** Requests that are one assignment. */
  readonly perKey: number;
}

/** Variance of the canary's count between key groups over the variance of independent assignments. */
function designEffect(steps: readonly StepCounts[]): number {
  let [between, independent] = [0, 0];
  for (let g = 0; g < groupCount; g++) between += steps.reduce((sum, { deviations }) => sum + deviations[g]!, 0) ** 2;
  for (const { share, counts } of steps) independent += (counts[0] + counts[1]) * share * (1 - share);
  return independent > 0 ? Math.max(1, between / independent) : 1;
}

/** Do labels come back equally often for both arms? The two-sided asymptotic sequence of the difference in join rates. */
export function checkLabelJoin(inputs: DecisionInputs, { split }: SortedStrata): LabelJoinEvidence {
  const strata = splitStrata(split, joinRate);
  const rate = (arm: 'canary' | 'production'): number | null => {
    const [counts, sums] = [total(strata.map((one) => one[arm].counts)), total(strata.map((one) => one[arm].sums))];
    return counts === 0 ? null : sums / counts;
  };
  const [canary, production] = [rate('canary'), rate('production')];
  if ((canary ?? 0) === 0 && (production ?? 0) === 0) {
    return { status: 'no_labels', canary, production, logEvidence: 0 };
  }
  const { information, z, canaryCount, productionCount } = stratifiedDifference(strata, 1, 1, inputs.rules === 2);
  const isEnough = Math.min(canaryCount, productionCount) >= inputs.minObservations;
  const options = { alpha: checkAlpha, tunedFor: inputs.minObservations };
  const pValue = isEnough ? sequencePValue(information, z, options) : 1;
  const logEvidence = pValue > 0 ? -Math.log(pValue) : 700;
  return { status: pValue <= checkAlpha ? 'mismatch' : 'balanced', canary, production, logEvidence };
}

const total = (columns: readonly Float64Array[]): number =>
  columns.reduce((sum, column) => sum + column.reduce((partial, value) => partial + value, 0), 0);
