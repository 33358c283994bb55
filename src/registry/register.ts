import { ConflictError, MLOpsError } from '../errors.js';
import type { Plan } from '../governance/control-plane.js';
import type { Context } from '../runtime/context.js';
import { dataBoundary } from '../runtime/protection.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import { actorId, attribution } from './attribution.js';
import { signFiles } from './file-signature.js';
import { readHistory } from './lookups.js';
import {
  type HistoryEvent,
  type ModelVersion,
  type StoredVersion,
  versionId,
  versionsCollection,
  viewVersion,
} from './model-record.js';
import { provenance } from './provenance.js';
import { registeredSignature } from './registered-signature.js';
import {
  type RegisterModelOptions,
  type Registration,
  type RegistrationExtras,
  type StoredFiles,
  checkRegistration,
  findRun,
  registrationChanges,
  storeFiles,
} from './registration.js';
import { ModelStage } from './stage.js';
import { findModel } from './stage-change.js';
import { higherVersion, nextVersion } from './version-number.js';

/**
 * How to register a version, for the control plane to carry out. The files are copied once, however often the commit has to
 * be planned anew.
 *
 * @throws MLOpsError `INVALID_INPUT` before anything is read or written
 */
export function planRegistration(
  context: Context,
  options: RegisterModelOptions,
  step: 'patch' | 'minor',
  extras: RegistrationExtras,
): (storage: Storage, artifacts: ArtifactStore) => Promise<Plan<ModelVersion>> {
  const said = checkRegistration(options);
  const { modelName } = said;
  context.config.checkModelType(said.modelType);
  const modelId = context.ids.next();
  let stored: StoredModelFiles | undefined;
  return async (storage, artifacts) => {
    const { run, changes: runCheck } = await findRun(context, storage, options);
    const model = await findModel(storage, modelName);
    const version = said.version ?? nextVersion(model?.value.highestVersion ?? null, step);
    const id = versionId(modelName, version);
    const there = await storage.get(versionsCollection, id);
    if (there !== undefined) {
      if (said.version === null) {
        // Somebody has taken the next number since the model was read: planned anew, it is another.
        const [collection, actual] = [versionsCollection, there.version];
        throw new ConflictError({ kind: 'record', collection, id, expected: 'absent', actual });
      }
      throw new MLOpsError(
        'ALREADY_EXISTS',
        `${modelName} ${version} is registered already; leave the version out to get the next one`,
      );
    }
    const { highestVersion = null } = model?.value ?? {};
    if (highestVersion !== null && higherVersion(highestVersion, version) === highestVersion) {
      await assertNotDeleted(storage, modelName, version);
    }
    stored ??= await store(context, artifacts, options, said);
    const { files } = stored;
    const registered: StoredVersion = {
      ...said,
      ...stored,
      modelId,
      version,
      stage: ModelStage.DEVELOPMENT,
      registeredAt: context.clock.now(),
      registeredBy: actorId(context),
      evidence: evidenceNow(context, extras.evidence ?? {}),
      environment: await provenance(context.config.policy.tracking, run),
      canaryRollbacks: 0,
      fileSignature: await signFiles(context, { modelName, version, files }),
    };
    const view = viewVersion(registered);
    const together = (await extras.together?.(view, model?.value.production ?? null)) ?? [];
    const event: HistoryEvent = {
      kind: 'registered',
      version,
      to: ModelStage.DEVELOPMENT,
      ...attribution(context, options.registeredBy),
    };
    return {
      changes: [...registrationChanges(registered, event, model), ...runCheck, ...together],
      result: view,
      resource: { type: 'model_version', id: modelName, version, digest: stored.digest },
      detail: { modelId, runId: registered.runId },
    };
  };
}

/** What history says of a version is about the files that it had. */
async function assertNotDeleted(storage: Storage, modelName: string, version: string): Promise<void> {
  const history = await readHistory(storage, modelName);
  if (!history.some((event) => event.kind === 'deleted' && event.version === version)) return;
  throw new MLOpsError(
    'ALREADY_EXISTS',
    `${modelName} ${version} was deleted, and its number is not given again; leave the version out to get the next one`,
  );
}

type StoredModelFiles = StoredFiles & Pick<StoredVersion, 'signature' | 'trainingData'>;

/** Copies a model's files into the store, and learns what the model takes and gives. */
async function store(
  context: Context,
  artifacts: ArtifactStore,
  options: RegisterModelOptions,
  said: Registration,
): Promise<StoredModelFiles> {
  const stored = await storeFiles(context, artifacts, options);
  const { task } = context.config.modelPolicy(said.modelType);
  const signature = await registeredSignature(artifacts, stored, options, { ...said, task });
  const { trainingData } = said;
  if (trainingData?.profile === undefined) return { ...stored, signature, trainingData };
  const profile = await dataBoundary(context).dataProfile(trainingData.profile);
  return { ...stored, signature, trainingData: { ...trainingData, profile } };
}

function evidenceNow(context: Context, checks: NonNullable<RegistrationExtras['evidence']>): StoredVersion['evidence'] {
  const recorded = {
    recordedAt: toIso(context.clock.now()),
    recordedBy: actorId(context),
    environment: context.config.policy.environment,
  };
  return Object.fromEntries(Object.entries(checks).map(([kind, check]) => [kind, { ...check, ...recorded }]));
}
