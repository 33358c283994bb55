import { backupStatus } from '../../maintenance/backup-status.js';
import { backupStore } from '../../maintenance/backup-store.js';
import type { MissingFile } from '../../maintenance/named-files.js';
import { restoreStore } from '../../maintenance/restore-store.js';
import { exitCode } from '../exit-code.js';
import { sayMissingKeys } from '../missing-keys.js';
import type { Session } from '../session.js';

export interface BackupCommandOptions {
  readonly ifDue?: boolean;
  readonly status?: boolean;
}

/**
 * Makes a backup, and exits with 3 when files are missing that it should hold; with `--status` says how the backups stand,
 * and exits with 3 when an objective is not met.
 */
export async function backup({ config, output, signal, who }: Session, options: BackupCommandOptions): Promise<number> {
  const status = await backupStatus(config);
  if (options.status === true) {
    const newest = status.newest === undefined ? '' : `, the newest at ${status.newest.createdAt}`;
    output.result(status, [`${status.backups} backups${newest}`, ...status.findings].join('\n'));
    return status.findings.length > 0 ? exitCode.found : exitCode.ok;
  }
  if (options.ifDue === true && !status.isDue) {
    output.result({ made: false, ...status }, 'no backup is due');
    return exitCode.ok;
  }
  using progress = output.progress();
  const onProgress = (fraction: number, label: string): void => progress.update(fraction, label);
  const result = await backupStore(config, { ...who, signal, onProgress });
  progress.end();
  const { path, auditRecords, artifacts, expired, missing, keyIds = [] } = result;
  const lines = [
    `${path}: ${auditRecords} audit records, ${artifacts.length} files`,
    ...(expired.length > 0 ? [`${expired.length} old backups removed`] : []),
    ...(keyIds.length > 0
      ? [`encrypted with keys that it does not hold (${keyIds.join(', ')}): keep those elsewhere`]
      : []),
    ...missing.map((file) => sayMissing(file, 'store')),
  ];
  output.result({ made: true, ...result }, lines.join('\n'));
  return missing.length > 0 ? exitCode.found : exitCode.ok;
}

const sayMissing = ({ digest, namedBy }: MissingFile, where: string): string =>
  `missing in the ${where}, or damaged there: ${digest}, named by ${namedBy}`;

/** Puts a backup in place of a store that is gone. */
export async function restore(
  { config, output, signal, who }: Session,
  options: { readonly from?: string },
): Promise<number> {
  using progress = output.progress();
  const onProgress = (fraction: number, label: string): void => progress.update(fraction, label);
  const from = options.from === undefined ? {} : { from: options.from };
  const result = await restoreStore(config, { ...who, signal, onProgress, ...from });
  progress.end();
  const { createdAt, auditRecords, artifacts, durationMs, meetsRecoveryTimeObjective, missing, missingKeys } = result;
  const seconds = (durationMs / 1_000).toFixed(1);
  const restored = `restored the state of ${createdAt} in ${seconds} s: ${auditRecords} audit records and ${artifacts} files, all verified`;
  const lines = [restored, ...missing.map((file) => sayMissing(file, 'backup')), ...sayMissingKeys(missingKeys)];
  output.result(result, lines.join('\n'));
  if (missing.length > 0 || missingKeys.length > 0) return exitCode.found;
  return meetsRecoveryTimeObjective === false ? exitCode.found : exitCode.ok;
}
