import { type AuditRecord, leafHash } from '../../../governance/audit-record.js';
import { readAuditEnd } from '../../../governance/audit-trail.js';
import type { Storage } from '../../../storage/storage.js';
import type { Check } from '../check.js';

/** So many records at the end are checked unless the whole chain is asked for. */
const tailLength = 100;

/** The audit chain holds together: its last records, or all of it. */
export const auditCheck: Check = {
  name: 'audit_chain',
  failure: 'unhealthy',
  async run({ context, fullAudit }) {
    const storage = await context.stores.storage();
    if (!fullAudit) return checkTail(storage);
    const { verifyAuditTrail } = await import('../../../governance/audit/verify-stored-log.js');
    const { status, records, reason, position } = await verifyAuditTrail(storage);
    const detail = { records, full: true };
    if (status === 'ok') return { status: 'healthy', reason: 'every record fits', detail };
    return { status: 'unhealthy', reason: `record ${position}: ${reason}`, detail };
  },
};

async function checkTail(storage: Storage): ReturnType<Check['run']> {
  const { entries } = await readAuditEnd(storage, tailLength);
  const detail = { records: entries.length, full: false };
  let before: AuditRecord | undefined;
  for (const { seq, value } of entries) {
    const record = value as unknown as AuditRecord;
    const fits = record.seq === seq && (before === undefined || record.prev === leafHash(before));
    if (!fits) return { status: 'unhealthy', reason: `record ${seq} does not continue the one before`, detail };
    before = record;
  }
  return { status: 'healthy', reason: `the last ${entries.length} records fit`, detail };
}
