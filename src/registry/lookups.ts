import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { loadModel } from '../models/model.js';
import type { Model } from '../models/model.js';
import { readStored } from '../runtime/bundle.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { checkName } from '../util/check.js';
import { scanArtifacts } from './artifact-scan.js';
import type { GateResult } from './gate-result.js';
import { evaluateGates } from './gates.js';
import {
  type HistoryEvent,
  type StoredModel,
  type StoredVersion,
  historyStream,
  versionsCollection,
} from './model-record.js';
import { ModelStage, parseStage } from './stage.js';
import { loadModelRecord, loadVersion } from './stage-change.js';

/** Which version is meant: by number, or the one (for stages other than production, the newest) in a stage. */
export type VersionSelector = { readonly version: string } | { readonly stage: ModelStage | Lowercase<ModelStage> };

/** @throws MLOpsError `NOT_FOUND` */
export async function selectVersion(
  storage: Storage,
  modelName: string,
  selector: VersionSelector,
): Promise<StoredVersion> {
  checkName(modelName, 'modelName');
  if ('version' in selector) return (await loadVersion(storage, modelName, selector.version)).value;
  const stage = parseStage(selector.stage);
  const { value: model } = await loadModelRecord(storage, modelName);
  if (stage === ModelStage.PRODUCTION && model.production !== null) {
    return (await loadVersion(storage, modelName, model.production)).value;
  }
  const { records } = await storage.query(versionsCollection, {
    where: {
      and: [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'stage', op: 'eq', value: stage },
      ],
    },
    orderBy: [{ field: 'registeredAt', direction: 'desc' }],
    limit: 1,
  });
  if (records[0] === undefined) throw new MLOpsError('NOT_FOUND', `${modelName} has no version in ${stage}`);
  return records[0].value as unknown as StoredVersion;
}

/**
 * The model of a version, its bytes verified.
 *
 * @throws MLOpsError `CORRUPT`; `UNSUPPORTED` for a format that cannot be scored here
 */
export async function readModel(version: StoredVersion, artifacts: ArtifactStore): Promise<Model> {
  const file = version.files.find((candidate) => candidate.path === version.modelFile)!;
  if (!file.path.endsWith('.json')) {
    throw new MLOpsError(
      'UNSUPPORTED',
      `${version.modelName} ${version.version} is ${file.path}; only JSON models can be scored by this version`,
    );
  }
  return loadModel(parseModelFile((await readStored(artifacts, file.digest)).toString('utf8'), file.path));
}

function parseModelFile(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new MLOpsError('INVALID_INPUT', `${path} is not JSON; register the file your trainer wrote`, { cause });
  }
}

/** The gates of the policy for a version, its stored bytes scanned now. */
export async function checkVersionGates(
  config: MLOpsConfig,
  version: StoredVersion,
  artifacts: ArtifactStore,
): Promise<readonly GateResult[]> {
  const scan = await scanArtifacts(version, artifacts);
  return evaluateGates(version, config.modelPolicy(version.modelType).task, scan, config.policy.promotion);
}

/** Versions that have been in production, latest first, without repeats. */
export async function formerProductions(storage: Storage, model: StoredModel): Promise<readonly string[]> {
  const events = await readHistory(storage, model.modelName);
  return [
    ...new Set(
      events
        .filter((event) => event.to === ModelStage.PRODUCTION)
        .map((event) => event.version)
        .reverse(),
    ),
  ];
}

/** A model's history, oldest first. */
export async function readHistory(storage: Storage, modelName: string): Promise<readonly HistoryEvent[]> {
  const { entries } = await storage.read(historyStream(modelName));
  return entries.map(({ value }) => value as unknown as HistoryEvent);
}
