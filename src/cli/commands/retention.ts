import { collectGarbage } from '../../maintenance/collect-garbage.js';
import { applyRetention } from '../../retention/apply-retention.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

export interface RetentionCommandOptions {
  readonly dryRun?: boolean;
}

/** Removes for good what the policy no longer asks to keep. */
export async function apply(
  { config, output, signal, who }: Session,
  { dryRun = false }: RetentionCommandOptions,
): Promise<number> {
  using progress = output.progress();
  const onProgress = (fraction: number, label: string): void => progress.update(fraction, label);
  const result = await applyRetention(config, { ...who, dryRun, signal, onProgress });
  progress.end();
  const { runs, reports, backups, audit } = result;
  const counts = `${runs.length} runs, ${reports.length} drift reports, ${audit.records} audit records and ${backups.length} backups`;
  const kept = `audit records since ${audit.madeBefore} stay${audit.keptBy === undefined ? '' : ` (${audit.keptBy})`}`;
  output.result({ dryRun, ...result }, `${dryRun ? 'would remove' : 'removed'} ${counts}\n${kept}`);
  return exitCode.ok;
}

/** Removes artifacts that nothing refers to. */
export async function gc(
  { config, output, signal, who }: Session,
  { dryRun = false }: RetentionCommandOptions,
): Promise<number> {
  using progress = output.progress();
  const onProgress = (fraction: number, label: string): void => progress.update(fraction, label);
  const result = await collectGarbage(config, { ...who, dryRun, signal, onProgress });
  progress.end();
  const { removed, bytes, kept } = result;
  const text = `${removed.length} artifacts of ${bytes} bytes that nothing refers to; ${kept} stay`;
  output.result({ dryRun, ...result }, `${dryRun ? 'would remove' : 'removed'} ${text}`);
  return exitCode.ok;
}
