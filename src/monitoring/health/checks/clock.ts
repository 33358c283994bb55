import type { AuditRecord } from '../../../governance/audit-record.js';
import { readAuditEnd } from '../../../governance/audit-trail.js';
import type { Check } from '../check.js';

/** How far the newest stored time may lie in the future, milliseconds. */
const toleratedMs = 5_000;
const wrongMs = 300_000;

/** Times in the store lie in the past: otherwise this clock is behind the one they were written by. */
export const clockCheck: Check = {
  name: 'clock',
  failure: 'degraded',
  async run({ context }) {
    const storage = await context.stores.storage();
    const { entries } = await readAuditEnd(storage, 1);
    if (entries.length === 0) return { status: 'skipped', reason: 'nothing is stored yet to compare with' };
    const { ts } = entries.at(-1)!.value as unknown as AuditRecord;
    const behindMs = Date.parse(ts) - context.clock.now();
    const detail = { newest: ts, behindMs };
    if (behindMs <= toleratedMs) return { status: 'healthy', reason: 'not behind the newest audit record', detail };
    const reason = `this clock is ${Math.round(behindMs / 1000)} s behind the newest audit record; set it by NTP`;
    return { status: behindMs > wrongMs ? 'unhealthy' : 'degraded', reason, detail };
  },
};
