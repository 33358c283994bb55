import type { MLOpsConfig } from '../config/mlops-config.js';
import { type Clock, systemClock } from '../util/clock.js';
import { listBackups } from './backup-manifest.js';
import { storeDirectories } from './store-directories.js';

/** Which backups there are, and whether the newest is as recent as the policy asks. */
export interface BackupStatus {
  readonly backups: number;
  /** Folder and ISO time of the newest, and its age. */
  readonly newest?: { readonly path: string; readonly createdAt: string; readonly ageHours: number };
  /** Whether `backup.backup_frequency` asks for another one now. */
  readonly isDue: boolean;
  /** Whether the newest is no older than `backup.recovery_point_objective_hours`; absent when disaster recovery is off. */
  readonly meetsRecoveryPointObjective?: boolean;
  /** What is wrong, in words. */
  readonly findings: readonly string[];
}

const hoursBetween = { hourly: 1, daily: 24, weekly: 7 * 24, monthly: 30 * 24 } as const;

/** How the backups of a policy stand at this moment. */
export async function backupStatus(
  config: MLOpsConfig,
  options: { readonly clock?: Clock } = {},
): Promise<BackupStatus> {
  const { clock = systemClock } = options;
  const { backupFrequency, disasterRecoveryEnabled, recoveryPointObjectiveHours: objective } = config.policy.backup;
  const backups = await listBackups(storeDirectories(config).backups);
  const last = backups.at(-1);
  const ageHours = last === undefined ? Infinity : (clock.now() - Date.parse(last.createdAt)) / 3_600_000;
  const isMet = ageHours <= objective;
  const age = last === undefined ? 'there is no backup' : `the newest backup is ${ageHours.toFixed(1)} hours old`;
  return {
    backups: backups.length,
    ...(last !== undefined && { newest: { path: last.path, createdAt: last.createdAt, ageHours } }),
    isDue: ageHours >= hoursBetween[backupFrequency],
    ...(disasterRecoveryEnabled && { meetsRecoveryPointObjective: isMet }),
    findings:
      disasterRecoveryEnabled && !isMet
        ? [`${age}; backup.recovery_point_objective_hours allows ${objective}: make one now, and more often`]
        : [],
  };
}
