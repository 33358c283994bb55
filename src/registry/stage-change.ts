import { ConflictError, MLOpsError } from '../errors.js';
import type { Change, Storage, StoredRecord } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';
import { nearest } from '../util/nearest.js';
import {
  type HistoryEvent,
  type StoredModel,
  type StoredVersion,
  historyStream,
  indexVersion,
  modelsCollection,
  versionId,
  versionsCollection,
} from './model-record.js';
import { ModelStage, transitions } from './stage.js';

/** A stored value and the version of its record, to be written back only if nobody else has. */
export interface Loaded<T> {
  readonly value: T;
  readonly recordVersion: number;
}

export async function findModel(storage: Storage, modelName: string): Promise<Loaded<StoredModel> | undefined> {
  return loaded(await storage.get(modelsCollection, modelName));
}

/** @throws MLOpsError `NOT_FOUND` */
export async function loadModelRecord(storage: Storage, modelName: string): Promise<Loaded<StoredModel>> {
  const found = await findModel(storage, modelName);
  if (found !== undefined) return found;
  const { records } = await storage.query(modelsCollection, { limit: 1000 });
  const near = nearest(
    modelName,
    records.map((record) => record.id),
  );
  const hint = near === undefined ? 'register a version of it first' : `did you mean ${near}?`;
  throw new MLOpsError('NOT_FOUND', `there is no model ${modelName}; ${hint}`);
}

export async function findVersion(
  storage: Storage,
  modelName: string,
  version: string,
): Promise<Loaded<StoredVersion> | undefined> {
  return loaded(await storage.get(versionsCollection, versionId(modelName, version)));
}

/** @throws MLOpsError `NOT_FOUND` that names the versions there are */
export async function loadVersion(
  storage: Storage,
  modelName: string,
  version: string,
): Promise<Loaded<StoredVersion>> {
  const found = await findVersion(storage, modelName, version);
  if (found !== undefined) return found;
  await loadModelRecord(storage, modelName);
  const { records } = await storage.query(versionsCollection, {
    where: { field: 'modelName', op: 'eq', value: modelName },
    orderBy: [{ field: 'registeredAt', direction: 'desc' }],
    limit: 10,
  });
  const known = records.map((record) => (record.value as unknown as StoredVersion).version).join(', ');
  throw new MLOpsError('NOT_FOUND', `${modelName} has no version ${version}; the latest are ${known}`);
}

const loaded = <T>(record: StoredRecord | undefined): Loaded<T> | undefined =>
  record === undefined ? undefined : { value: record.value as unknown as T, recordVersion: record.version };

/**
 * Collects what one commit changes about a model: its record, any of its versions, its history. The model's record is
 * always among it, so that two commits about one model cannot both succeed.
 */
export class ModelEdit {
  readonly #versions = new Map<string, Loaded<StoredVersion>>();
  readonly #events: HistoryEvent[] = [];
  readonly #removed = new Set<string>();

  constructor(
    private readonly storage: Storage,
    private model: Loaded<StoredModel>,
  ) {}

  static async open(storage: Storage, modelName: string): Promise<ModelEdit> {
    return new ModelEdit(storage, await loadModelRecord(storage, modelName));
  }

  get modelRecord(): StoredModel {
    return this.model.value;
  }

  /** @throws MLOpsError `CONFLICT` when another version is in production, or one where there should be none */
  assertProduction(expected: string | null): void {
    const { modelName, production } = this.modelRecord;
    if (production === expected) return;
    throw new MLOpsError(
      'CONFLICT',
      `${modelName} has ${production ?? 'no version'} in production, expected ${expected ?? 'none'}: somebody else was first; ` +
        'compare with that version and promote again',
    );
  }

  updateModel(change: Partial<StoredModel>): void {
    this.model = { ...this.model, value: { ...this.model.value, ...change } };
  }

  async version(version: string): Promise<StoredVersion> {
    let found = this.#versions.get(version);
    if (found === undefined) {
      found = await loadVersion(this.storage, this.modelRecord.modelName, version);
      await this.#assertUnchanged();
      this.#versions.set(version, found);
    }
    return found.value;
  }

  /**
   * What was read one after the other must have held at one moment, or a rule would be judged on a state that never
   * was. No stage changes without the model's record, so that record standing still is enough.
   */
  async #assertUnchanged(): Promise<void> {
    const { modelName: id } = this.modelRecord;
    const expected = this.model.recordVersion;
    const actual = (await this.storage.get(modelsCollection, id))?.version ?? 'absent';
    if (actual !== expected)
      throw new ConflictError({ kind: 'record', collection: modelsCollection, id, expected, actual });
  }

  async updateVersion(version: string, change: Partial<StoredVersion>): Promise<StoredVersion> {
    const value = { ...(await this.version(version)), ...change };
    this.#versions.set(version, { value, recordVersion: this.#versions.get(version)!.recordVersion });
    return value;
  }

  /**
   * Moves a version along the transition table. Entering production archives the version that was there, so that there
   * is never more than one.
   *
   * @returns the version archived to make room, if any
   * @throws MLOpsError `ILLEGAL_STATE` for a transition the table does not have
   */
  async moveTo(
    version: string,
    to: ModelStage,
    said: Omit<HistoryEvent, 'kind' | 'version' | 'from' | 'to'>,
  ): Promise<string | undefined> {
    const { stage: from } = await this.version(version);
    const { modelName, production } = this.modelRecord;
    if (!transitions[from].includes(to)) {
      const allowed = transitions[from].join(' or ');
      throw new MLOpsError(
        'ILLEGAL_STATE',
        `${modelName} ${version} is in ${from}; from there it can go to ${allowed}, not ${to}`,
      );
    }
    let archived: string | undefined;
    if (to === ModelStage.PRODUCTION) {
      if (production !== null) {
        await this.moveTo(production, ModelStage.ARCHIVED, { ...said, reason: `replaced by ${version}` });
        archived = production;
      }
      this.updateModel({ production: version });
    } else if (from === ModelStage.PRODUCTION) {
      this.updateModel({ production: null });
    }
    await this.updateVersion(version, { stage: to });
    this.#events.push({ kind: 'stage_changed', version, from, to, ...said });
    return archived;
  }

  /** Adds a line to the history that changes no stage. */
  async note(
    kind: Exclude<HistoryEvent['kind'], 'registered' | 'stage_changed'>,
    version: string,
    said: Omit<HistoryEvent, 'kind' | 'version' | 'from' | 'to'>,
  ): Promise<void> {
    this.#events.push({ kind, version, to: (await this.version(version)).stage, ...said });
  }

  /** Removes a version; its number is not given again. */
  async remove(version: string, said: Omit<HistoryEvent, 'kind' | 'version' | 'from' | 'to'>): Promise<void> {
    await this.note('deleted', version, said);
    this.#removed.add(version);
  }

  /** What to commit. */
  changes(): Change[] {
    const { modelName, historyLength } = this.modelRecord;
    if (this.#events.length > 0) this.updateModel({ historyLength: historyLength + this.#events.length });
    return [
      putModel(this.modelRecord, this.model.recordVersion),
      ...[...this.#versions.values()].map(({ value, recordVersion }) =>
        this.#removed.has(value.version) ? deleteVersion(value, recordVersion) : putVersion(value, recordVersion),
      ),
      ...(this.#events.length > 0 ? [appendHistory(modelName, this.#events, historyLength)] : []),
    ];
  }
}

export const putModel = (model: StoredModel, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: modelsCollection,
  id: model.modelName,
  value: model as unknown as JsonValue,
  index: { modelType: model.modelType, createdAt: model.createdAt },
  expect,
});

export const putVersion = (version: StoredVersion, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: versionsCollection,
  id: versionId(version.modelName, version.version),
  value: version as unknown as JsonValue,
  index: indexVersion(version),
  expect,
});

const deleteVersion = ({ modelName, version }: StoredVersion, expect: number): Change => ({
  kind: 'delete',
  collection: versionsCollection,
  id: versionId(modelName, version),
  expect,
});

export const appendHistory = (modelName: string, events: readonly HistoryEvent[], expect: number): Change => ({
  kind: 'append',
  stream: historyStream(modelName),
  values: events as unknown as readonly JsonValue[],
  expect,
});
