import type { Row } from '../data/table.js';
import type { Clock } from '../util/clock.js';
import type { ModelAnswer } from './evidence/outcome.js';
import type { LiveModels } from './live-models.js';
import type { LoadedModel, LoadedModels } from './loaded-models.js';
import type { RouteDecision, RouteReason } from './router.js';
import type { ShadowQueue } from './shadow-queue.js';
import { isError } from '../util/is-error.js';

/** Which model predicts what in {@link CanaryDeploymentManager.predict}. */
export interface PredictOptions {
  readonly modelName: string;
  /** One record, as the model's features name its fields. */
  readonly features: object;
  /** As for `routePrediction`. */
  readonly routingKey?: string | number | undefined;
  readonly version?: string;
  /** Part of the business the request belongs to; harm is looked for in each. Else by the model's `segment_column`. */
  readonly segment?: string;
  /** Notional the prediction is about. */
  readonly value?: number;
  /**
   * Whom the request is about, such as a customer number. Where a prediction is kept for its label, what was said of them is
   * encrypted under a key of their own, until `DataProtection.eraseSubject`. Who they are is not stored.
   */
  readonly subject?: string;
  /** What is true, where that is known already; otherwise `recordActual` tells it later. */
  readonly actual?: number;
}

/** A prediction, and why this version made it. */
export interface PredictionResult extends Omit<RouteDecision, 'reason'> {
  /** Undefined when this process has no model to answer with (await `serve` first), or the model could not answer. */
  readonly prediction: number | undefined;
  /** Why the model could not answer, such as a column that is missing from the features. */
  readonly problem?: string;
  /**
   * As routing says, or: `candidate_failed`, `candidate_not_loaded`: production answered instead. `previous_version`:
   * the new production version is still being loaded, and the one before answered.
   */
  readonly reason: RouteReason | 'candidate_failed' | 'candidate_not_loaded' | 'previous_version';
}

/** The same as models may see it. */
type Request = PredictOptions & { readonly features: Row };

/** Route, score and record in one go: synchronous, without I/O, and never throwing. */
export class Predictor {
  constructor(
    private readonly live: LiveModels,
    private readonly models: LoadedModels,
    private readonly queue: ShadowQueue,
    private readonly clock: Clock,
  ) {}

  predict(given: PredictOptions): PredictionResult {
    const options = this.#prepare(given);
    const route = this.live.route(options);
    const chosen = this.models.find(options.modelName, route.version);
    if (chosen === undefined) return this.#withoutChosen(options, route);
    const { answer, problem } = score(chosen, options.features);
    this.live.record(outcomeOf(options, route, answer), this.clock.now());
    if (route.reason === 'shadow') this.#shadow(options, route, answer);
    if (problem === undefined) return { prediction: answer.prediction, ...route };
    if (!route.routeToCanary) return { prediction: undefined, problem, ...route };
    return this.#byProduction(options, route, 'candidate_failed');
  }

  /** The request as models may see it; nothing is left of features that cannot be read, which the model will say. */
  #prepare(options: PredictOptions): Request {
    const given = options as Request;
    try {
      const features = this.models.protect(given.features);
      const segment = given.segment ?? this.live.segmentOf(given.modelName, features);
      if (features === given.features && segment === given.segment) return given;
      return { ...given, features, ...(segment !== undefined && { segment }) };
    } catch {
      return { ...given, features: undefined as never };
    }
  }

  #withoutChosen(options: Request, route: RouteDecision): PredictionResult {
    if (route.reason === 'not_loaded' || route.version === undefined) return { prediction: undefined, ...route };
    return this.#byProduction(options, route, route.routeToCanary ? 'candidate_not_loaded' : 'previous_version');
  }

  /** The canary could not answer. Such an answer of production counts for neither: chance did not assign it. */
  #byProduction(options: Request, route: RouteDecision, reason: PredictionResult['reason']): PredictionResult {
    const { requestId, unit, deploymentId, step } = route;
    const loaded = this.models.production(options.modelName);
    const { answer, problem } = loaded === undefined ? { problem: undefined } : score(loaded, options.features);
    return {
      ...{ routeToCanary: false, requestId, version: loaded?.version, deploymentId, step, unit, reason },
      prediction: answer?.prediction,
      ...(problem !== undefined && { problem }),
    };
  }

  #shadow(options: Request, route: RouteDecision, production: ModelAnswer): void {
    const { modelName, features, actual, segment, value, subject } = options;
    const candidate = this.models.find(modelName, this.live.candidateOf(modelName));
    const at = this.clock.now();
    const isQueued =
      candidate !== undefined &&
      this.queue.push(() => {
        const canary = score(candidate, features).answer;
        this.live.recordPair(
          { modelName, canary, production, ...given({ actual, segment, value, subject }), ...route },
          at,
        );
      });
    if (!isQueued) this.live.dropShadow(modelName);
  }
}

/** What a model answers, and why it does not when it does not. */
interface Scored {
  readonly answer: ModelAnswer;
  readonly problem?: string;
}

function score({ model }: LoadedModel, features: Row): Scored {
  const began = performance.now();
  try {
    const prediction = model.predict(features);
    const latencyMs = performance.now() - began;
    if (Number.isFinite(prediction)) return { answer: { prediction, latencyMs } };
    return { answer: { latencyMs, error: true }, problem: `the model answered ${prediction}` };
  } catch (error) {
    const problem = isError(error) ? error.message : String(error);
    return { answer: { latencyMs: performance.now() - began, error: true }, problem };
  }
}

const outcomeOf = (
  { modelName, segment, value, actual, subject }: PredictOptions,
  { requestId, deploymentId, step, unit, version }: RouteDecision,
  answer: ModelAnswer,
) => ({
  ...{ modelName, requestId, deploymentId, step, unit, version },
  ...answer,
  ...given({ segment, value, actual, subject }),
});

/** The fields that are there. */
const given = <T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
