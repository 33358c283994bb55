import type { IdSource } from '../util/ids.js';
import { LiveDeployment } from './live-deployment.js';
import type { Outcome } from './outcomes.js';
import type { RouteState } from './route-state.js';
import { type RouteDecision, type RouteRequest, Router } from './router.js';

/** What one process knows of a model. */
interface LiveModel {
  readonly fence: number;
  /** The deployment under way, or the last one: outcomes of its requests still come in. */
  readonly live: LiveDeployment | undefined;
}

/** The models one process serves: routing, and what came of the requests. Everything here is synchronous. */
export class LiveModels {
  readonly #router: Router;
  readonly #models = new Map<string, LiveModel>();
  /** Deployments that another one took the place of, until everything about them is stored. */
  readonly #replaced = new Set<LiveDeployment>();
  /** Deployments halted here: no state read before or after brings their traffic back. */
  readonly #halted = new Set<string>();

  #processId: string | undefined;

  constructor(private readonly ids: IdSource) {
    this.#router = new Router(ids);
  }

  route(request: RouteRequest): RouteDecision {
    return this.#router.route(request);
  }

  /** Never throws. */
  record(outcome: Outcome): boolean {
    try {
      return this.#models.get(outcome.modelName)?.live?.record(outcome) ?? false;
    } catch {
      return false; // a malformed outcome must not fail the request it came from
    }
  }

  /** Models and the fences of what is known of them. */
  get fences(): ReadonlyMap<string, number> {
    return new Map([...this.#models].map(([modelName, { fence }]) => [modelName, fence]));
  }

  /** Deployments that may have something to store. */
  get deployments(): readonly LiveDeployment[] {
    for (const live of this.#replaced) if (live.isStored) this.#replaced.delete(live);
    return [...this.#replaced, ...[...this.#models.values()].flatMap(({ live }) => live ?? [])];
  }

  get hasUnstored(): boolean {
    return this.deployments.some(({ isStored }) => !isStored);
  }

  /** Takes a state that was read from the store; one that is older than what is known changes nothing. */
  apply(state: RouteState, now: number): void {
    const { modelName, fence, production, deployment } = state;
    const known = this.#models.get(modelName);
    if (known !== undefined && fence < known.fence) return;
    let live = known?.live;
    if (deployment === undefined || deployment.value.deploymentId !== live?.deploymentId) live?.end();
    if (deployment !== undefined) {
      if (deployment.value.deploymentId !== live?.deploymentId) {
        if (live !== undefined) this.#replaced.add(live);
        live = new LiveDeployment(deployment, (this.#processId ??= this.ids.next()), now);
      }
      live.update(deployment);
      if (this.#halted.has(live.deploymentId)) live.end();
    }
    this.#models.set(modelName, { fence, live });
    this.#router.set(modelName, production, deployment?.value, live?.counts);
    if (live?.isOpen === false) this.#router.halt(modelName);
  }

  /** Takes a deployment's traffic away at once and for good. */
  halt(modelName: string, deploymentId: string): void {
    this.#halted.add(deploymentId);
    const live = this.#models.get(modelName)?.live;
    if (live?.deploymentId !== deploymentId) return;
    live.end();
    this.#router.halt(modelName);
  }
}
