import type { Checkpoint } from '../../governance/audit/checkpoint.js';
import { AuditLog } from '../../governance/audit-log.js';
import type { AuditDecision } from '../../governance/audit-record.js';
import { exitCode } from '../exit-code.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';

interface VerifyOptions {
  readonly head?: string;
  readonly anchors?: string;
  readonly file?: string;
}

export async function verify({ config, output, who, signal }: Session, options: VerifyOptions): Promise<number> {
  await using audit = new AuditLog(config, who);
  const { head, file } = options;
  using progress = output.progress();
  const onProgress = (fraction: number): void => progress.update(fraction, 'records');
  const against = {
    signal,
    onProgress,
    ...(options.anchors !== undefined && { anchors: options.anchors }),
    ...(head !== undefined && { expectedHead: head }),
  };
  const result = file === undefined ? await audit.verify(against) : await audit.verifyExport(file, against);
  progress.end();
  const { status, records, anchored, position, reason } = result;
  const isSound = status === 'ok' || status === 'torn_tail_recovered';
  const vouched =
    anchored === undefined
      ? 'no signed checkpoint vouches for them'
      : `signed checkpoints vouch for the first ${anchored.size}, as of ${anchored.time}`;
  output.result(
    result,
    [
      status === 'ok' ? `ok: ${records} records` : `${status} at record ${position}: ${reason}`,
      ...(isSound ? [vouched, `head ${result.head}`] : [`${records} records are sound by themselves; ${vouched}`]),
    ].join('\n'),
  );
  return isSound ? exitCode.ok : exitCode.found;
}

export async function checkpoint({ config, output, who }: Session): Promise<number> {
  await using audit = new AuditLog(config, who);
  return sayCheckpoint(output, await audit.checkpoint());
}

export async function anchor({ config, output, who }: Session, { to }: { readonly to: string }): Promise<number> {
  await using audit = new AuditLog(config, who);
  return sayCheckpoint(output, await audit.anchor(to));
}

function sayCheckpoint(output: Session['output'], made: Checkpoint | undefined): number {
  const text =
    made === undefined
      ? 'there are no records yet'
      : `${made.size} records, root ${made.root}, signed by key ${made.keyId}`;
  output.result(made ?? null, text);
  return exitCode.ok;
}

export async function exportLog(
  { config, output, who, signal }: Session,
  { to }: { readonly to: string },
): Promise<number> {
  await using audit = new AuditLog(config, who);
  using progress = output.progress();
  const onProgress = (fraction: number): void => progress.update(fraction, 'records');
  const written = await audit.export(to, { signal, onProgress });
  progress.end();
  output.result(written, `${to}: ${written.records} records, ${written.checkpoints} checkpoints`);
  return exitCode.ok;
}

export async function prove(
  { config, output, who }: Session,
  { record }: { readonly record: number },
): Promise<number> {
  await using audit = new AuditLog(config, who);
  const proof = await audit.prove(record);
  output.result(proof, JSON.stringify(proof, null, 2));
  return exitCode.ok;
}

export interface AuditListOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly resource?: string;
  readonly since?: string;
  readonly until?: string;
  readonly emergency?: string;
  readonly decision?: AuditDecision;
  readonly newest?: boolean;
  readonly limit?: number;
}

export async function listRecords({ config, output, who }: Session, options: AuditListOptions): Promise<number> {
  await using audit = new AuditLog(config, who);
  const { limit = 100, newest = false } = options;
  const records = await audit.list({
    limit,
    newestFirst: newest,
    ...(options.actor !== undefined && { actor: options.actor }),
    ...(options.action !== undefined && { action: options.action }),
    ...(options.resource !== undefined && { resourceId: options.resource }),
    ...(options.since !== undefined && { since: options.since }),
    ...(options.until !== undefined && { until: options.until }),
    ...(options.emergency !== undefined && { breakGlass: options.emergency }),
    ...(options.decision !== undefined && { decision: options.decision }),
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
  if (rows.length === limit) {
    output.note(`there may be more: --limit shows more${newest ? '' : ', --newest begins with the last'}`);
  }
  return exitCode.ok;
}
