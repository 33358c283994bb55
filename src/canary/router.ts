import type { IdSource } from '../util/ids.js';
import { bucketingVersion, hashOf, saltSeed, scale } from './bucketing.js';
import type { StoredDeployment } from './deployment.js';
import { currentStep } from './rollout.js';
import { type Route, RouteTable, type RoutedCounts, noCounts } from './route-table.js';

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

/** What a request is routed by. */
export interface RouteRequest {
  readonly modelName: string;
  readonly routingKey?: string | number | undefined;
  readonly version?: string;
}

/** Makes an unsigned order of the signed one. */
const signBit = 0x80000000;

/** Assigns requests to versions: synchronous, without I/O, and never throwing. */
export class Router {
  readonly #routes = new RouteTable();

  constructor(private readonly ids: IdSource) {}

  /** @param counts requests that counted for the deployment before */
  set(
    modelName: string,
    production: string | undefined,
    deployment?: StoredDeployment,
    counts: RoutedCounts = noCounts,
  ): void {
    this.#routes.set(modelName, routeOf(production, deployment), counts);
  }

  /** Requests that counted for the deployment of a model so far. */
  counts(modelName: string): RoutedCounts {
    const place = this.#routes.placeOf(modelName);
    return place === undefined ? noCounts : this.#routes.counts(place);
  }

  /** Takes all traffic from a model's canary, before anything is read or written. */
  halt(modelName: string): void {
    const routes = this.#routes;
    const place = routes.placeOf(modelName);
    if (place === undefined || routes.candidate(place) === undefined) return;
    const [production, candidate] = [routes.production(place), routes.candidate(place)];
    const deploymentId = routes.deploymentId(place);
    routes.set(modelName, { mode: 'halted', production, candidate, deploymentId }, routes.counts(place));
  }

  route(request: RouteRequest): RouteDecision {
    let requestId = '';
    let serving: string | undefined;
    try {
      const routes = this.#routes;
      const place = routes.placeOf(request.modelName);
      if (place !== undefined) serving = routes.production(place);
      requestId = this.ids.next();
      if (place === undefined) return answer(false, requestId, undefined, undefined, undefined, 0, 'not_loaded');
      const { version, routingKey } = request;
      if (version !== undefined) return this.#overridden(place, requestId, version);
      const mode = routes.mode(place);
      if (mode !== 'split' && mode !== 'shadow')
        return answer(false, requestId, serving, undefined, undefined, 0, mode);
      const given = typeof routingKey === 'string' ? routingKey : String(routingKey ?? '');
      const key = given === '' ? requestId : given; // who has no key to give often gives an empty one
      const unit = hashOf(routes.seed(place), key);
      const isChosen = (unit ^ signBit) <= routes.last(place);
      if (mode === 'shadow') {
        if (!isChosen) return answer(false, requestId, serving, undefined, undefined, 0, 'production');
        routes.countShadow(place);
        return answer(false, requestId, serving, routes.deploymentId(place), routes.step(place), unit, 'shadow');
      }
      const [deploymentId, step] = [routes.deploymentId(place), routes.step(place)];
      if (!isChosen) {
        routes.countProduction(place);
        return answer(false, requestId, serving, deploymentId, step, unit, 'production');
      }
      routes.countCanary(place);
      return answer(true, requestId, routes.candidate(place), deploymentId, step, unit, 'canary');
    } catch {
      return answer(false, requestId, serving, undefined, undefined, 0, 'failed');
    }
  }

  /** Requests that were not assigned by chance count for no comparison. */
  #overridden(place: number, id: string, version: string): RouteDecision {
    const production = this.#routes.production(place);
    const isCandidate = version === this.#routes.candidate(place) && this.#routes.mode(place) === 'split';
    if (isCandidate) return answer(true, id, version, undefined, undefined, 0, 'override');
    const reason = version === production ? 'override' : 'override_refused';
    return answer(false, id, production, undefined, undefined, 0, reason);
  }
}

function routeOf(production: string | undefined, deployment: StoredDeployment | undefined): Route {
  if (deployment === undefined) return { mode: 'no_canary', production };
  const { candidateVersion: candidate, deploymentId, status, salt, bucketing } = deployment;
  const known = { production, candidate, deploymentId };
  // A function of a later release would send keys to the other side than that release does.
  if (bucketing !== bucketingVersion) return { ...known, mode: 'failed' };
  // Somebody moved another version into production: the canary was not compared with that one.
  const step = production === deployment.productionVersion ? currentStep(deployment) : undefined;
  if (step === undefined) return { ...known, mode: status === 'halted' ? 'halted' : 'paused' };
  // Unsigned hashes below share · 2³² are the candidate's.
  const last = Math.ceil(step.share * scale) - 1 - scale / 2;
  return { ...known, mode: step.mode, step: step.step, seed: saltSeed(salt), last };
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
