import { MLOpsConfig } from '../../config/mlops-config.js';
import { migrateStore } from '../../maintenance/migrate-store.js';
import { exitCode } from '../exit-code.js';
import { sayMissingKeys } from '../missing-keys.js';
import type { Session } from '../session.js';

export interface MigrateCommandOptions {
  readonly from?: string;
  readonly to: string;
}

/** Copies the store of one policy into that of another, and exits with 3 when the keys of its files are not in place there. */
export async function migrate(session: Session, options: MigrateCommandOptions): Promise<number> {
  const { output, who, signal } = session;
  const from = options.from === undefined ? session.config : MLOpsConfig.fromYaml(options.from);
  const to = MLOpsConfig.fromYaml(options.to);
  using progress = output.progress();
  const onProgress = (fraction: number, label: string): void => progress.update(fraction, label);
  const result = await migrateStore({ ...who, from: { config: from }, to: { config: to }, signal, onProgress });
  progress.end();
  const { status, records, entries, files, bytes, auditRecords, digest, missingKeys } = result;
  const what = `${records} records, ${entries} stream entries (${auditRecords} of them audit records), ${files} files (${bytes} bytes)`;
  const done = { migrated: 'copied and verified', already: 'was copied before' }[status];
  const lines = [`${result.from} → ${result.to}: ${done}`, what, `content ${digest}`, ...sayMissingKeys(missingKeys)];
  output.result(result, lines.join('\n'));
  return missingKeys.length > 0 ? exitCode.found : exitCode.ok;
}
