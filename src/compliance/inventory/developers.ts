import type { StoredInventoryEntry } from '../../registry/inventory/inventory-entry.js';
import type { StoredVersion } from '../../registry/model-record.js';
import type { Storage } from '../../storage/storage.js';
import { type StoredRun, runsCollection } from '../../tracking/run.js';

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
