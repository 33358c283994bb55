import { driftReportsCollection } from '../../../drift/stored-reports.js';
import type { DriftReport } from '../../../drift/drift-report.js';
import { toIso } from '../../../util/clock.js';
import { driftIntervalMs, newestOf } from '../../newest.js';
import type { Check } from '../check.js';
import { productionModels } from './production-models.js';

/** A check that could compare nothing, such as of a feed that is down, has looked at nothing. */
const looked = { field: 'verdict', op: 'ne', value: 'not_assessed' } as const;

/** The next look takes its time, and a day is an hour longer when summer time ends. */
const tolerated = (everyMs: number): number => Math.min(everyMs / 10, 5_400_000);

/** Each model in production was looked at for drift within the interval of the policy, or somewhat more. */
export const driftCheck: Check = {
  name: 'drift_freshness',
  failure: 'degraded',
  async run({ context }) {
    const storage = await context.stores.storage();
    const models = await productionModels(storage);
    if (models.length === 0) return { status: 'skipped', reason: 'no model is in production' };
    const now = context.clock.now();
    const limitMs = driftIntervalMs(context.config.policy);
    const stale: string[] = [];
    for (const { modelName } of models) {
      const at = toIso(now);
      const report = await newestOf<DriftReport>(storage, driftReportsCollection, modelName, 'createdAt', at, looked);
      const ageMs = report === undefined ? Infinity : now - Date.parse(report.createdAt);
      if (ageMs > limitMs + tolerated(limitMs)) stale.push(modelName);
    }
    const hours = limitMs / 3_600_000;
    const detail = { models: models.length, stale };
    return stale.length === 0
      ? { status: 'healthy', reason: `checked within ${hours} hours`, detail }
      : { status: 'degraded', reason: `no drift check within ${hours} hours: ${stale.join(', ')}`, detail };
  },
};
