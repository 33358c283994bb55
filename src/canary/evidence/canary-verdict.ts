/** Promote, roll back or hold, with the evidence. */
export interface CanaryVerdict {
  readonly verdict: 'promote' | 'rollback' | 'hold';
  /** What settled it. */
  readonly cause: VerdictCause;
  /** One sentence for a person. */
  readonly reason: string;
  readonly metrics: readonly MetricEvidence[];
  readonly guardrails: readonly GuardrailEvidence[];
  readonly segments: readonly SegmentEvidence[];
  readonly sampleRatio: SampleRatioEvidence;
  readonly labelJoin: LabelJoinEvidence;
  /** How long the arms take; nothing is decided by it, the latency guardrail decides. */
  readonly latency: readonly LatencyEvidence[];
  /** Requests, failures and notional that the canary answered for. */
  readonly used: { readonly predictions: number; readonly errors: number; readonly value: number };
}

/**
 * Rollback: `halted`, `limit`, `guardrail`, `metric`, `segment`. Hold: `sample_ratio`, `label_join`, `no_metric`,
 * `insufficient_evidence`, `evaluation_window`. Promotion: `proved`.
 */
export type VerdictCause =
  | 'halted'
  | 'limit'
  | 'guardrail'
  | 'metric'
  | 'segment'
  | 'sample_ratio'
  | 'label_join'
  | 'no_metric'
  | 'insufficient_evidence'
  | 'evaluation_window'
  | 'proved';

/**
 * `good_enough`: proved at least `promotion_threshold` as good. `harmful`: proved worse than `rollback_threshold`.
 * `undecided`: the data cannot tell yet. `not_applicable`: the metric means nothing for this task.
 */
export type MetricStatus = 'good_enough' | 'harmful' | 'undecided' | 'not_applicable';

/** What the outcomes of both arms say about one metric. */
export interface MetricEvidence {
  readonly metric: string;
  readonly status: MetricStatus;
  readonly canary: Estimate | null;
  readonly production: Estimate | null;
  /** ln of the e-value for "at least `promotion_threshold` as good"; proof from ln(1/α). */
  readonly logEvidenceGoodEnough: number;
  /** ln of the e-value for "worse than `rollback_threshold`". */
  readonly logEvidenceHarmful: number;
  /** Estimated labelled requests in all that a proof would take, if what is seen so far is the truth; null: cannot be told. */
  readonly needed: number | null;
  readonly message: string;
}

/** A metric of one arm over all steps. Descriptive only: steps are pooled here, and nowhere else. */
export interface Estimate {
  readonly n: number;
  readonly mean: number;
}

export interface GuardrailEvidence {
  readonly guardrail: 'errors' | 'latency' | 'misses';
  readonly status: 'harmful' | 'no_harm_shown';
  readonly canary: { readonly requests: number; readonly events: number };
  readonly production: { readonly requests: number; readonly events: number };
  /** ln of the e-value for "happens more than 1/`rollback_threshold` times as often". */
  readonly logEvidence: number;
  readonly message: string;
}

export interface SegmentEvidence {
  readonly segment: string;
  /** ln of the e-value for harm in this segment, over its metrics and guardrails. */
  readonly logEvidence: number;
  /** Named by the e-Benjamini–Hochberg procedure. */
  readonly isHarmful: boolean;
}

export interface SampleRatioEvidence {
  readonly status: 'as_intended' | 'mismatch';
  /** ln of the e-value for "the arms do not get the share they should". */
  readonly logEvidence: number;
}

export interface LabelJoinEvidence {
  readonly status: 'balanced' | 'mismatch' | 'no_labels';
  /** Share of matured requests whose label is known. */
  readonly canary: number | null;
  readonly production: number | null;
  readonly logEvidence: number;
}

/** A quantile of the latencies of both arms over all steps, as an interval that is valid however often it is looked at. */
export interface LatencyEvidence {
  readonly quantile: 0.5 | 0.99;
  readonly canary: LatencyInterval | null;
  readonly production: LatencyInterval | null;
}

/** Milliseconds; `upper` is null while the requests cannot bound it: for p99 below some 500 to 830. */
export interface LatencyInterval {
  readonly requests: number;
  readonly lower: number;
  readonly upper: number | null;
}
