import { type StoredVersion, versionsCollection } from '../../registry/model-record.js';
import { type StoredInventoryEntry, findEntry } from '../../registry/inventory/inventory-entry.js';
import type { Storage } from '../../storage/storage.js';
import { type StoredRun, runsCollection } from '../../tracking/run.js';
import { listItems } from './stored-items.js';

/** Who had a part in making a version, and which. */
export async function developersOf(
  storage: Storage,
  version: StoredVersion,
  entry: Pick<StoredInventoryEntry, 'developers'> | undefined,
): Promise<readonly { readonly id: string; readonly did: string }[]> {
  const record = version.runId === null ? undefined : await storage.get(runsCollection, version.runId);
  const run = record?.value as unknown as StoredRun | undefined;
  return [
    { id: version.registeredBy, did: 'registered the version' },
    ...(run === undefined ? [] : [{ id: run.startedBy, did: 'trained the version' }]),
    ...(entry?.developers ?? []).map((id) => ({ id, did: 'developed the model' })),
  ];
}

/** Who had a part in making any version of a model. */
export async function developersOfModel(
  storage: Storage,
  modelName: string,
): Promise<readonly { readonly id: string; readonly did: string }[]> {
  const entry = (await findEntry(storage, modelName))?.value;
  const versions = await listItems<StoredVersion>(storage, versionsCollection, modelName);
  const makers = await Promise.all(versions.map((version) => developersOf(storage, version, entry)));
  return makers.flat();
}
