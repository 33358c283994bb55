import type { IdSource } from '../util/ids.js';
import { bucketingVersion, hashOf, saltSeed, scale } from './bucketing.js';
import type { StoredDeployment } from './deployment.js';
import { currentStep } from './rollout.js';

/** Where a request goes. Plain data; pass it on to `recordOutcome`. */
export interface RouteDecision {
  readonly routeToCanary: boolean;
  /** Unique to this request. */
  readonly requestId: string;
  /** The version that should answer; undefined when this process does not know of one yet. */
  readonly version: string | undefined;
  /** The canary deployment that the request counts for, if any, whichever side it is on. */
  readonly deploymentId: string | undefined;
  /** The step of that deployment in force when the request was routed. */
  readonly step: number | undefined;
  /**
   * What was randomized: a 32-bit hash of the routing key, or of the request's id without one. Outcomes of one unit are
   * not independent. 0 when the request counts for no deployment.
   */
  readonly unit: number;
  readonly reason: RouteReason;
}

/**
 * - `canary`, `production`: assigned by an active canary.
 * - `shadow`: production answers, and the candidate is to score the request too (`production`: it need not).
 * - `paused`, `halted`: there is a canary, and it gets no requests.
 * - `override`: the caller named the version. `override_refused`: it named one that serves nothing now.
 * - `no_canary`: none is deployed.
 * - `not_loaded`: this process has not read the model's state yet (await `refresh`).
 * - `failed`: routing itself failed, and production serves.
 */
export type RouteReason =
  | 'canary'
  | 'production'
  | 'shadow'
  | 'paused'
  | 'halted'
  | 'override'
  | 'override_refused'
  | 'no_canary'
  | 'not_loaded'
  | 'failed';

/** Requests assigned so far. */
export interface RoutedCounts {
  canary: number;
  production: number;
  /** Scored by both. */
  shadow: number;
}

/** What a request is routed by. */
export interface RouteRequest {
  readonly modelName: string;
  readonly routingKey?: string | number;
  readonly version?: string;
}

/** What routing needs to know of a model. */
interface Route {
  readonly production: string | undefined;
  readonly candidate: string | undefined;
  readonly deploymentId: string | undefined;
  readonly step: number | undefined;
  /** What a request that the candidate is not chosen for is told. */
  readonly otherwise: RouteReason;
  /** Hashes below it are the candidate's, of 2³²; 0 when it gets none. */
  readonly threshold: number;
  readonly isShadow: boolean;
  readonly seed: number;
  readonly counts: RoutedCounts;
}

const noCounts: RoutedCounts = { canary: 0, production: 0, shadow: 0 };

/** Assigns requests to versions: synchronous, without I/O, and never throwing. */
export class Router {
  readonly #routes = new Map<string, Route>();

  constructor(private readonly ids: IdSource) {}

  /** @param counts where the requests that count for the deployment are counted */
  set(
    modelName: string,
    production: string | undefined,
    deployment?: StoredDeployment,
    counts: RoutedCounts = noCounts,
  ): void {
    this.#routes.set(modelName, routeOf(production, deployment, counts));
  }

  /** Takes all traffic from a model's canary, before anything is read or written. */
  halt(modelName: string): void {
    const route = this.#routes.get(modelName);
    if (route?.candidate !== undefined)
      this.#routes.set(modelName, { ...route, ...withoutTraffic, otherwise: 'halted' });
  }

  route(request: RouteRequest): RouteDecision {
    let requestId = '';
    let serving: string | undefined;
    try {
      const route = this.#routes.get(request.modelName);
      serving = route?.production;
      requestId = this.ids.next();
      if (route === undefined) return answer(false, requestId, undefined, undefined, undefined, 0, 'not_loaded');
      const { version, routingKey } = request;
      if (version !== undefined) return overridden(route, requestId, version);
      const { threshold, deploymentId, step, counts } = route;
      if (threshold === 0) return answer(false, requestId, serving, undefined, undefined, 0, route.otherwise);
      const key = typeof routingKey === 'string' ? routingKey : String(routingKey ?? requestId);
      const unit = hashOf(route.seed, key);
      if (route.isShadow) {
        if (unit >>> 0 >= threshold) return answer(false, requestId, serving, undefined, undefined, 0, 'production');
        counts.shadow++;
        return answer(false, requestId, serving, deploymentId, step, unit, 'shadow');
      }
      if (unit >>> 0 >= threshold) {
        counts.production++;
        return answer(false, requestId, serving, deploymentId, step, unit, 'production');
      }
      counts.canary++;
      return answer(true, requestId, route.candidate, deploymentId, step, unit, 'canary');
    } catch {
      return answer(false, requestId, serving, undefined, undefined, 0, 'failed');
    }
  }
}

const withoutTraffic = { threshold: 0, isShadow: false, step: undefined } as const;

function routeOf(
  production: string | undefined,
  deployment: StoredDeployment | undefined,
  counts: RoutedCounts,
): Route {
  const none = { production, ...withoutTraffic, seed: 0, counts };
  if (deployment === undefined) {
    return { ...none, candidate: undefined, deploymentId: undefined, otherwise: 'no_canary' };
  }
  const { candidateVersion: candidate, deploymentId, status, salt, bucketing } = deployment;
  const known = { ...none, candidate, deploymentId };
  // A function of a later release would send keys to the other side than that release does.
  if (bucketing !== bucketingVersion) return { ...known, otherwise: 'failed' };
  // Somebody moved another version into production: the canary was not compared with that one.
  const step = production === deployment.productionVersion ? currentStep(deployment) : undefined;
  if (step === undefined) return { ...known, otherwise: status === 'halted' ? 'halted' : 'paused' };
  return {
    ...known,
    step: step.step,
    otherwise: 'production',
    threshold: step.share * scale,
    isShadow: step.mode === 'shadow',
    seed: saltSeed(salt),
  };
}

/** Requests that were not assigned by chance count for no comparison. */
function overridden({ production, candidate, threshold, isShadow }: Route, id: string, version: string): RouteDecision {
  const isCandidate = version === candidate && threshold > 0 && !isShadow;
  if (isCandidate) return answer(true, id, version, undefined, undefined, 0, 'override');
  const reason = version === production ? 'override' : 'override_refused';
  return answer(false, id, production, undefined, undefined, 0, reason);
}

const answer = (
  routeToCanary: boolean,
  requestId: string,
  version: string | undefined,
  deploymentId: string | undefined,
  step: number | undefined,
  unit: number,
  reason: RouteReason,
): RouteDecision => ({ routeToCanary, requestId, version, deploymentId, step, unit, reason });
