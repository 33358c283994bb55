import type { Policy } from '../config/policy.js';
import type { Storage } from '../storage/storage.js';

/** The newest record about a model. */
export async function newestOf<T>(
  storage: Storage,
  collection: string,
  modelName: string,
  timeField: string,
): Promise<T | undefined> {
  const { records } = await storage.query(collection, {
    where: { field: 'modelName', op: 'eq', value: modelName },
    orderBy: [{ field: timeField, direction: 'desc' }],
    limit: 1,
  });
  return records[0]?.value as unknown as T | undefined;
}

/** Longest time between two drift checks of a model: the policy says it in two places, and the shorter one counts. */
export const driftIntervalMs = ({ drift, monitoring }: Policy): number =>
  Math.min(drift.driftCheckIntervalHours, monitoring.driftCheckIntervalHours) * 3_600_000;
