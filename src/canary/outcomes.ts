import type { PairedOutcome, RequestOutcome } from './evidence/outcome.js';

/**
 * What routing said of a request, to be passed on: `{ modelName, prediction, …, ...route }` (an object that begins with the
 * spread takes microseconds to make on Node 20). Without a step the one in force counts; without a unit, that of the
 * routing key, else every outcome is a unit of its own.
 */
export interface RoutedRequest {
  readonly modelName: string;
  readonly requestId?: string;
  readonly deploymentId?: string | undefined;
  readonly step?: number | undefined;
  readonly unit?: number | undefined;
  readonly routingKey?: string | number | undefined;
  /** As for `predict`. */
  readonly subject?: string | undefined;
}

/** What came of one request. */
export interface Outcome extends RoutedRequest, RequestOutcome {
  /** The version that answered, as routing said; without one, as where routing knew of none, it counts for nothing. */
  readonly version: string | undefined;
}

/** A request of a shadow step: what both versions said. */
export interface ShadowOutcome extends RoutedRequest, PairedOutcome {}
