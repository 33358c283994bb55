/** One stretch of a rollout and the share of traffic in force during it. */
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
