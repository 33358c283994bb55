import type { JsonObject } from '../../util/json.js';

/** An operation of the library that begins. */
export interface OperationStart {
  /** As in the audit trail, such as `registry.promote`. */
  readonly operation: string;
  /** Where it is about one model. */
  readonly modelName?: string;
  readonly modelVersion?: string;
}

/** What came of it. */
export interface OperationEnd {
  /** `deny`: a rule or gate refused; that is an outcome, not an error. */
  readonly decision?: 'allow' | 'deny';
  /** What its audit record says besides who, when and why. */
  readonly detail?: JsonObject;
  /** What it failed with. */
  readonly error?: unknown;
}

/** One operation that is followed. */
export interface FollowedOperation {
  /** Runs the work so that what it begins is known to be part of it; returns and throws what the work does. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Called once, after the work. What it throws is ignored. */
  end(outcome: OperationEnd): void;
}

/**
 * Follows the operations of the library; `@bondx/mlops/opentelemetry` implements it. Calls on the hot path (routing, recording)
 * are no operations and never come here.
 */
export interface Telemetry {
  /** @returns undefined when nobody follows this one; what it throws is ignored, and nobody follows then */
  begin(start: OperationStart): FollowedOperation | undefined;
}
