/** What a collector must know to turn outcomes into statistics; fixed for the life of a deployment. */
export interface EvidenceSettings {
  readonly task: 'regression' | 'classification';
  /** Length of a cohort of requests whose labels mature together; see `cohortLengthMs`. 0: one cohort. */
  readonly cohortMs: number;
  /** A request slower than this breaches the latency budget, milliseconds; null: no budget. */
  readonly latencyBudgetMs: number | null;
  /** Regression: a prediction off by more than this is a miss, in units of the target; null: not looked at. */
  readonly missBudget: number | null;
  /** Regression: largest possible |prediction − actual|, if the caller knows one; lets shadow evidence be exact. */
  readonly lossBound: number | null;
}

/**
 * Length of the cohorts in which requests wait for their labels: an eighth of the label window, at least an hour. 0
 * without a window: labels come with the outcome and everything counts at once.
 */
export const cohortLengthMs = (labelWindowMs: number): number =>
  labelWindowMs <= 0 ? 0 : Math.max(3_600_000, Math.ceil(labelWindowMs / 8));
