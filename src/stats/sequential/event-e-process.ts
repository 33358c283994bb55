import { averageEvidence } from './average-evidence.js';

/** Events seen while one traffic share was in force. */
export interface EventCounts {
  /** Share of traffic that went to the canary, in (0, 1). */
  readonly share: number;
  readonly canary: number;
  readonly production: number;
}

/** e^θ for "more"; its inverse for "fewer". */
const grid = [1.1, 1.25, 1.5, 2, 3, 5, 10];

/**
 * Evidence that the canary's rate of events (errors, breaches of a budget) is more than `ratio` times production's: the
 * logarithm of an e-value, valid at every moment at once and exact under any change of the base rate and any ramp.
 * Reject "at most `ratio` times" when it reaches ln(1/α).
 *
 * Given an event, it is the canary's with probability q = πr/(πr + 1 − π). E is the mean over a grid of θ of
 * Π e^{θ·1[canary]}/(1 − q + q·e^θ), e^θ in 1.1 … 10. Source: the multinomial test of Lindon & Malek, arXiv 2011.03567,
 * applied to the arm each event came from.
 */
export const logEvidenceOfMoreEvents = (steps: readonly EventCounts[], ratio = 1): number =>
  averageEvidence(grid.map((odds) => logProduct(steps, ratio, odds)));

/** Evidence that the rate is less than `ratio` times production's; see {@link logEvidenceOfMoreEvents}. */
export const logEvidenceOfFewerEvents = (steps: readonly EventCounts[], ratio = 1): number =>
  averageEvidence(grid.map((odds) => logProduct(steps, ratio, 1 / odds)));

function logProduct(steps: readonly EventCounts[], ratio: number, odds: number): number {
  let sum = 0;
  for (const { share, canary, production } of steps) {
    const q = (share * ratio) / (share * ratio + 1 - share);
    sum += canary * Math.log(odds) - (canary + production) * Math.log(1 - q + q * odds);
  }
  return sum;
}
