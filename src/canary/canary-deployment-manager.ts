import type { MLOpsConfig } from '../config/mlops-config.js';
import { modelOrStore } from '../governance/access/scope.js';
import { ControlPlane } from '../governance/control-plane.js';
import type { OperationRequest, Plan } from '../governance/control-plane.js';
import type { AuditedOperation } from '../governance/operations.js';
import { ModelRegistry } from '../registry/model-registry.js';
import { checkVersion } from '../registry/version-number.js';
import { type Context, type ContextOptions, contextOf, deriveContext, shareContext } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import { dataBoundary } from '../runtime/protection.js';
import { SubjectKeys } from '../sealing/subject-keys.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { checkName, checkObject, checkOptionalName, checkOptions, refuse } from '../util/check.js';
import { tell, teller } from '../util/tell.js';
import { type AutomateOptions, type Automation, leasedDeployments } from './automation.js';
import { Background } from './background.js';
import type {
  AdjustTrafficOptions,
  CanaryHalt,
  CanaryPromotion,
  CanaryStatus,
  ChangeCanaryOptions,
  CreateCanaryOptions,
  ListDecisionsOptions,
  ListDeploymentsOptions,
  RoutePredictionOptions,
} from './canary-options.js';
import {
  checkLabelWindow,
  checkShadowSample,
  checkTraffic,
  checkWhy,
  creationOptions,
  planOf,
} from './canary-checks.js';
import { type CanaryDecision, type CanaryDeployment, viewDeployment } from './deployment.js';
import { loadDeployment } from './deployment-lookups.js';
import { decisionScope, deploymentScope, predictionScope } from './scopes.js';
import { type DeploymentPage, listDecisions, listDeployments, loadDecision } from './deployment-pages.js';
import { planEvaluation } from './evaluation.js';
import { LiveModels } from './live-models.js';
import { LoadedModels } from './loaded-models.js';
import { ModelFollower } from './model-follower.js';
import type { Outcome, ShadowOutcome } from './outcomes.js';
import { type Request, operationOf, planAction, planCreation, planHalt, planPromotion, planRollback } from './plans.js';
import { type LabelResult, PredictionLog, joinLabel } from './prediction-log.js';
import { type PredictOptions, type PredictionResult, Predictor } from './predictor.js';
import { readReports, viewProcess } from './process-report.js';
import type { ShareChange } from './rollout.js';
import type { RouteDecision } from './router.js';
import { ShadowQueue } from './shadow-queue.js';

/**
 * Lets a candidate prove itself on a share of the traffic. Routing and recording happen inside the caller's process,
 * synchronously and without I/O; decisions are statistics that stay valid however often they are asked for.
 *
 * An instance follows the models it deployed or was told to `refresh`: what other processes change takes effect here
 * within a second, and outcomes are stored every second, until `close`. Neither keeps the process alive.
 */
export class CanaryDeploymentManager {
  readonly #context: Context;
  readonly #control: ControlPlane;
  readonly #live: LiveModels;
  readonly #models: LoadedModels;
  readonly #queue = new ShadowQueue();
  readonly #predictor: Predictor;
  readonly #background = new Background();
  readonly #follower: ModelFollower;

  constructor(
    config: MLOpsConfig,
    private readonly registry: ModelRegistry,
    private readonly options: ContextOptions = {},
  ) {
    if (!(registry instanceof ModelRegistry)) {
      refuse('new CanaryDeploymentManager takes a config and a ModelRegistry of this copy of the package');
    }
    this.#context = deriveContext({ ...contextOf(registry), config }, options);
    this.#control = new ControlPlane(this.#context);
    const { clock, ids, keys } = this.#context;
    const minimumDays = this.#context.config.policy.retention.predictionsMinimumDays;
    this.#live = new LiveModels(ids, new PredictionLog({ subjects: new SubjectKeys(keys), minimumDays }));
    this.#models = new LoadedModels(
      (modelName, version) => registry.loadModel(modelName, { version }),
      dataBoundary(this.#context),
    );
    this.#predictor = new Predictor(this.#live, this.#models, this.#queue, clock);
    this.#follower = new ModelFollower(this.#control, clock, this.#live, this.#models, this.#background);
    shareContext(this, this.#context);
  }

  /** The same manager, used by somebody else. It routes by its own copy of the state: await `refresh` before. */
  withPrincipal(principal: Principal): CanaryDeploymentManager {
    return new CanaryDeploymentManager(this.#context.config, this.registry, { ...this.options, principal });
  }

  /**
   * Begins a canary: the candidate (moved to Staging if it was in Development) gets a share of the requests, production
   * keeps the rest.
   *
   * @returns the deployment's id
   * @throws MLOpsError `ILLEGAL_STATE` without a production version, while another canary is active, or for a candidate
   *   that was rolled back `canary.max_rollback_count` times; `INVALID_INPUT` above `canary.max_canary_percentage`
   */
  async createCanaryDeployment(options: CreateCanaryOptions): Promise<string> {
    checkOptions(options, creationOptions, 'createCanaryDeployment');
    const creation = {
      deploymentId: '',
      modelName: checkName(options.modelName, 'modelName'),
      candidateVersion: checkVersion(options.candidateVersion),
      plan: planOf(options, this.#context.config.policy.canary),
      shadowFraction: checkShadowSample(options.shadowSample),
      labelWindowMs: checkLabelWindow(options.labelWindowHours, this.#context.config.policy.canary),
    };
    const request = { onBehalfOf: checkOptionalName(options.deployedBy, 'deployedBy'), reason: undefined };
    const deploymentId = this.#context.ids.next();
    await this.#control.change(
      'canary.deploy',
      { ...about(deploymentId, request), scope: { model: creation.modelName } },
      (storage) => planCreation(this.#context, storage, { ...creation, deploymentId }, request),
    );
    await this.refresh(creation.modelName);
    return deploymentId;
  }

  /**
   * Which version answers a request. Synchronous, deterministic in the deployment and the routing key, and never
   * throwing: on any trouble production serves. Knows the models this instance deployed or was told to `refresh`.
   */
  routePrediction(options: RoutePredictionOptions): RouteDecision {
    return this.#live.route(options);
  }

  /**
   * Notes what came of a request, in memory; it is stored within a second, or by `flush`. Never throws.
   *
   * @returns whether it counts for an active canary
   */
  recordOutcome(outcome: Outcome): boolean {
    return this.#live.record(outcome, this.#context.clock.now());
  }

  /**
   * Notes what both versions said of a request of a shadow step, for callers that score by themselves; `predict` does so
   * on its own. Never throws.
   *
   * @returns whether it counts
   */
  recordShadow(outcome: ShadowOutcome): boolean {
    return this.#live.recordPair(outcome, this.#context.clock.now());
  }

  /**
   * Routes a request, scores it with the registered model, and records the outcome: synchronous, without I/O, and never
   * throwing. In a shadow step the candidate scores the request too, after the answer. Await `serve` first.
   */
  predict(options: PredictOptions): PredictionResult {
    return this.#predictor.predict(options);
  }

  /** Loads the models that `predict` answers with, verified, and keeps them loaded as versions come and go. */
  async serve(modelName: string): Promise<void> {
    this.#models.want(checkName(modelName, 'modelName'));
    await this.#follower.refresh(modelName);
  }

  /**
   * Tells the actual value of a request that was recorded without one, in whatever process, while a label window was set
   * (`labelWindowHours`). Each request takes one label.
   */
  async recordActual(requestId: string, actual: number): Promise<LabelResult> {
    checkName(requestId, 'requestId');
    if (typeof actual !== 'number' || !Number.isFinite(actual)) refuse('actual must be a finite number');
    return this.#control.access(
      'canary.record_outcomes',
      predictionScope(requestId, this.#live.modelNames),
      (storage) =>
        joinLabel(storage, this.#live, { requestId, actual, now: this.#context.clock.now() }, (modelName) =>
          this.#follower.refresh(modelName),
        ),
    );
  }

  /** Stores the outcomes noted since the last time. When it returns they survive the process. */
  async flush(): Promise<void> {
    this.#queue.drain();
    await this.#follower.flush();
  }

  /**
   * Reads a model's routing state from the store, and follows it from then on: what other processes change takes effect
   * here within a second.
   */
  async refresh(modelName: string): Promise<void> {
    await this.#follower.refresh(checkName(modelName, 'modelName'));
  }

  /**
   * Stores outcomes, then decides from those of every process: promote, roll back or hold, with every input of the
   * decision. With `apply`, a promotion or rollback is carried out at once, and when neither is called for and the step
   * under way has lasted and seen enough, the next one begins. A candidate is promoted only from its last step.
   *
   * @returns with `failures` when gates refused the promotion; the canary stays as it is then
   */
  async evaluate(deploymentId: string, options: { readonly apply?: boolean } = {}): Promise<CanaryDecision> {
    checkOptions(options, ['apply'], 'evaluate');
    const decision = await this.#evaluate(checkName(deploymentId, 'deploymentId'), false);
    return options.apply === true ? this.#carryOut(decision) : decision;
  }

  /**
   * Makes the candidate production and archives the version that was, in one commit, if the gates of the policy allow.
   *
   * @returns `refused` with the gates that did not pass; the canary stays active then
   */
  async promoteCanary(deploymentId: string, deployedBy?: string, reason?: string): Promise<CanaryPromotion> {
    return this.#promote(deploymentId, checkWhy(deployedBy, reason));
  }

  /** Ends a canary: production serves every request again, and the candidate goes back to Development. */
  async rollbackCanary(deploymentId: string, deployedBy?: string, reason = 'rolled back by hand'): Promise<void> {
    const request = checkWhy(deployedBy, reason);
    await this.#change('canary.rollback', deploymentId, request, (storage) =>
      planRollback(this.#context, storage, deploymentId, request),
    );
  }

  /** Lets production answer everything until `resume`. */
  async pause(deploymentId: string, options: ChangeCanaryOptions = {}): Promise<void> {
    await this.#act('pause', deploymentId, options);
  }

  /** Goes on where `pause` stopped; the time and the evidence the step needs are counted anew. */
  async resume(deploymentId: string, options: ChangeCanaryOptions = {}): Promise<void> {
    await this.#act('resume', deploymentId, options);
  }

  /** Gives the candidate another share. An automatic rollout goes no further from a share chosen by hand. */
  async adjustTraffic(deploymentId: string, options: AdjustTrafficOptions): Promise<void> {
    const { trafficPercentage, ...why } = checkObject(options, 'what adjustTraffic is given');
    const { maxCanaryPercentage } = this.#context.config.policy.canary;
    const trafficFraction = checkTraffic(trafficPercentage, 'trafficPercentage', maxCanaryPercentage);
    await this.#act('adjust', deploymentId, why, { trafficFraction, planned: null });
  }

  /**
   * The kill switch: takes all traffic from a model's canary for good, in this process at once and in all others within
   * a second. One person is enough. What is left is to roll it back. Halting twice, or where there is no canary, is fine.
   */
  async halt(modelName: string, options: ChangeCanaryOptions = {}): Promise<CanaryHalt> {
    const resource = { type: 'model', id: checkName(modelName, 'modelName') };
    checkOptions(options, ['changedBy', 'reason'], 'halt');
    const request = checkWhy(options.changedBy, options.reason);
    const asked = { resource, scope: { model: modelName }, onBehalfOf: request.onBehalfOf };
    const halt = await this.#control.change('canary.halt', asked, (storage) =>
      planHalt(this.#context, storage, modelName, request, (id) => this.#live.halt(modelName, id)),
    );
    await this.refresh(modelName);
    return halt;
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async getDeployment(deploymentId: string): Promise<CanaryDeployment> {
    return this.#control.access('canary.read', deploymentScope(deploymentId), async (storage) =>
      viewDeployment((await loadDeployment(storage, deploymentId)).value),
    );
  }

  /** A deployment and the processes that serve or served it: what was routed, counted, late or lost. */
  async getStatus(deploymentId: string): Promise<CanaryStatus> {
    return this.#control.access('canary.read', deploymentScope(deploymentId), async (storage) => {
      const deployment = viewDeployment((await loadDeployment(storage, deploymentId)).value);
      const now = this.#context.clock.now();
      const processes = (await readReports(storage, deploymentId)).map((report) => viewProcess(report, now));
      return { deployment, processes };
    });
  }

  /** Deployments, newest first. */
  async listDeployments(options: ListDeploymentsOptions = {}): Promise<DeploymentPage> {
    checkOptions(options, ['modelName', 'status', 'limit', 'cursor'], 'listDeployments');
    return this.#control.access('canary.read', modelOrStore(options.modelName), (storage) =>
      listDeployments(storage, options),
    );
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async getDecision(decisionId: string): Promise<CanaryDecision> {
    checkName(decisionId, 'decisionId');
    return this.#control.access('canary.read', decisionScope(decisionId), (storage) =>
      loadDecision(storage, decisionId),
    );
  }

  /**
   * Decisions on a deployment, oldest first. Of those in a row that automatic mode made and that say the same, the first, the last
   * and some between are kept: an hour apart, closer while the canary is young.
   */
  async listDecisions(deploymentId: string, options: ListDecisionsOptions = {}): Promise<readonly CanaryDecision[]> {
    checkOptions(options, ['limit', 'until'], 'listDecisions');
    const { limit = Infinity } = options;
    if (!(limit >= 1)) refuse('limit must be at least 1');
    return this.#control.access('canary.read', deploymentScope(deploymentId), (storage) =>
      listDecisions(storage, deploymentId, options),
    );
  }

  /**
   * Automatic mode: evaluates every deployment that is under way on a schedule and carries out what is decided. Of many
   * processes that do so, one evaluates each deployment at a time.
   */
  automate(options: AutomateOptions = {}): Automation {
    checkOptions(options, ['everyMs', 'modelName', 'onDecision', 'onError'], 'automate');
    const { everyMs = 10_000, onDecision, onError } = options;
    if (!(everyMs >= 10 && everyMs <= 86_400_000)) refuse('everyMs must be 10 to 86400000 milliseconds');
    const report = onError && teller('onError of automatic mode', onError);
    const tellDecision =
      report === undefined
        ? onDecision && teller('onDecision of automatic mode', onDecision)
        : onDecision && ((decision: CanaryDecision) => tell(onDecision, [decision], report));
    const task = 'evaluating';
    if (this.#background.has(task)) refuse('this manager is in automatic mode already; stop that first');
    this.#background.every(task, everyMs, async () => {
      const { clock } = this.#context;
      const failures: unknown[] = []; // one holds up no other
      for (const deploymentId of await leasedDeployments(this.#control, clock, this.#live.processId, options)) {
        try {
          const decision = await this.#carryOut(await this.#evaluate(deploymentId, true));
          tellDecision?.(decision);
        } catch (error) {
          if (report === undefined) failures.push(error);
          else report(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    });
    return { stop: () => this.#background.stop(task) };
  }

  /** Stores outcomes not stored yet, and stops following. The registry keeps the storage open. */
  async close(): Promise<void> {
    this.#queue.drain();
    await this.#follower.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #evaluate(deploymentId: string, isAutomatic: boolean): Promise<CanaryDecision> {
    await this.#storeOutcomes();
    const decisionId = this.#context.ids.next();
    return this.#control.change('canary.evaluate', about(deploymentId), (storage) =>
      planEvaluation(this.#context, storage, deploymentId, decisionId, isAutomatic),
    );
  }

  async #storeOutcomes(): Promise<void> {
    this.#queue.drain();
    await this.#follower.storeOutcomes();
  }

  /** @param decision of evidence; none by a person */
  async #promote(deploymentId: string, request: Request, decision?: CanaryDecision): Promise<CanaryPromotion> {
    await this.#storeOutcomes();
    return this.#change('canary.promote', deploymentId, request, (storage, artifacts) =>
      planPromotion(this.#context, storage, artifacts, deploymentId, request, decision),
    );
  }

  async #act(
    action: keyof typeof operationOf,
    deploymentId: string,
    options: ChangeCanaryOptions,
    share?: ShareChange,
    decision?: CanaryDecision,
  ): Promise<void> {
    checkOptions(options, ['changedBy', 'reason'], action);
    const request = checkWhy(options.changedBy, options.reason);
    await this.#change(operationOf[action], deploymentId, request, (storage) =>
      planAction(this.#context, storage, deploymentId, action, request, share, decision),
    );
  }

  /** Carries out a plan, then takes over what it made of the model. */
  async #change<T>(
    operation: AuditedOperation,
    deploymentId: string,
    request: Request,
    plan: (storage: Storage, artifacts: ArtifactStore) => Promise<Plan<T>>,
  ): Promise<T> {
    checkName(deploymentId, 'deploymentId');
    const result = await this.#control.change(operation, about(deploymentId, request), plan);
    const { modelName } = await this.getDeployment(deploymentId);
    await this.refresh(modelName);
    return result;
  }

  async #carryOut(decision: CanaryDecision): Promise<CanaryDecision> {
    const { decisionId, deploymentId, advice } = decision;
    const reason = `decision ${decisionId}: ${advice.reason}`;
    switch (advice.action) {
      case 'promote': {
        const promotion = await this.#promote(deploymentId, { onBehalfOf: undefined, reason }, decision);
        if (promotion.status === 'refused') return Object.freeze({ ...decision, failures: promotion.failures });
        break;
      }
      case 'rollback':
        await this.rollbackCanary(deploymentId, undefined, reason);
        break;
      case 'advance': {
        const planned = advice.step!;
        const trafficFraction = (await this.getDeployment(deploymentId)).plan[planned]!.traffic;
        await this.#act('adjust', deploymentId, { reason }, { trafficFraction, planned }, decision);
        break;
      }
      case 'wait':
        break;
    }
    return decision;
  }
}

const about = (deploymentId: string, { onBehalfOf }: Partial<Request> = {}): OperationRequest => ({
  resource: { type: 'deployment', id: deploymentId },
  scope: deploymentScope(deploymentId),
  onBehalfOf,
});
