import type { Policy } from '../config/policy.js';
import type { Storage, Where } from '../storage/storage.js';
import { toIso } from '../util/clock.js';

/** Clocks of hosts that are right differ by less; what is dated later does not hide the newest record. */
export const aheadMs = 86_400_000;

/**
 * The newest record about a model, of a collection whose times are texts, as of reports, or numbers.
 *
 * @param among which of them alone
 */
export async function newestOf<T>(
  storage: Storage,
  collection: string,
  modelName: string,
  timeField: string,
  now: string | number,
  among?: Where,
): Promise<T | undefined> {
  const value = typeof now === 'number' ? now + aheadMs : toIso(Date.parse(now) + aheadMs);
  const { records } = await storage.query(collection, {
    where: {
      and: [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: timeField, op: 'lt', value },
        ...(among === undefined ? [] : [among]),
      ],
    },
    orderBy: [
      { field: timeField, direction: 'desc' },
      { field: 'id', direction: 'desc' }, // of those of one moment the last: ids grow
    ],
    limit: 1,
  });
  return records[0]?.value as unknown as T | undefined;
}

/** Longest time between two drift checks of a model: the policy says it in two places, and the shorter one counts. */
export const driftIntervalMs = ({ drift, monitoring }: Policy): number =>
  Math.min(drift.driftCheckIntervalHours, monitoring.driftCheckIntervalHours) * 3_600_000;
