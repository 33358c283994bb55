import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { modelOrStore } from '../governance/access/scope.js';
import { ControlPlane } from '../governance/control-plane.js';
import type { AnyModel, ModelLoader } from '../models/async-model.js';
import type { Model } from '../models/model.js';
import { type Context, createContext, deriveContext, shareContext } from '../runtime/context.js';
import { type BundleFile, readStored } from '../runtime/bundle.js';
import type { Principal } from '../runtime/principal.js';
import { checkList, checkName, checkOneOf, checkOptionalName, checkOptions, checkText, refuse } from '../util/check.js';
import { deepFreeze } from '../util/freeze.js';
import { type JsonObject, assertJson } from '../util/json.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { checkArtifactOptions } from '../tracking/artifact-sources.js';
import type { LogArtifactOptions } from '../tracking/tracking-options.js';
import { checkAlias } from './alias.js';
import { PromotionApprovals } from './approvals/promotion-approvals.js';
import { attribution } from './attribution.js';
import { type VersionDifference, compareVersions } from './compare-versions.js';
import { evidenceChanges, storeEvidence } from './evidence.js';
import { customGatesOf } from './custom-gate.js';
import { type EvidenceKind, evidenceKinds } from './evidence-kind.js';
import { type ExportedSignature, exportFileSignature } from './export-signature.js';
import type { GateResult } from './gate-result.js';
import { type VersionSelector, openVersion, readHistory, readModel, selectVersion } from './lookups.js';
import {
  type HistoryEvent,
  type ModelVersion,
  type RegisteredModel,
  type StoredModel,
  type StoredVersion,
  modelsCollection,
  versionsCollection,
  viewModel,
  viewVersion,
} from './model-record.js';
import { renderModelCard } from './model-card.js';
import { planRegistration } from './register.js';
import type { RegisterModelOptions, RegistrationExtras } from './registration.js';
import type {
  DescribeModelOptions,
  DescribeVersionOptions,
  ListModelsOptions,
  ModelPage,
  PromoteModelOptions,
  PromotionResult,
  RegistryOptions,
  SetAliasOptions,
  VersionPage,
  VersionReference,
} from './registry-options.js';
import { judgePromotion, planPromotion } from './promotion.js';
import { planRollback } from './rollback.js';
import { holdToSignature, signatureOf } from './signature.js';
import { parseStage } from './stage.js';
import { ModelEdit, loadModelRecord, loadVersion } from './stage-change.js';
import { type Description, type VersionEdit, describe, giveAlias, remove, takeAlias } from './version-edits.js';
import { checkVersion } from './version-number.js';
import { versionCondition } from './version-search.js';
import { checkTags } from '../tracking/batch.js';

/**
 * Keeps model versions: their bytes, where they came from, and the stage of life they are in. One version a model is in
 * production, at every instant and for every process; entering production passes the policy's gates.
 */
export class ModelRegistry {
  readonly #context: Context;
  readonly #control: ControlPlane;

  /** @param options.gates conditions of one's own for entering production */
  constructor(config: MLOpsConfig, options: RegistryOptions | Context = {}) {
    this.#context = createContext(config, options, customGatesOf(options as RegistryOptions | null), ['gates']);
    this.#control = new ControlPlane(this.#context);
    shareContext(this, this.#context);
  }

  /** The same registry, used by somebody else. */
  withPrincipal(principal: Principal): ModelRegistry {
    return new ModelRegistry(this.#context.config, deriveContext(this.#context, { principal }));
  }

  /**
   * Copies a model into the store and records where it came from. The new version is in Development.
   *
   * @returns the version's unique id
   * @throws MLOpsError `ALREADY_EXISTS` when the version does, `NOT_FOUND` for an unknown run or path, `INVALID_INPUT`
   *   for anything malformed or larger than `tracking.max_artifact_size_mb`, and for a pickle called `.onnx` or an ONNX
   *   model whose weights lie outside of its folder; `CORRUPT` for one that is damaged
   */
  async registerModel(options: RegisterModelOptions): Promise<string> {
    return (await this.register(options)).modelId;
  }

  /**
   * As {@link registerModel}, and returns the whole version: of use when its number was chosen here.
   *
   * @param extras what is to be committed with it
   */
  async register(
    options: RegisterModelOptions,
    step: 'patch' | 'minor' = 'patch',
    extras: RegistrationExtras = {},
  ): Promise<ModelVersion> {
    const plan = planRegistration(this.#context, options, step, extras);
    const { modelName, version } = options;
    const resource = { type: 'model_version', id: modelName, ...(version !== undefined && { version }) };
    return this.#control.change(
      'registry.register',
      { resource, scope: { model: modelName }, onBehalfOf: options.registeredBy },
      plan,
    );
  }

  /**
   * Moves a version to a stage. Entering production needs every gate of the `promotion` policy; the version that was
   * there is archived in the same commit.
   *
   * @returns `refused` with every gate that did not pass, and nothing changed
   * @throws MLOpsError `NOT_FOUND`; `ILLEGAL_STATE` for a transition that does not exist; `CONFLICT` when `replaces` does not hold
   */
  async promoteModel(options: PromoteModelOptions): Promise<PromotionResult> {
    checkOptions(options, ['modelName', 'version', 'targetStage', 'deployedBy', 'reason', 'replaces'], 'promoteModel');
    const modelName = checkName(options.modelName, 'modelName');
    const version = checkVersion(options.version);
    const to = parseStage(options.targetStage, 'targetStage');
    const deployedBy = checkOptionalName(options.deployedBy, 'deployedBy');
    const { reason, replaces } = options;
    const resource = { type: 'model_version', id: modelName, version };
    return this.#control.change(
      'registry.promote',
      { resource, scope: { model: modelName }, onBehalfOf: deployedBy },
      (storage, artifacts) =>
        planPromotion(this.#context, storage, artifacts, { modelName, version, to, deployedBy, reason, replaces }),
    );
  }

  /**
   * Puts an archived version back that was in production before, without gates.
   *
   * @param options.version which; the one in production before the present one unless told, and none that was rolled back from
   * @returns the version now in production
   */
  async rollbackModel(options: {
    readonly modelName: string;
    readonly version?: string;
    readonly deployedBy?: string;
    readonly reason?: string;
  }): Promise<ModelVersion> {
    checkOptions(options, ['modelName', 'version', 'deployedBy', 'reason'], 'rollbackModel');
    const modelName = checkName(options.modelName, 'modelName');
    const deployedBy = checkOptionalName(options.deployedBy, 'deployedBy');
    const { version, reason = 'rollback' } = options;
    const resource = { type: 'model_version', id: modelName };
    return this.#control.change(
      'registry.rollback',
      { resource, scope: { model: modelName }, onBehalfOf: deployedBy },
      (storage) => planRollback(this.#context, storage, { modelName, version, deployedBy, reason }),
    );
  }

  /** Lets more than one person decide on a promotion, and grants overrides of gates. */
  get approvals(): PromotionApprovals {
    return new PromotionApprovals(this.#context);
  }

  /** What stands between a version and production, without promoting it. */
  async checkGates(modelName: string, version: string): Promise<readonly GateResult[]> {
    return this.#control.access('registry.read', { model: modelName }, async (storage, artifacts) =>
      this.#gates(storage, artifacts, (await loadVersion(storage, modelName, version)).value),
    );
  }

  /** Records the result of a check that a gate asks for. */
  async recordEvidence(options: {
    readonly modelName: string;
    readonly version: string;
    readonly kind: EvidenceKind;
    readonly passed: boolean;
    readonly detail?: JsonObject;
    /** What goes with it: plots, tables, a validation report. */
    readonly files?: readonly LogArtifactOptions[];
  }): Promise<void> {
    checkOptions(options, ['modelName', 'version', 'kind', 'passed', 'detail', 'files'], 'recordEvidence');
    const { modelName, version, passed, detail = {} } = options;
    const kind = checkOneOf(options.kind, evidenceKinds, 'kind');
    if (typeof passed !== 'boolean') refuse('passed must be true or false');
    assertJson(detail, 'detail');
    const resource = { type: 'model_version', id: checkName(modelName, 'modelName'), version };
    const { files: given = [] } = options;
    checkList(given, 'files', 'what logArtifact takes');
    given.forEach(checkArtifactOptions);
    let stored: readonly BundleFile[] | undefined;
    await this.#control.change(
      'registry.record_evidence',
      { resource, scope: { model: modelName } },
      async (storage, artifacts) => {
        await loadVersion(storage, modelName, version); // an unknown version is refused before bytes are copied
        stored ??= await storeEvidence(this.#context, artifacts, given);
        const files = stored.length > 0 ? stored : undefined;
        return {
          changes: await evidenceChanges(this.#context, storage, modelName, version, kind, passed, detail, files),
          result: undefined,
          detail: { kind, passed, files: stored.map(({ path, digest }) => ({ path, digest })) },
        };
      },
    );
  }

  /** A file that was recorded with evidence, verified. */
  async readEvidence(modelName: string, version: string, kind: EvidenceKind, path: string): Promise<Uint8Array> {
    return this.#control.access('registry.read', { model: modelName }, async (storage, artifacts) => {
      const { evidence } = (await loadVersion(storage, modelName, version)).value;
      const files = evidence[kind]?.files ?? [];
      const file = files.find((candidate) => candidate.path === path);
      if (file !== undefined) return readStored(artifacts, file.digest);
      const known = files.map((candidate) => candidate.path).join(', ') || 'none';
      throw new MLOpsError(
        'NOT_FOUND',
        `the ${kind} evidence of ${modelName} ${version} has the files ${known}, not ${path}`,
      );
    });
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async getModelVersion(modelName: string, selector: VersionSelector): Promise<ModelVersion> {
    return this.#control.access('registry.read', { model: modelName }, async (storage) =>
      viewVersion(await selectVersion(storage, modelName, selector)),
    );
  }

  /** Versions, newest first. */
  async listModels(options: ListModelsOptions = {}): Promise<VersionPage> {
    checkOptions(options, ['modelName', 'stage', 'filter', 'limit', 'cursor'], 'listModels');
    const stage = options.stage === undefined ? undefined : parseStage(options.stage);
    const conditions = [
      ...(options.modelName === undefined ? [] : [{ field: 'modelName', op: 'eq' as const, value: options.modelName }]),
      ...(stage === undefined ? [] : [{ field: 'stage', op: 'eq' as const, value: stage }]),
      ...(options.filter === undefined ? [] : [versionCondition(options.filter)]),
    ];
    return this.#control.access('registry.read', modelOrStore(options.modelName), async (storage) => {
      const { records, cursor } = await storage.query(versionsCollection, {
        where: { and: conditions },
        orderBy: [{ field: 'registeredAt', direction: 'desc' }],
        ...(options.limit !== undefined && { limit: options.limit }),
        ...(options.cursor !== undefined && { cursor: options.cursor }),
      });
      const versions = records.map((record) => viewVersion(record.value as unknown as StoredVersion));
      return { versions, ...(cursor !== undefined && { cursor }) };
    });
  }

  /** Everything that happened to a model's versions, oldest first. */
  async getHistory(modelName: string): Promise<readonly HistoryEvent[]> {
    return this.#control.access('registry.read', { model: modelName }, async (storage) => {
      await loadModelRecord(storage, modelName);
      return deepFreeze(await readHistory(storage, modelName));
    });
  }

  /** Gives a version a name that can be moved to another later. */
  async setAlias(options: SetAliasOptions): Promise<void> {
    checkOptions(options, ['modelName', 'version', 'alias', 'reason'], 'setAlias');
    await this.#edit('registry.set_alias', options, giveAlias(checkAlias(options.alias)));
  }

  /** @throws MLOpsError `NOT_FOUND` when the version does not have the alias */
  async removeAlias(options: SetAliasOptions): Promise<void> {
    checkOptions(options, ['modelName', 'version', 'alias', 'reason'], 'removeAlias');
    await this.#edit('registry.set_alias', options, takeAlias(options.alias));
  }

  /** Sets a version's description and tags. */
  async describeVersion(options: DescribeVersionOptions): Promise<void> {
    checkOptions(options, ['modelName', 'version', 'description', 'tags', 'reason'], 'describeVersion');
    await this.#edit('registry.describe', options, describe(checkDescription(options)));
  }

  /** Sets the description and tags of a model as a whole. */
  async describeModel(options: DescribeModelOptions): Promise<void> {
    checkOptions(options, ['modelName', 'description', 'tags'], 'describeModel');
    const { description, tags } = checkDescription(options);
    const resource = { type: 'model', id: checkName(options.modelName, 'modelName') };
    await this.#control.change('registry.describe', { resource, scope: { model: resource.id } }, async (storage) => {
      const edit = await ModelEdit.open(storage, resource.id);
      edit.updateModel({
        tags: { ...edit.modelRecord.tags, ...tags },
        ...(description !== undefined && { description }),
      });
      const detail = { tags: Object.keys(tags ?? {}), hasDescription: description !== undefined };
      return { changes: edit.changes(), result: undefined, detail };
    });
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async getModel(modelName: string): Promise<RegisteredModel> {
    return this.#control.access('registry.read', { model: modelName }, async (storage) =>
      viewModel((await loadModelRecord(storage, checkName(modelName, 'modelName'))).value),
    );
  }

  /** Models, oldest first. */
  async getModels(page: { readonly limit?: number; readonly cursor?: string } = {}): Promise<ModelPage> {
    checkOptions(page, ['limit', 'cursor'], 'getModels');
    return this.#control.access('registry.read', 'store', async (storage) => {
      const orderBy = [{ field: 'createdAt', direction: 'asc' as const }];
      const { records, cursor } = await storage.query(modelsCollection, { orderBy, ...page });
      const models = records.map(({ value }) => viewModel(value as unknown as StoredModel));
      return { models, ...(cursor !== undefined && { cursor }) };
    });
  }

  /**
   * Removes a version that nothing depends on. Its number is not given again, its history stays, and its files go with the
   * next collection of garbage.
   *
   * @throws MLOpsError `ILLEGAL_STATE` for a version in Production or Staging, in a canary, with an alias, or that was in
   *   production within `security.audit_log_retention_days`
   */
  async deleteModelVersion(options: VersionReference): Promise<void> {
    checkOptions(options, ['modelName', 'version', 'reason'], 'deleteModelVersion');
    const { auditLogRetentionDays } = this.#context.config.policy.security;
    await this.#edit('registry.delete', options, remove(auditLogRetentionDays, this.#context.clock.now()));
  }

  /** Everything in which two versions of a model differ. */
  async compareVersions(
    modelName: string,
    first: VersionSelector,
    second: VersionSelector,
  ): Promise<readonly VersionDifference[]> {
    return this.#control.access('registry.read', { model: modelName }, async (storage) => {
      const [a, b] = [await selectVersion(storage, modelName, first), await selectVersion(storage, modelName, second)];
      return deepFreeze(compareVersions(viewVersion(a), viewVersion(b)));
    });
  }

  /** A model card in Markdown: what is recorded of a version, and what is not. */
  async getModelCard(modelName: string, selector: VersionSelector): Promise<string> {
    return this.#control.access('registry.read', { model: modelName }, async (storage, artifacts) => {
      const stored = await selectVersion(storage, modelName, selector);
      const gates = await this.#gates(storage, artifacts, stored);
      const history = (await readHistory(storage, modelName)).filter(({ version }) => version === stored.version);
      return renderModelCard({ version: viewVersion(stored), gates, history });
    });
  }

  async #gates(storage: Storage, artifacts: ArtifactStore, version: StoredVersion): Promise<readonly GateResult[]> {
    return (await judgePromotion(this.#context, storage, artifacts, version)).gates;
  }

  /** Changes a model's record and one of its versions, with a line of history and an audit record. */
  async #edit(
    operation: 'registry.set_alias' | 'registry.describe' | 'registry.delete',
    { modelName, version, reason }: VersionReference,
    change: VersionEdit,
  ): Promise<void> {
    const resource = { type: 'model_version', id: checkName(modelName, 'modelName'), version: checkVersion(version) };
    await this.#control.change(operation, { resource, scope: { model: modelName } }, async (storage) => {
      const edit = await ModelEdit.open(storage, modelName);
      const detail = await change(edit, version, attribution(this.#context, undefined, reason), storage);
      return { changes: edit.changes(), result: undefined, detail, ...(reason !== undefined && { reason }) };
    });
  }

  /**
   * The model itself, ready to predict. Its bytes are verified against the digest of the registration; rows and tables are
   * held against the version's signature: a column that is not there, or of another type, is an `INVALID_INPUT` error.
   *
   * @throws SignatureError when the files are not those that were signed; MLOpsError `CORRUPT` when they differ, `UNSUPPORTED` for a format this version cannot score
   */
  async loadModel(modelName: string, selector: VersionSelector): Promise<Model> {
    return this.#control.access('registry.read', { model: modelName }, async (storage, artifacts) =>
      held(await selectVersion(storage, modelName, selector), (version) =>
        readModel(this.#context, version, artifacts),
      ),
    );
  }

  /**
   * As `loadModel`, for models of any format: those that the core does not read are opened by one of the loaders,
   * predict with promises, and are to be closed after use.
   *
   * @example
   * const model = await registry.openModel('spread', { stage: 'production' }, [onnxLoader()]);
   */
  async openModel(
    modelName: string,
    selector: VersionSelector,
    loaders: readonly ModelLoader[] = [],
  ): Promise<AnyModel> {
    return this.#control.access('registry.read', { model: modelName }, async (storage, artifacts) =>
      held(await selectVersion(storage, modelName, selector), (version) =>
        openVersion(this.#context, version, artifacts, loaders),
      ),
    );
  }

  /**
   * The signature of a version's files in the format of OpenSSF Model Signing v1.0, for others to verify.
   *
   * @throws SignatureError when it has none, or one that does not verify
   */
  async exportSignature(modelName: string, version: string): Promise<ExportedSignature> {
    return this.#control.access('registry.read', { model: modelName }, async (storage) =>
      exportFileSignature(this.#context, (await loadVersion(storage, modelName, checkVersion(version))).value),
    );
  }

  /** Gives up the storage; it closes when the last instance made from the same config has. */
  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A version's model, which refuses what does not fit the version's signature. */
async function held<M extends AnyModel>(
  version: StoredVersion,
  open: (version: StoredVersion) => Promise<M>,
): Promise<M> {
  const model = await open(version);
  return holdToSignature(model, version.signature ?? signatureOf(model, version.targetColumn));
}

function checkDescription({ description, tags }: Description): Description {
  if (description !== undefined) checkText(description, 'description');
  if (tags !== undefined) assertJson(checkTags(tags), 'tags');
  return { ...(description !== undefined && { description }), ...(tags !== undefined && { tags }) };
}
