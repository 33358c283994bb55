import type { GateResult } from '../registry/gate-result.js';
import type { DeploymentStatus } from './deployment.js';

export interface CreateCanaryOptions {
  readonly modelName: string;
  readonly candidateVersion: string;
  readonly deployedBy?: string;
  /** Share of requests as a fraction, 0.05 being five percent; `canary.initial_canary_percentage` unless told. */
  readonly initialTrafficPercentage?: number;
}

export interface RoutePredictionOptions {
  readonly modelName: string;
  /** The request's features; routing does not look at them. */
  readonly features?: Readonly<Record<string, unknown>>;
  /** Requests with one key stay on one side; 7 and '7' are one key. Without it each request is assigned by itself. */
  readonly routingKey?: string | number;
}

/** What became of a promotion. */
export type CanaryPromotion =
  | {
      readonly status: 'promoted';
      readonly version: string;
      readonly archivedVersion?: string;
      readonly gates: readonly GateResult[];
    }
  | { readonly status: 'refused'; readonly version: string; readonly failures: readonly GateResult[] };

export interface ListDeploymentsOptions {
  readonly modelName?: string;
  readonly status?: DeploymentStatus;
  /** 100 unless told. */
  readonly limit?: number;
  readonly cursor?: string;
}
