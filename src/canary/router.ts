import type { IdSource } from '../util/ids.js';
import { bucketOf, saltSeed } from './bucketing.js';

/** Where a request goes. Plain data; pass it on to `recordOutcome`. */
export interface RouteDecision {
  readonly routeToCanary: boolean;
  /** Unique to this request. */
  readonly requestId: string;
  /** The version that should answer; undefined when this process does not know of one yet. */
  readonly version: string | undefined;
  /** The canary deployment in force, if any, whichever side the request is on. */
  readonly deploymentId: string | undefined;
  /**
   * `canary`, `production`: assigned by an active canary. `no_canary`: none is active. `not_loaded`: this process has
   * not read the model's state yet (await `refresh`). `failed`: routing itself failed, and production serves.
   */
  readonly reason: 'canary' | 'production' | 'no_canary' | 'not_loaded' | 'failed';
}

/** What routing needs to know of a model. */
export interface RoutingState {
  readonly production: string | undefined;
  readonly canary?: {
    readonly deploymentId: string;
    readonly candidateVersion: string;
    readonly trafficFraction: number;
    readonly salt: string;
  };
}

/** What a request is routed by. */
export interface RouteRequest {
  readonly modelName: string;
  readonly routingKey?: string | number;
}

interface Route {
  readonly production: string | undefined;
  readonly candidate: string | undefined;
  readonly deploymentId: string | undefined;
  readonly fraction: number;
  readonly seed: number;
}

/** Assigns requests to versions: synchronous, without I/O, and never throwing. */
export class Router {
  readonly #routes = new Map<string, Route>();

  constructor(private readonly ids: IdSource) {}

  set(modelName: string, { production, canary }: RoutingState): void {
    this.#routes.set(modelName, {
      production,
      candidate: canary?.candidateVersion,
      deploymentId: canary?.deploymentId,
      fraction: canary?.trafficFraction ?? 0,
      seed: saltSeed(canary?.salt ?? ''),
    });
  }

  route(request: RouteRequest): RouteDecision {
    let requestId = '';
    let serving: string | undefined;
    try {
      const { modelName, routingKey } = request;
      const route = this.#routes.get(modelName);
      serving = route?.production;
      requestId = this.ids.next();
      if (route === undefined) return answer(false, requestId, undefined, undefined, 'not_loaded');
      const { production, candidate, deploymentId, fraction, seed } = route;
      if (candidate === undefined) return answer(false, requestId, production, undefined, 'no_canary');
      return bucketOf(seed, String(routingKey ?? requestId)) < fraction
        ? answer(true, requestId, candidate, deploymentId, 'canary')
        : answer(false, requestId, production, deploymentId, 'production');
    } catch {
      return answer(false, requestId, serving, undefined, 'failed');
    }
  }
}

const answer = (
  routeToCanary: boolean,
  requestId: string,
  version: string | undefined,
  deploymentId: string | undefined,
  reason: RouteDecision['reason'],
): RouteDecision => ({ routeToCanary, requestId, version, deploymentId, reason });
