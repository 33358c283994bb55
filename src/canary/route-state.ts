import { type StoredModel, modelsCollection } from '../registry/model-record.js';
import type { Storage, StoredRecord } from '../storage/storage.js';
import { type LoadedDeployment, findDeployment } from './deployment-lookups.js';

/** What routes a model's requests, as the store had it at one moment. */
export interface RouteState {
  readonly modelName: string;
  /**
   * The version of the model's record, which every change of a stage or a deployment writes: of two states the one
   * with the higher fence is the later one, whenever they were read.
   */
  readonly fence: number;
  readonly production: string | undefined;
  readonly deployment: LoadedDeployment | undefined;
}

/** Models asked for in one query. */
const pageSize = 500;

/** States of models whose record is newer than the fence this process knows. */
export async function readRouteStates(
  storage: Storage,
  known: ReadonlyMap<string, number>,
): Promise<readonly RouteState[]> {
  const names = [...known.keys()];
  const states: RouteState[] = [];
  for (let at = 0; at < names.length; at += pageSize) {
    const values = names.slice(at, at + pageSize);
    const { records } = await storage.query(modelsCollection, {
      where: { field: 'id', op: 'in', values },
      limit: pageSize,
    });
    for (const record of records) {
      if (record.version > known.get(record.id)!) states.push(await stateOf(storage, record));
    }
  }
  return states;
}

/** A model's state; for a model nobody registered, one without anything. */
export async function readRouteState(storage: Storage, modelName: string): Promise<RouteState> {
  const record = await storage.get(modelsCollection, modelName);
  return record === undefined
    ? { modelName, fence: -1, production: undefined, deployment: undefined }
    : stateOf(storage, record);
}

async function stateOf(storage: Storage, record: StoredRecord): Promise<RouteState> {
  const model = record.value as unknown as StoredModel;
  // The deployment may be newer than the model's record; then a newer record is there to be read as well.
  const deployment = model.canary === null ? undefined : await findDeployment(storage, model.canary);
  return { modelName: record.id, fence: record.version, production: model.production ?? undefined, deployment };
}
