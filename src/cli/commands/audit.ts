import { AuditLog } from '../../governance/audit-log.js';
import { exitCode } from '../exit-code.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

export async function verify({ config, output, who }: Session, options: { readonly head?: string }): Promise<number> {
  await using audit = new AuditLog(config, who);
  const result = await audit.verify(options.head === undefined ? {} : { expectedHead: options.head });
  output.result(
    result,
    result.status === 'ok'
      ? `ok: ${result.records} records\nhead ${result.head}`
      : `corrupt at record ${result.position}: ${result.reason}\n${result.records} records before it are sound`,
  );
  return result.status === 'ok' ? exitCode.ok : exitCode.found;
}

export interface AuditListOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly limit?: number;
}

export async function listRecords({ config, output, who }: Session, options: AuditListOptions): Promise<number> {
  await using audit = new AuditLog(config, who);
  const records = await audit.list({
    ...(options.actor !== undefined && { actor: options.actor }),
    ...(options.action !== undefined && { action: options.action }),
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  const rows = records.map(({ seq, ts, actor, action, resource, decision, reason }) => [
    String(seq),
    ts,
    actor.onBehalfOf === undefined ? actor.id : `${actor.id} for ${actor.onBehalfOf}`,
    action,
    [resource.type, resource.id, resource.version].filter(Boolean).join(' '),
    decision,
    reason ?? '',
  ]);
  const head = ['#', 'time', 'who', 'operation', 'on', 'decision', 'reason'];
  output.result(records, rows.length === 0 ? 'no records' : formatTable(head, rows));
  return exitCode.ok;
}
