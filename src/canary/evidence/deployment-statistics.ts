import type { EncodedSum } from '../../stats/exact-accumulator.js';

/**
 * What is known of a deployment's outcomes: sufficient statistics as plain JSON. It is also the delta of one flush.
 * Merging (`mergeStatistics`) is associative, commutative and exact: any partition into processes and flushes gives the
 * same bits. A full record is tens of kilobytes, so writers should fold deltas together rather than keep each.
 */
export interface DeploymentStatistics {
  readonly version: 1;
  readonly task: 'regression' | 'classification';
  /** In the order of step, then cohort; means are never pooled across them. */
  readonly strata: readonly StratumStatistics[];
}

/** Requests of one ramp step and one cohort of request times. */
export interface StratumStatistics {
  /** Number of the step in force when the request was routed; see `StepLog`. */
  readonly step: number;
  /** floor(time of the request / cohortMs); 0 when labels come with the outcome. */
  readonly cohort: number;
  /** Requests that one model answered. */
  readonly canary: ArmStatistics;
  readonly production: ArmStatistics;
  /** Shadow requests: both models scored them. */
  readonly pairs: PairStatistics;
}

export interface ArmStatistics {
  /** Notional of the predictions, without its sign; see `ValueSum`. */
  readonly value: EncodedSum;
  /** Requests in log-spaced latency buckets: [bucket, count], ascending; see `latencyBucket`. */
  readonly latency: readonly (readonly [bucket: number, count: number])[];
  /** All requests by key group. */
  readonly cells: CellTable;
  readonly events: EventUnits;
  /** The same by segment, in coarser key groups. */
  readonly segments: Readonly<Record<string, SegmentStatistics>>;
}

export interface SegmentStatistics {
  readonly cells: CellTable;
  readonly events: EventUnits;
}

/**
 * Counts and sums by key group. Routing keys are hashed into a fixed number of groups, and a variance is taken over
 * groups, so requests of one key may depend on each other however they like. Columns of equal length, `group` ascending.
 */
export interface CellTable {
  readonly group: readonly number[];
  readonly requests: readonly number[];
  /** Requests the model failed to answer, or answered with a number that is not finite or absurdly large. */
  readonly errors: readonly number[];
  /** Requests over the latency budget. */
  readonly slow: readonly number[];
  /** Requests with prediction and actual value. */
  readonly labels: readonly number[];
  /** Labelled requests that missed by more than `missBudget`. */
  readonly misses: readonly number[];
  /** Classification: true positives, false positives, false negatives; the rest of `labels` are true negatives. */
  readonly truePositives: readonly number[];
  readonly falsePositives: readonly number[];
  readonly falseNegatives: readonly number[];
  /** Regression: Σ|prediction − actual|. */
  readonly absolute: readonly EncodedSum[];
  /** Regression: Σ(prediction − actual)². */
  readonly squared: readonly EncodedSum[];
}

/**
 * Slots (hashes of routing keys) with at least one event, ascending. Each key counts once, however often it fails: the
 * unit of analysis is the unit that was randomized.
 */
export interface EventUnits {
  readonly error: readonly number[];
  readonly slow: readonly number[];
  readonly miss: readonly number[];
}

export interface PairStatistics {
  readonly value: EncodedSum;
  /** Latency of the candidate's shadow answers, as in {@link ArmStatistics}. */
  readonly latency: readonly (readonly [bucket: number, count: number])[];
  readonly all: PairTable;
  readonly segments: Readonly<Record<string, PairTable>>;
}

/** What two models did with the same requests. */
export interface PairTable {
  readonly requests: number;
  readonly errors: PairedCounts;
  readonly slow: PairedCounts;
  /** Requests that both answered and whose actual value is known. */
  readonly labels: number;
  readonly misses: PairedCounts;
  /** Regression: losses |e| and e² of the two models. */
  readonly absolute: PairSums;
  readonly squared: PairSums;
  /** Classification: counts by 4·(canary says positive) + 2·(production says positive) + (actual is positive). */
  readonly answers: readonly number[];
  /**
   * The same by routing key. Absent from the table of no pairs, and where any of them was stored by a version of this
   * package that did not keep keys.
   */
  readonly keys?: PairKeys;
}

/** Pairs by routing key: both models' cells are of the same requests, so a group's rows belong together. */
export interface PairKeys {
  readonly canary: CellTable;
  readonly production: CellTable;
  readonly events: PairEventUnits;
}

/** Slots of routing keys by what happened to their pairs. */
export interface PairEventUnits {
  readonly error: PairedSlots;
  readonly slow: PairedSlots;
  readonly miss: PairedSlots;
}

/** Slots with at least one pair in which an event happened to the canary only, production only, both; ascending. */
export interface PairedSlots {
  readonly canaryOnly: readonly number[];
  readonly productionOnly: readonly number[];
  readonly both: readonly number[];
}

/** In how many requests an event happened to the canary only, production only, both. */
export interface PairedCounts {
  readonly canaryOnly: number;
  readonly productionOnly: number;
  readonly both: number;
}

export interface PairSums {
  readonly canary: EncodedSum;
  readonly production: EncodedSum;
  readonly canarySquares: EncodedSum;
  readonly productionSquares: EncodedSum;
  readonly products: EncodedSum;
  /** Labelled requests in which a loss was above `lossBound`. */
  readonly aboveBound: number;
}
