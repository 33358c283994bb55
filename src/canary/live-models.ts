import type { Row } from '../data/table.js';
import { isSubject } from '../sealing/subject-key.js';
import type { IdSource } from '../util/ids.js';
import { isStorageName } from '../storage/storage-name.js';
import type { ModelAnswer } from './evidence/outcome.js';
import { storableSegment } from './evidence/segment-map.js';
import { LiveDeployment } from './live-deployment.js';
import type { Outcome, ShadowOutcome } from './outcomes.js';
import { type PredictionLog, labelsUntil } from './prediction-log.js';
import type { RouteState } from './route-state.js';
import { type RouteDecision, type RouteRequest, Router } from './router.js';
import type { LoggedPrediction } from './stored-prediction.js';

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

  constructor(
    private readonly ids: IdSource,
    readonly log: PredictionLog,
  ) {
    this.#router = new Router(ids);
  }

  /** Unique to this instance. */
  get processId(): string {
    return (this.#processId ??= this.ids.next());
  }

  route(request: RouteRequest): RouteDecision {
    return this.#router.route(request);
  }

  /** Never throws: a malformed outcome must not fail the request it came from. */
  record(outcome: Outcome, at: number): boolean {
    try {
      const live = this.#models.get(outcome.modelName)?.live;
      const unit = live?.record(outcome, at);
      if (unit === undefined) return false;
      if (live!.deployment.labelWindowMs > 0) this.#logOutcome(live!, outcome, unit, at);
      return true;
    } catch {
      return false;
    }
  }

  /** Never throws either. */
  recordPair(outcome: ShadowOutcome, at: number): boolean {
    try {
      const live = this.#models.get(outcome.modelName)?.live;
      const unit = live?.recordPair(outcome, at);
      if (unit === undefined) return false;
      if (live!.deployment.labelWindowMs > 0) this.#logPair(live!, outcome, unit, at);
      return true;
    } catch {
      return false;
    }
  }

  /** @returns whether the label counts; undefined when its deployment is not known here */
  recordLabel(logged: LoggedPrediction, actual: number): boolean | undefined {
    const live = this.#models.get(logged.modelName)?.live;
    return live?.deployment.deploymentId === logged.deploymentId ? live.recordLabel(logged, actual) : undefined;
  }

  /** Notes that a request could not be scored twice. */
  dropShadow(modelName: string): void {
    const live = this.#models.get(modelName)?.live;
    if (live !== undefined) live.droppedShadow++;
  }

  candidateOf(modelName: string): string | undefined {
    return this.#models.get(modelName)?.live?.deployment.candidateVersion;
  }

  /** The segment that a record belongs to by the policy, if it has one. */
  segmentOf(modelName: string, features: Row): string | undefined {
    const column = this.#models.get(modelName)?.live?.deployment.segmentColumn;
    const value = column == null ? undefined : features[column];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  }

  get modelNames(): readonly string[] {
    return [...this.#models.keys()];
  }

  /** Models and the fences of what is known of them. */
  get fences(): ReadonlyMap<string, number> {
    return new Map([...this.#models].map(([modelName, { fence }]) => [modelName, fence]));
  }

  /** Deployments that may have something to store, each with the requests that were routed by now. */
  get deployments(): readonly LiveDeployment[] {
    for (const live of this.#replaced) if (live.isStored) this.#replaced.delete(live);
    for (const [modelName, { live }] of this.#models) if (live) live.routed = this.#router.counts(modelName);
    return [...this.#replaced, ...[...this.#models.values()].flatMap(({ live }) => live ?? [])];
  }

  get hasUnstored(): boolean {
    return this.deployments.some(({ isStored }) => !isStored);
  }

  /** Whether requests were routed here, or anything came of them. */
  get hasServed(): boolean {
    return this.deployments.some(({ hasServed }) => hasServed);
  }

  /** Takes a state that was read from the store; one that is older than what is known changes nothing. */
  apply(state: RouteState, now: number): void {
    const { modelName, fence, production, deployment } = state;
    const known = this.#models.get(modelName);
    if (known !== undefined && fence < known.fence) return;
    let live = known?.live;
    if (live !== undefined) live.routed = this.#router.counts(modelName);
    if (deployment === undefined || deployment.value.deploymentId !== live?.deployment.deploymentId) live?.end();
    if (deployment !== undefined) {
      if (deployment.value.deploymentId !== live?.deployment.deploymentId) {
        if (live !== undefined) this.#replaced.add(live);
        live = new LiveDeployment(deployment, this.processId, now);
      }
      live.update(deployment);
      if (this.#halted.has(deployment.value.deploymentId)) live.end();
    }
    this.#models.set(modelName, { fence, live });
    this.#router.set(modelName, production, deployment?.value, live?.routed);
    if (live?.isOpen === false) this.#router.halt(modelName);
  }

  /** Takes a deployment's traffic away at once and for good: of the one that is under way unless told. */
  halt(modelName: string, deploymentId?: string): void {
    const live = this.#models.get(modelName)?.live;
    deploymentId ??= live?.deployment.deploymentId;
    if (deploymentId === undefined) return;
    this.#halted.add(deploymentId);
    if (live?.deployment.deploymentId !== deploymentId) return;
    live.end();
    this.#router.halt(modelName);
  }

  #logOutcome(live: LiveDeployment, outcome: Outcome, unit: number, at: number): void {
    const { actual, version } = outcome;
    if (Number.isFinite(actual) || !hasAnswered(outcome)) return;
    const arm = version === live.deployment.candidateVersion ? 'canary' : 'production';
    this.#log(live, { arm, unit, prediction: outcome.prediction, shadowPrediction: null }, outcome, at);
  }

  #logPair(live: LiveDeployment, outcome: ShadowOutcome, unit: number, at: number): void {
    const { canary, production, actual } = outcome;
    if (Number.isFinite(actual) || !hasAnswered(canary) || !hasAnswered(production)) return;
    const predictions = { prediction: production.prediction, shadowPrediction: canary.prediction };
    this.#log(live, { arm: 'pair', unit, ...predictions }, outcome, at);
  }

  #log(
    live: LiveDeployment,
    said: Pick<LoggedPrediction, 'arm' | 'unit' | 'prediction' | 'shadowPrediction'>,
    { requestId, modelName, step, subject, segment }: Outcome | ShadowOutcome,
    at: number,
  ): void {
    if (requestId === undefined) return;
    const { deploymentId, labelWindowMs } = live.deployment;
    const logged = {
      ...said,
      requestId,
      segment: segment === undefined ? null : storableSegment(segment),
      modelName,
      deploymentId,
      // A request that routing did not speak of belongs to the step in force.
      step: step ?? live.deployment.steps.at(-1)!.step,
      at,
      until: labelsUntil(at, labelWindowMs),
      actual: null,
    };
    // One that no record could hold would keep all others from being stored.
    const isStorable = isStorageName(requestId);
    // What is about somebody is not stored in the clear, also when the caller was wrong about how to say who.
    const isNamed = subject === undefined || isSubject(subject);
    if (!isStorable || !isNamed || !this.log.add(logged, subject)) live.droppedPredictions++;
  }
}

/** Whether there is a prediction that a label could be joined to. */
const hasAnswered = (answer: ModelAnswer): answer is ModelAnswer & { readonly prediction: number } =>
  answer.error !== true && Number.isFinite(answer.prediction);
