/** What came of one request, as far as the statistics are concerned. */
export interface RequestOutcome {
  /** What the model said: a number, or for a classification the probability of the positive class. */
  readonly prediction?: number;
  /** What was true: a number, or for a classification 0 or 1. */
  readonly actual?: number;
  readonly latencyMs?: number;
  /** Whether the model failed to answer. A prediction that is not finite counts as a failure too. */
  readonly error?: boolean;
  /** Notional the prediction was about, for `CanaryLimits.maxValue`. */
  readonly value?: number;
  /** Part of the business the request belongs to, such as a sector; harm is looked for in each. */
  readonly segment?: string;
}

/** The actual value of a request recorded before without one. */
export interface Label {
  readonly prediction: number;
  readonly actual: number;
  readonly segment?: string;
}

/** A request that both models scored. */
export interface PairedOutcome {
  readonly canary: ModelAnswer;
  readonly production: ModelAnswer;
  readonly actual?: number;
  readonly value?: number;
  readonly segment?: string;
}

/** What one of the two said. */
export type ModelAnswer = Pick<RequestOutcome, 'prediction' | 'latencyMs' | 'error'>;

/** The actual value of a pair recorded before without one. */
export interface PairLabel {
  readonly canaryPrediction: number;
  readonly productionPrediction: number;
  readonly actual: number;
  readonly segment?: string;
}
