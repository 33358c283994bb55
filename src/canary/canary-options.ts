import type { GateResult } from '../registry/gate-result.js';
import type { CanaryDeployment } from './deployment.js';
import type { ProcessStatus } from './process-report.js';
import type { CanaryStep } from './rollout-steps.js';
import type { RouteRequest } from './router.js';
import type { DeploymentStatus } from './transitions.js';

/** Which version {@link CanaryDeploymentManager.createCanaryDeployment} tries, on how much of the traffic. */
export interface CreateCanaryOptions {
  readonly modelName: string;
  readonly candidateVersion: string;
  readonly deployedBy?: string;
  /**
   * Share of requests as a fraction, 0.05 being five percent, for a rollout in one step. Without it and without `steps`,
   * the policy's `canary.steps`; without those, one step of `canary.initial_canary_percentage`.
   */
  readonly initialTrafficPercentage?: number;
  /** Steps of the rollout, of growing traffic; the first may be 0: shadow mode. Not beside `initialTrafficPercentage`. */
  readonly steps?: readonly CanaryStep[];
  /** In shadow mode, the share of requests that both versions score, above 0; all of them unless told. */
  readonly shadowSample?: number;
  /** How long after a request its actual value may come, hours; the policy's `canary.label_window_hours` unless told. */
  readonly labelWindowHours?: number;
}

/** A change of a deployment: who is responsible, and why. */
export interface ChangeCanaryOptions {
  /** A claim, recorded beside the principal. */
  readonly changedBy?: string;
  readonly reason?: string;
}

export interface AdjustTrafficOptions extends ChangeCanaryOptions {
  /** New share of requests, a fraction; 0 is shadow mode. At most `canary.max_canary_percentage`. */
  readonly trafficPercentage: number;
}

/** A deployment and the processes that serve or served it. */
export interface CanaryStatus {
  readonly deployment: CanaryDeployment;
  readonly processes: readonly ProcessStatus[];
}

/** What a halt found. */
export type CanaryHalt =
  | { readonly status: 'halted'; readonly deploymentId: string }
  /** There was no canary to halt. */
  | { readonly status: 'no_canary' };

export interface RoutePredictionOptions extends RouteRequest {
  readonly modelName: string;
  /** The request's features; routing does not look at them. */
  readonly features?: object;
  /** Requests with one key stay on one side; 7 and '7' are one key. Without it, or with '', each request is assigned by itself. */
  readonly routingKey?: string | number | undefined;
  /** Asks for a version: production, or the candidate of an active canary. Such requests count for no comparison. */
  readonly version?: string;
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

/** Which decisions {@link CanaryDeploymentManager.listDecisions} gives. */
export interface ListDecisionsOptions {
  /** Only so many, the newest; all unless told. */
  readonly limit?: number;
  /** Only those made by then, ISO 8601. */
  readonly until?: string;
}

/** Which canaries {@link CanaryDeploymentManager.listDeployments} gives. */
export interface ListDeploymentsOptions {
  readonly modelName?: string;
  readonly status?: DeploymentStatus;
  /** 100 unless told. */
  readonly limit?: number;
  readonly cursor?: string;
}
