import { averageEvidence } from './average-evidence.js';

/** Share of the largest bet that cannot lose everything, staked by each of the strategies that are averaged. */
const stakes = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** A value and how often it occurred. */
export interface Tally {
  readonly value: number;
  readonly count: number;
}

/**
 * Evidence that bounded values exceed 0 on average: ln of an e-value for "the expectation of each, given those before,
 * is at most 0". The mean over λ of Π(1 + λ·z), λ a share of 1/|low|. Exact for any number of observations; order does
 * not matter, so tallies suffice.
 *
 * Source: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", arXiv 2010.09686.
 *
 * @param low smallest possible value, below 0
 */
export function logBettingEvidence(values: readonly Tally[], low: number): number {
  return averageEvidence(
    stakes.map((stake) => {
      const lambda = stake / -low;
      let logWealth = 0;
      for (const { value, count } of values) if (count > 0) logWealth += count * Math.log1p(lambda * value);
      return logWealth;
    }),
  );
}
