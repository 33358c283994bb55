import { backupStatus } from '../../../maintenance/backup-status.js';
import type { Check } from '../check.js';

/** The newest backup is no older than `backup.recovery_point_objective_hours`. */
export const backupCheck: Check = {
  name: 'backups',
  failure: 'degraded',
  async run({ context: { config, clock, stores } }) {
    const { name, directory } = (await stores.storage()).capabilities;
    if (directory === undefined) return { status: 'skipped', reason: `${name} is not backed up by this package` };
    if (!config.policy.backup.disasterRecoveryEnabled) {
      return { status: 'skipped', reason: 'backup.disaster_recovery_enabled is off' };
    }
    const { backups, newest, findings } = await backupStatus(config, { clock });
    const detail = { backups, ...(newest !== undefined && { newest: newest.path, ageHours: newest.ageHours }) };
    return findings.length === 0
      ? { status: 'healthy', reason: 'the newest backup is recent enough', detail }
      : { status: 'degraded', reason: findings.join('; '), detail };
  },
};
