import type { BaselineProfile } from '../data/baseline-profile.js';
import { parseDate } from '../data/cell.js';
import { MLOpsError } from '../errors.js';
import type { AnyModel, ModelFile, ModelLoader } from '../models/async-model.js';
import { openModel } from '../models/model-file.js';
import type { Model, Task } from '../models/model.js';
import { type BundleFile, bundleDigest, readStored } from '../runtime/bundle.js';
import type { Context } from '../runtime/context.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { checkName, describe, refuse } from '../util/check.js';
import { toIso } from '../util/clock.js';
import { verifyFiles } from './file-signature.js';
import { type HistoryEvent, type StoredVersion, historyStream, versionsCollection } from './model-record.js';
import { productionAt } from './production-at.js';
import { ModelStage, parseStage } from './stage.js';
import { loadModelRecord, loadVersion } from './stage-change.js';

/**
 * Which version is meant: by number, by alias, the one (for stages other than production, the newest) in a stage, or the
 * one that was in production at a moment, given as ISO 8601 or a date.
 */
export type VersionSelector =
  | { readonly version: string }
  | { readonly alias: string }
  | { readonly stage: ModelStage | Lowercase<ModelStage> }
  | { readonly at: string | Date };

/** @throws MLOpsError `NOT_FOUND` */
export async function selectVersion(
  storage: Storage,
  modelName: string,
  selector: VersionSelector,
): Promise<StoredVersion> {
  checkName(modelName, 'modelName');
  checkSelector(selector);
  if ('version' in selector) return (await loadVersion(storage, modelName, selector.version)).value;
  if ('alias' in selector)
    return (await loadVersion(storage, modelName, await versionOf(storage, modelName, selector.alias))).value;
  if ('at' in selector)
    return (await loadVersion(storage, modelName, await liveVersion(storage, modelName, selector.at))).value;
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

function checkSelector(selector: unknown): void {
  const names = typeof selector === 'object' && selector !== null ? Object.keys(selector) : [];
  if (names.length === 1 && ['version', 'alias', 'stage', 'at'].includes(names[0]!)) return;
  refuse(
    `a version is chosen by one of { version }, { alias }, { stage } and { at }, got ${names.join(' and ') || describe(selector)}`,
  );
}

async function versionOf(storage: Storage, modelName: string, alias: string): Promise<string> {
  const { value } = await loadModelRecord(storage, modelName);
  const aliases = value.aliases ?? {};
  if (Object.hasOwn(aliases, alias)) return aliases[alias]!;
  const known = Object.keys(aliases).join(', ') || 'none';
  throw new MLOpsError('NOT_FOUND', `${modelName} has no alias ${alias}; it has ${known}`);
}

async function liveVersion(storage: Storage, modelName: string, at: string | Date): Promise<string> {
  const ms = at instanceof Date ? at.getTime() : typeof at === 'string' ? parseDate(at) : NaN;
  if (Number.isNaN(ms)) refuse(`at must be a date or ISO 8601 such as 2026-01-31T12:00:00Z, got ${String(at)}`);
  await loadModelRecord(storage, modelName);
  const version = productionAt(await readHistory(storage, modelName), ms);
  if (version !== undefined) return version;
  throw new MLOpsError('NOT_FOUND', `${modelName} had no version in production at ${toIso(ms)}`);
}

/** What decides whether files are believed. */
export type Trust = Pick<Context, 'config' | 'keys'>;

/**
 * The model of a version, its bytes verified.
 *
 * @throws SignatureError; MLOpsError `CORRUPT`; `UNSUPPORTED` for a format that needs a loader
 */
export async function readModel(trust: Trust, version: StoredVersion, artifacts: ArtifactStore): Promise<Model> {
  const model = await openFiles(trust, version, artifacts, 'regression', []);
  return model as Model; // without loaders only the core's own formats are opened
}

/** As {@link readModel}, for the formats of the given loaders too. */
export async function openVersion(
  trust: Trust,
  version: StoredVersion,
  artifacts: ArtifactStore,
  loaders: readonly ModelLoader[],
): Promise<AnyModel> {
  return openFiles(trust, version, artifacts, trust.config.modelPolicy(version.modelType).task, loaders);
}

/** The profile that was registered with a version, its bytes verified; undefined when there is none. */
export async function readBaselineProfile(
  { baselineProfile }: Pick<StoredVersion, 'baselineProfile'>,
  artifacts: ArtifactStore,
): Promise<BaselineProfile | undefined> {
  if (baselineProfile === undefined) return undefined;
  const bytes = await readStored(artifacts, baselineProfile.digest);
  return JSON.parse(bytes.toString('utf8')) as BaselineProfile;
}

async function openFiles(
  trust: Trust,
  version: StoredVersion,
  artifacts: ArtifactStore,
  task: Task,
  loaders: readonly ModelLoader[],
): Promise<AnyModel> {
  if (bundleDigest(version.files) !== version.digest) {
    throw new MLOpsError(
      'CORRUPT',
      `the files of ${version.modelName} ${version.version} are not those that were registered; restore the store from a backup`,
    );
  }
  await verifyFiles(trust, version);
  const own = version.files.find(({ path }) => path === version.modelFile)!;
  const read = async ({ path, digest }: BundleFile): Promise<ModelFile> => ({
    path,
    bytes: await readStored(artifacts, digest),
  });
  const others = own.path.endsWith('.json') ? [] : version.files.filter((file) => file !== own);
  const files = [await read(own), ...(await Promise.all(others.map(read)))];
  return openModel(files, { task, featureColumns: version.featureColumns }, loaders);
}

/**
 * Versions that have been in production, latest first, without repeats; and, in that order, those that a rollback may mean unless
 * told. Those that were rolled back from are not meant: a rollback that is asked for twice must not put the bad version back.
 */
export async function formerProductions(
  storage: Storage,
  modelName: string,
): Promise<{ readonly former: readonly string[]; readonly standing: readonly string[] }> {
  const entered = (await readHistory(storage, modelName)).filter(({ to }) => to === ModelStage.PRODUCTION);
  const standing: string[] = [];
  for (const { version, from } of entered) {
    const at = from === ModelStage.ARCHIVED ? standing.indexOf(version) : -1;
    if (at >= 0) standing.length = at + 1;
    else standing.push(version);
  }
  return { former: [...new Set(entered.map(({ version }) => version).reverse())], standing: standing.reverse() };
}

/** A model's history, oldest first. */
export async function readHistory(storage: Storage, modelName: string): Promise<readonly HistoryEvent[]> {
  const { entries } = await storage.read(historyStream(modelName));
  return entries.map(({ value }) => value as unknown as HistoryEvent);
}
