import type { DeploymentStatistics } from './deployment-statistics.js';
import type { EvidenceSettings } from './evidence-settings.js';

/** Everything a decision is computed from; replaying it gives the same decision, to the bit. Plain JSON. */
export interface DecisionInputs {
  readonly version: 1;
  /**
   * 2: the smaller arm of split traffic is taken to vary at least as much as the larger one, and counts of requests weigh
   * what their routing keys do. Absent from decisions of before, which replay by the rules of then.
   */
  readonly rules?: 2 | undefined;
  /** Names from the policy's `canary.evaluation_metrics`. */
  readonly metrics: readonly string[];
  /** The canary must be proved at least this good, relative to production. */
  readonly promotionThreshold: number;
  /** Proved worse than this, relative to production, it is rolled back. */
  readonly rollbackThreshold: number;
  /** Probability of ever promoting a worse or rolling back a good canary, per test. */
  readonly alpha: number;
  /** Observations in the smaller arm below which no asymptotic method is used. */
  readonly minObservations: number;
  /** When it is decided, UTC milliseconds. */
  readonly now: number;
  /** Promotion waits until the canary has been observed so long since its first step; 0: evidence is enough. */
  readonly evaluationWindowMs: number;
  /** Labels are complete so long after the end of a request's cohort; only then does the cohort count. */
  readonly labelWindowMs: number;
  readonly settings: EvidenceSettings;
  readonly limits: CanaryLimits;
  /** Every step so far, in order; a request refers to the one in force when it was routed. */
  readonly steps: readonly StepLog[];
  /** Set when somebody pulled the kill switch. */
  readonly halt: { readonly by: string; readonly reason: string } | null;
  readonly statistics: DeploymentStatistics;
}

/** One step of a rollout and the share of traffic in force during it. */
export interface StepLog {
  /** Unique in the deployment and increasing. A new share is a new step. */
  readonly step: number;
  /** `shadow`: both models score, production answers. `split`: the canary answers its share. */
  readonly mode: 'shadow' | 'split';
  /** Share of requests the canary answers, in (0, 1); in a shadow step the share that is scored twice, in (0, 1]. */
  readonly share: number;
  /** UTC milliseconds. */
  readonly beganAt: number;
}

/**
 * Hard limits in the manner of RTS 6: what a candidate may do before anything is proved. A breach rolls back at once.
 * null: no limit.
 */
export interface CanaryLimits {
  /** Predictions the canary may answer. */
  readonly maxPredictions: number | null;
  /** Notional of the predictions the canary may answer, in the unit of `Outcome.value`. */
  readonly maxValue: number | null;
  /** Requests the canary may fail. */
  readonly maxErrors: number | null;
}

export const noLimits: CanaryLimits = { maxPredictions: null, maxValue: null, maxErrors: null };
