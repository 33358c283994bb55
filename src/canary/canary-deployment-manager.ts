import type { MLOpsConfig } from '../config/mlops-config.js';
import { ControlPlane } from '../governance/control-plane.js';
import { actorId, attribution } from '../registry/attribution.js';
import { checkVersionGates } from '../registry/lookups.js';
import { modelsCollection, type StoredModel } from '../registry/model-record.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import { ModelStage } from '../registry/stage.js';
import { ModelEdit } from '../registry/stage-change.js';
import { checkVersion } from '../registry/version-number.js';
import { type Context, type ContextOptions, contextOf, deriveContext, shareContext } from '../runtime/context.js';
import type { Principal } from '../runtime/principal.js';
import { checkFraction, checkName, checkOptionalName, checkOptions, refuse } from '../util/check.js';
import { toIso } from '../util/clock.js';
import { deepFreeze } from '../util/freeze.js';
import { bucketingVersion } from './bucketing.js';
import type {
  CanaryPromotion,
  CreateCanaryOptions,
  ListDeploymentsOptions,
  RoutePredictionOptions,
} from './canary-options.js';
import { checkCandidate } from './candidate.js';
import { type DecisionInputs, decide } from './decision.js';
import {
  type CanaryDecision,
  type CanaryDeployment,
  type StoredDeployment,
  decisionsCollection,
  deploymentsCollection,
  outcomesStream,
  putDecision,
  putDeployment,
  viewDeployment,
} from './deployment.js';
import { type LoadedDeployment, loadActive, loadDeployment, readOutcomes } from './deployment-lookups.js';
import { type Outcome, OutcomeCollector, type OutcomeDelta, encodeDelta } from './outcomes.js';
import { type RouteDecision, Router } from './router.js';

/** Chance of ever promoting a worse canary or rolling back a good one, per test. */
const alpha = 0.05;

/** Below this many outcomes in the smaller arm the asymptotic intervals are not to be trusted. */
const minObservations = 1000;

/**
 * Lets a candidate prove itself on a share of the traffic. Routing and recording happen inside the caller's process,
 * synchronously and without I/O; decisions are statistics that stay valid however often they are asked for.
 */
export class CanaryDeploymentManager {
  readonly #context: Context;
  readonly #control: ControlPlane;
  readonly #router: Router;
  /** Outcomes of active deployments not stored yet, by model. */
  readonly #collectors = new Map<string, { readonly deploymentId: string; readonly outcomes: OutcomeCollector }>();

  constructor(
    config: MLOpsConfig,
    private readonly registry: ModelRegistry,
    options: ContextOptions = {},
  ) {
    this.#context = deriveContext({ ...contextOf(registry), config }, options);
    this.#control = new ControlPlane(this.#context);
    this.#router = new Router(this.#context.ids);
    shareContext(this, this.#context);
  }

  /** The same manager, used by somebody else. It routes by its own copy of the state: await `refresh` before. */
  withPrincipal(principal: Principal): CanaryDeploymentManager {
    return new CanaryDeploymentManager(this.#context.config, this.registry, { principal });
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
    checkOptions(
      options,
      ['modelName', 'candidateVersion', 'deployedBy', 'initialTrafficPercentage'],
      'createCanaryDeployment',
    );
    const modelName = checkName(options.modelName, 'modelName');
    const candidateVersion = checkVersion(options.candidateVersion);
    const deployedBy = checkOptionalName(options.deployedBy, 'deployedBy');
    const trafficFraction = this.#checkTraffic(options.initialTrafficPercentage);
    const deploymentId = this.#context.ids.next();
    const resource = { type: 'deployment', id: deploymentId };
    const deployment = await this.#control.change(
      'canary.deploy',
      { resource, onBehalfOf: deployedBy },
      async (storage) => {
        const edit = await ModelEdit.open(storage, modelName);
        const productionVersion = await checkCandidate(
          edit,
          candidateVersion,
          this.#context.config.policy.canary.maxRollbackCount,
        );
        const said = attribution(this.#context, deployedBy, 'canary deployment');
        const { stage, digest } = await edit.version(candidateVersion);
        if (stage === ModelStage.DEVELOPMENT) await edit.moveTo(candidateVersion, ModelStage.STAGING, said);
        edit.updateModel({ canary: deploymentId });
        const created: StoredDeployment = {
          deploymentId,
          modelName,
          candidateVersion,
          productionVersion,
          status: 'active',
          trafficFraction,
          salt: deploymentId,
          bucketing: bucketingVersion,
          alpha,
          task: this.#context.config.modelPolicy(edit.modelRecord.modelType).task,
          createdAt: this.#context.clock.now(),
          createdBy: actorId(this.#context),
          onBehalfOf: deployedBy ?? null,
          endedAt: null,
          endReason: null,
        };
        return {
          changes: [...edit.changes(), putDeployment(created, 'absent')],
          result: created,
          detail: { modelName, candidateVersion, productionVersion, trafficFraction, candidateDigest: digest },
        };
      },
    );
    this.#routeBy(modelName, deployment.productionVersion, deployment);
    return deploymentId;
  }

  /**
   * Which version answers a request. Synchronous, deterministic in the deployment and the routing key, and never
   * throwing: on any trouble production serves. Knows the models this instance deployed or was told to `refresh`.
   */
  routePrediction(options: RoutePredictionOptions): RouteDecision {
    return this.#router.route(options);
  }

  /**
   * Notes what came of a request, in memory: call `flush` or `evaluate` to store it. Never throws.
   *
   * @returns whether it counts for an active canary
   */
  recordOutcome(outcome: Outcome): boolean {
    try {
      return this.#collectors.get(outcome.modelName)?.outcomes.record(outcome) ?? false;
    } catch {
      return false; // a malformed outcome must not fail the request it came from
    }
  }

  /** Stores the outcomes noted since the last time. When it returns they survive the process. */
  async flush(): Promise<void> {
    await this.#control.access('canary.record_outcomes', async (storage) => {
      for (const { deploymentId, outcomes } of this.#collectors.values()) {
        const delta = outcomes.take();
        if (delta === undefined) continue;
        try {
          await storage.commit([
            { kind: 'append', stream: outcomesStream(deploymentId), values: [encodeDelta(delta)] },
          ]);
        } catch (error) {
          outcomes.restore(delta);
          throw error;
        }
      }
    });
  }

  /** Reads a model's routing state from the store: what other processes changed takes effect here. */
  async refresh(modelName: string): Promise<void> {
    checkName(modelName, 'modelName');
    await this.#control.access('canary.read', async (storage) => {
      const model = (await storage.get(modelsCollection, modelName))?.value as unknown as StoredModel | undefined;
      const deployment = model?.canary == null ? undefined : (await loadDeployment(storage, model.canary)).value;
      this.#routeBy(modelName, model?.production ?? undefined, deployment);
    });
  }

  /**
   * Stores outcomes, then decides from all of them: promote, roll back or hold, with every input of the decision. With
   * `apply`, a promotion or rollback is carried out at once.
   */
  async evaluate(deploymentId: string, options: { readonly apply?: boolean } = {}): Promise<CanaryDecision> {
    checkOptions(options, ['apply'], 'evaluate');
    await this.flush();
    const resource = { type: 'deployment', id: checkName(deploymentId, 'deploymentId') };
    const decisionId = this.#context.ids.next();
    const decision = await this.#control.change('canary.evaluate', { resource }, async (storage) => {
      const { value: deployment, version } = await loadActive(storage, deploymentId);
      const inputs = this.#decisionInputs(deployment, await readOutcomes(storage, deploymentId));
      const decided: CanaryDecision = deepFreeze({
        decisionId,
        deploymentId,
        modelName: deployment.modelName,
        candidateVersion: deployment.candidateVersion,
        productionVersion: deployment.productionVersion,
        decidedAt: toIso(this.#context.clock.now()),
        ...decide(inputs),
        inputs,
        policyDigest: this.#context.config.digest,
      });
      return {
        changes: [
          putDecision(decided),
          { kind: 'check', collection: deploymentsCollection, id: deploymentId, expect: version },
        ],
        result: decided,
        detail: { decisionId, verdict: decided.verdict, reason: decided.reason },
      };
    });
    if (options.apply === true) await this.#apply(decision);
    return decision;
  }

  /**
   * Makes the candidate production and archives the version that was, in one commit, if the gates of the policy allow.
   *
   * @returns `refused` with the gates that did not pass; the canary stays active then
   */
  async promoteCanary(deploymentId: string, deployedBy?: string, reason?: string): Promise<CanaryPromotion> {
    const resource = { type: 'deployment', id: checkName(deploymentId, 'deploymentId') };
    const onBehalfOf = checkOptionalName(deployedBy, 'deployedBy');
    await this.flush();
    const { promotion, modelName } = await this.#control.change<{ promotion: CanaryPromotion; modelName: string }>(
      'canary.promote',
      { resource, onBehalfOf },
      async (storage, artifacts) => {
        const active = await loadActive(storage, deploymentId);
        const { modelName, candidateVersion } = active.value;
        const edit = await ModelEdit.open(storage, modelName);
        const candidate = await edit.version(candidateVersion);
        const gates = await checkVersionGates(this.#context.config, candidate, artifacts);
        const failures = gates.filter((gate) => gate.status !== 'passed');
        if (failures.length > 0) {
          return {
            changes: [],
            result: { promotion: { status: 'refused', version: candidateVersion, failures }, modelName },
            decision: 'deny',
            reason: failures.map(({ gate, message }) => `${gate}: ${message}`).join('; '),
          };
        }
        const said = { ...attribution(this.#context, onBehalfOf, reason ?? 'canary promoted'), gates };
        const archived = await edit.moveTo(candidateVersion, ModelStage.PRODUCTION, said);
        edit.updateModel({ canary: null });
        return {
          changes: [...edit.changes(), this.#ended(active, 'promoted', reason ?? 'promoted')],
          result: {
            promotion: {
              status: 'promoted',
              version: candidateVersion,
              ...(archived !== undefined && { archivedVersion: archived }),
              gates,
            },
            modelName,
          },
          detail: { modelName, candidateVersion, candidateDigest: candidate.digest },
        };
      },
    );
    if (promotion.status === 'promoted') this.#routeBy(modelName, promotion.version, undefined);
    return promotion;
  }

  /** Ends a canary: production serves every request again, and the candidate goes back to Development. */
  async rollbackCanary(deploymentId: string, deployedBy?: string, reason = 'rolled back by hand'): Promise<void> {
    const resource = { type: 'deployment', id: checkName(deploymentId, 'deploymentId') };
    const onBehalfOf = checkOptionalName(deployedBy, 'deployedBy');
    const ended = await this.#control.change('canary.rollback', { resource, onBehalfOf }, async (storage) => {
      const active = await loadActive(storage, deploymentId);
      const { modelName, candidateVersion } = active.value;
      const edit = await ModelEdit.open(storage, modelName);
      const { stage, canaryRollbacks } = await edit.version(candidateVersion);
      if (stage === ModelStage.STAGING) {
        await edit.moveTo(candidateVersion, ModelStage.DEVELOPMENT, attribution(this.#context, onBehalfOf, reason));
      }
      await edit.updateVersion(candidateVersion, { canaryRollbacks: canaryRollbacks + 1 });
      edit.updateModel({ canary: null });
      return {
        changes: [...edit.changes(), this.#ended(active, 'rolled_back', reason)],
        result: active.value,
        reason,
        detail: { modelName, candidateVersion },
      };
    });
    this.#routeBy(ended.modelName, ended.productionVersion, undefined);
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async getDeployment(deploymentId: string): Promise<CanaryDeployment> {
    return this.#control.access('canary.read', async (storage) =>
      viewDeployment((await loadDeployment(storage, deploymentId)).value),
    );
  }

  /** Deployments, newest first. */
  async listDeployments(
    options: ListDeploymentsOptions = {},
  ): Promise<{ readonly deployments: readonly CanaryDeployment[]; readonly cursor?: string }> {
    checkOptions(options, ['modelName', 'status', 'limit', 'cursor'], 'listDeployments');
    const conditions = (['modelName', 'status'] as const).flatMap((field) => {
      const value = options[field];
      return value === undefined ? [] : [{ field, op: 'eq' as const, value }];
    });
    return this.#control.access('canary.read', async (storage) => {
      const { records, cursor } = await storage.query(deploymentsCollection, {
        where: { and: conditions },
        orderBy: [{ field: 'createdAt', direction: 'desc' }],
        ...(options.limit !== undefined && { limit: options.limit }),
        ...(options.cursor !== undefined && { cursor: options.cursor }),
      });
      const deployments = records.map((record) => viewDeployment(record.value as unknown as StoredDeployment));
      return { deployments, ...(cursor !== undefined && { cursor }) };
    });
  }

  /** Decisions on a deployment, oldest first. */
  async listDecisions(deploymentId: string): Promise<readonly CanaryDecision[]> {
    return this.#control.access('canary.read', async (storage) => {
      const { records } = await storage.query(decisionsCollection, {
        where: { field: 'deploymentId', op: 'eq', value: deploymentId },
        orderBy: [{ field: 'decidedAt', direction: 'asc' }],
        limit: 10_000,
      });
      return records.map((record) => record.value as unknown as CanaryDecision);
    });
  }

  /** Stores outcomes not stored yet. The registry keeps the storage open. */
  async close(): Promise<void> {
    await this.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #checkTraffic(given: number | undefined): number {
    const { initialCanaryPercentage, maxCanaryPercentage } = this.#context.config.policy.canary;
    const fraction = checkFraction(given ?? initialCanaryPercentage, 'initialTrafficPercentage');
    if (fraction === 0 || fraction === 1) refuse('initialTrafficPercentage must leave both versions some traffic');
    if (fraction > maxCanaryPercentage) {
      refuse(`initialTrafficPercentage ${fraction} is above canary.max_canary_percentage ${maxCanaryPercentage}`);
    }
    return fraction;
  }

  #ended(active: LoadedDeployment, status: 'promoted' | 'rolled_back', endReason: string) {
    return putDeployment({ ...active.value, status, endedAt: this.#context.clock.now(), endReason }, active.version);
  }

  #decisionInputs(deployment: StoredDeployment, outcomes: OutcomeDelta): DecisionInputs {
    const { evaluationMetrics, promotionThreshold, rollbackThreshold } = this.#context.config.policy.canary;
    return {
      task: deployment.task,
      metrics: evaluationMetrics,
      promotionThreshold,
      rollbackThreshold,
      alpha: deployment.alpha,
      trafficFraction: deployment.trafficFraction,
      minObservations,
      ...outcomes,
    };
  }

  async #apply(decision: CanaryDecision): Promise<void> {
    const reason = `decision ${decision.decisionId}: ${decision.reason}`;
    if (decision.verdict === 'promote') await this.promoteCanary(decision.deploymentId, undefined, reason);
    if (decision.verdict === 'rollback') await this.rollbackCanary(decision.deploymentId, undefined, reason);
  }

  #routeBy(modelName: string, production: string | undefined, deployment: StoredDeployment | undefined): void {
    this.#router.set(modelName, { production, ...(deployment !== undefined && { canary: deployment }) });
    if (deployment === undefined) {
      this.#collectors.delete(modelName);
    } else if (this.#collectors.get(modelName)?.deploymentId !== deployment.deploymentId) {
      const { deploymentId, candidateVersion, productionVersion, task } = deployment;
      this.#collectors.set(modelName, {
        deploymentId,
        outcomes: new OutcomeCollector(candidateVersion, productionVersion, task),
      });
    }
  }
}
