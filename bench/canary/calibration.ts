import { betainc } from '../../src/stats/distributions/incomplete-beta.js';
import {
  type Effect,
  type RunResult,
  type Scenario,
  alpha,
  promotionThreshold,
  rollbackThreshold,
  simulate,
} from './scenarios.js';

/** A candidate, and the verdict that would be wrong for it. */
interface Candidate {
  readonly name: string;
  readonly effect: Effect;
  readonly wrong: 'promote' | 'rollback';
}

/** Harmless ones, and those exactly at the boundary of each hypothesis, where a method errs most. */
export const candidates: readonly Candidate[] = [
  { name: 'identical', effect: { loss: 1, errors: 1 }, wrong: 'rollback' },
  { name: 'losses at rollback_threshold', effect: { loss: 1 / rollbackThreshold, errors: 1 }, wrong: 'rollback' },
  { name: 'errors at rollback_threshold', effect: { loss: 1, errors: 1 / rollbackThreshold }, wrong: 'rollback' },
  { name: 'losses at promotion_threshold', effect: { loss: 1 / promotionThreshold, errors: 1 }, wrong: 'promote' },
];

export interface CalibrationRow {
  readonly scenario: string;
  readonly candidate: string;
  readonly wrong: 'promote' | 'rollback';
  readonly runs: number;
  readonly mistakes: number;
  /** Runs whose decision, stored and computed again, came out the same to the bit. */
  readonly replayed: number;
  /** P(at least so many mistakes) if each run erred with probability α. */
  readonly pValue: number;
}

export function calibrate(scenario: Scenario, candidate: Candidate, runs: number): CalibrationRow {
  let mistakes = 0;
  let replayed = 0;
  for (let run = 0; run < runs; run++) {
    const result: RunResult = simulate(scenario, candidate.effect, `${scenario.name}/${candidate.name}/${run}`, [
      'mae',
    ]);
    if (result.verdict === candidate.wrong) mistakes++;
    if (result.isReplayed) replayed++;
  }
  // P(X >= k) for X binomial(n, α) is I_α(k, n − k + 1).
  const pValue = mistakes === 0 ? 1 : betainc(mistakes, runs - mistakes + 1, alpha);
  return {
    scenario: scenario.name,
    candidate: candidate.name,
    wrong: candidate.wrong,
    runs,
    mistakes,
    replayed,
    pValue,
  };
}

/** The binomial test that a false-decision rate above α must fail. */
export const isMiscalibrated = ({ pValue }: CalibrationRow): boolean => pValue < 0.01;
