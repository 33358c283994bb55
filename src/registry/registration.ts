import { basename } from 'node:path';
import { type BaselineProfile, summaryOf } from '../data/baseline-profile.js';
import { MLOpsError } from '../errors.js';
import { Authorizer } from '../governance/access/authorizer.js';
import { experimentScope } from '../governance/access/scope.js';
import type { AnyModel, ModelFile } from '../models/async-model.js';
import { modelFiles } from '../models/model-file.js';
import { checkModelFile } from './model-format.js';
import { type BundleSource, bundleDigest, localSources, storeBundle } from '../runtime/bundle.js';
import type { Context } from '../runtime/context.js';
import { dataBoundary } from '../runtime/protection.js';
import { assertUnsensitive } from '../runtime/unsensitive-files.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import { type StoredRun, runsCollection } from '../tracking/run.js';
import {
  checkFeatures,
  checkList,
  checkName,
  checkObject,
  checkOptionalName,
  checkOptions,
  checkRelativePath,
  checkText,
  refuse,
} from '../util/check.js';
import { type JsonValue, assertJson } from '../util/json.js';
import type { EvidenceKind } from './evidence-kind.js';
import type {
  Evidence,
  HistoryEvent,
  ModelOrigin,
  ModelVersion,
  StoredModel,
  StoredVersion,
  TrainingData,
} from './model-record.js';
import { type Loaded, appendHistory, putModel, putVersion } from './stage-change.js';
import { checkSignature } from './registered-signature.js';
import type { ModelSignature } from './signature.js';
import { checkVersion, higherVersion } from './version-number.js';
import { checkTags } from '../tracking/batch.js';

/** What {@link ModelRegistry.registerModel} is to know of a version. */
export interface RegisterModelOptions {
  readonly modelName: string;
  /** Semantic version; the next patch (or `1.0.0`) unless told. */
  readonly version?: string;
  /** Which policy section under `models` applies. */
  readonly modelType: string;
  readonly featureColumns: readonly string[];
  readonly targetColumn?: string;
  /** The file or folder to copy into the store. */
  readonly modelPath?: string;
  /** The model itself, instead of a path. */
  readonly model?: AnyModel;
  /** The model's files as bytes, its own first, instead of a path. */
  readonly modelFiles?: readonly ModelFile[];
  /** A file kept beside the model. */
  readonly metadataPath?: string;
  readonly runId?: string;
  readonly experimentName?: string;
  /** Finite numbers, by name: `r2_score`, `accuracy`, … */
  readonly performanceMetrics?: Readonly<Record<string, number>>;
  readonly hyperparameters?: Readonly<Record<string, JsonValue>>;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly trainingData?: TrainingData;
  /** What `createProfile` made of the training data: kept with the version, so that drift can be checked without them. */
  readonly baselineProfile?: BaselineProfile;
  readonly origin?: ModelOrigin;
  /** What it takes and gives; needed for formats that the core does not read, else taken from the model itself. */
  readonly signature?: ModelSignature;
  readonly registeredBy?: string;
}

const registerOptionNames: readonly (keyof RegisterModelOptions)[] = [
  'modelName',
  'version',
  'modelType',
  'featureColumns',
  'targetColumn',
  'modelPath',
  'model',
  'modelFiles',
  'metadataPath',
  'runId',
  'experimentName',
  'performanceMetrics',
  'hyperparameters',
  'description',
  'tags',
  'trainingData',
  'baselineProfile',
  'origin',
  'signature',
  'registeredBy',
];

/** What is committed together with a registration. */
export interface RegistrationExtras {
  /** Checks that were done before. */
  readonly evidence?: Readonly<Partial<Record<EvidenceKind, Pick<Evidence, 'passed' | 'detail'>>>>;
  /**
   * Further changes. What it throws ends the registration with nothing written.
   *
   * @param production the version in production at the moment of the commit
   */
  together?(version: ModelVersion, production: string | null): Promise<readonly Change[]>;
}

/** What a registration says, checked; the version is null when it is to be chosen. */
export type Registration = Omit<
  StoredVersion,
  | 'version'
  | 'modelId'
  | 'stage'
  | 'registeredAt'
  | 'registeredBy'
  | 'files'
  | 'modelFile'
  | 'declared'
  | 'baselineProfile'
  | 'digest'
  | 'evidence'
  | 'signature'
  | 'environment'
  | 'canaryRollbacks'
> & { readonly version: string | null };

/** Refuses a malformed registration before anything is read or written. */
export function checkRegistration(options: RegisterModelOptions): Registration {
  checkOptions(options, registerOptionNames, 'registerModel');
  const given = [options.modelPath, options.model, options.modelFiles].filter((source) => source !== undefined);
  if (given.length !== 1) refuse('registerModel needs one of modelPath, model and modelFiles');
  const metrics = checkObject(options.performanceMetrics ?? {}, 'performanceMetrics');
  for (const [name, value] of Object.entries(metrics)) {
    checkName(name, 'performance metric name');
    if (!Number.isFinite(value)) refuse(`performance metric ${name} must be a finite number, got ${value}`);
  }
  if (options.baselineProfile !== undefined) summaryOf(options.baselineProfile);
  const hyperparameters = options.hyperparameters ?? {};
  assertJson(checkObject(hyperparameters, 'hyperparameters'), 'hyperparameters');
  if (options.trainingData !== undefined) checkObject(options.trainingData, 'trainingData');
  if (options.origin !== undefined) checkObject(options.origin, 'origin');
  checkOptionalName(options.registeredBy, 'registeredBy');
  const featureColumns = checkFeatures(options.featureColumns);
  if (featureColumns.length === 0) refuse('featureColumns must list at least one column');
  const tags = checkTags(options.tags ?? {});
  assertJson(tags, 'tags');
  if (options.signature !== undefined) checkSignature(options.signature);
  return {
    modelName: checkName(options.modelName, 'modelName'),
    version: options.version === undefined ? null : checkVersion(options.version),
    modelType: checkName(options.modelType, 'modelType'),
    featureColumns,
    targetColumn: checkOptionalName(options.targetColumn, 'targetColumn') ?? null,
    runId: checkOptionalName(options.runId, 'runId') ?? null,
    experimentName: checkOptionalName(options.experimentName, 'experimentName') ?? null,
    performanceMetrics: metrics,
    hyperparameters,
    description: options.description === undefined ? null : checkText(options.description, 'description'),
    tags,
    trainingData: options.trainingData ?? null,
    origin: options.origin ?? null,
  };
}

/** The commit of a registration: the version, its model's record, one line of history. */
export function registrationChanges(
  version: StoredVersion,
  event: HistoryEvent,
  model: Loaded<StoredModel> | undefined,
): Change[] {
  const before: StoredModel = model?.value ?? {
    modelName: version.modelName,
    modelType: version.modelType,
    createdAt: version.registeredAt,
    highestVersion: null,
    production: null,
    canary: null,
    historyLength: 0,
  };
  if (before.modelType !== version.modelType) {
    refuse(
      `${version.modelName} is of type ${before.modelType}; a version of type ${version.modelType} needs another model name`,
    );
  }
  const after: StoredModel = {
    ...before,
    highestVersion: higherVersion(before.highestVersion, version.version),
    historyLength: before.historyLength + 1,
  };
  return [
    putModel(after, model?.recordVersion ?? 'absent'),
    putVersion(version, 'absent'),
    appendHistory(version.modelName, [event], before.historyLength),
  ];
}

/**
 * The run a version names, and a precondition that it is there. It is to be one that the caller may read, since the version shows
 * its environment; one that is deleted is on its way out, and refused.
 */
export async function findRun(
  context: Context,
  storage: Storage,
  { runId, modelName }: Pick<RegisterModelOptions, 'runId' | 'modelName'>,
): Promise<{ readonly run?: StoredRun; readonly changes: readonly Change[] }> {
  if (runId === undefined) return { changes: [] };
  const run = await storage.get(runsCollection, runId);
  if (run === undefined)
    throw new MLOpsError('NOT_FOUND', `there is no run ${runId}; leave runId out, or pass what startRun returned`);
  const value = run.value as unknown as StoredRun;
  const scope = experimentScope(value.experimentName);
  if (scope.model !== modelName) await new Authorizer(context).authorize('tracking.read', scope);
  if ((value.deletedAt ?? null) !== null) {
    throw new MLOpsError(
      'ILLEGAL_STATE',
      `run ${runId} is deleted; restore it with restoreRun before registering from it`,
    );
  }
  return {
    run: value,
    changes: [{ kind: 'check', collection: runsCollection, id: runId, expect: run.version }],
  };
}

/** What a stored profile is called. */
const profileFile = 'profile.json';

/** What a registration leaves in the store. */
export type StoredFiles = Pick<StoredVersion, 'files' | 'modelFile' | 'digest' | 'declared' | 'baselineProfile'>;

/** Copies a model's files into the store, unless they are not what they seem. */
export async function storeFiles(
  context: Pick<Context, 'config' | 'keys'>,
  artifacts: ArtifactStore,
  options: RegisterModelOptions,
): Promise<StoredFiles> {
  const maxBytes = context.config.policy.tracking.maxArtifactSizeMb * 1024 * 1024;
  const sources = await modelSources(options);
  if (options.metadataPath !== undefined) {
    const [metadata] = await localSources(options.metadataPath);
    if (!sources.some((source) => source.path === metadata!.path)) sources.push(metadata!);
  }
  const modelFile =
    options.modelPath === undefined
      ? sources[0]!.path
      : chooseModelFile(
          sources.map((source) => source.path),
          options,
        );
  const declared = await checkModelFile(sources, modelFile);
  for (const source of sources) await assertUnsensitive(context.config, source);
  const files = await storeBundle(artifacts, sources, maxBytes);
  const profile = options.baselineProfile && (await dataBoundary(context).profile(options.baselineProfile));
  const bytes = profile === undefined ? undefined : Buffer.from(JSON.stringify(profile));
  const [stored] = bytes ? await storeBundle(artifacts, [{ path: profileFile, open: () => bytes }], maxBytes) : [];
  return {
    files,
    modelFile,
    digest: bundleDigest(files),
    ...(declared !== undefined && { declared }),
    ...(stored !== undefined && { baselineProfile: stored }),
  };
}

function chooseModelFile(paths: readonly string[], options: RegisterModelOptions): string {
  const candidates = paths.filter(
    (path) => options.metadataPath === undefined || path !== basename(options.metadataPath),
  );
  if (candidates.length === 1) return candidates[0]!;
  const named = candidates.find((path) => /^model\.[a-z]+$/.test(path));
  return (
    named ??
    refuse(`${options.modelPath} holds ${candidates.join(', ')}; name the model's file model.json (or model.onnx, …)`)
  );
}

/** What is no model in JavaScript has neither the description of one nor files. */
function checkModel(model: Partial<AnyModel>): void {
  checkObject(model, 'model');
  if (typeof model.predict === 'function' && Array.isArray(model.features) && ('toJSON' in model || 'files' in model))
    return;
  refuse(
    'model must be one that trainModel(...) or a loader gave; pass the files of any other as modelPath or modelFiles',
  );
}

async function modelSources({ model, modelFiles: files, modelPath }: RegisterModelOptions): Promise<BundleSource[]> {
  if (modelPath !== undefined) return localSources(modelPath);
  if (model !== undefined) checkModel(model);
  const given = checkList(model === undefined ? files! : modelFiles(model), 'modelFiles', 'files with path and bytes');
  if (given.length === 0) refuse('modelFiles is empty; the first file is the model');
  return given.map((file) => {
    const { path, bytes } = checkObject(file, 'a file of modelFiles');
    if (!(bytes instanceof Uint8Array)) refuse('bytes of a file of modelFiles must be a Uint8Array');
    return { path: checkRelativePath(path, 'path of a file of modelFiles'), open: () => bytes };
  });
}
