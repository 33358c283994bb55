import type { MLOpsConfig } from '../config/mlops-config.js';
import { type Clock, systemClock } from '../util/clock.js';
import { type Backup, listBackups } from './backup-manifest.js';
import { storeDirectories } from './store-directories.js';
import { checkOptions } from '../util/check.js';
import { checkConfig } from '../runtime/context.js';

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

/**
 * Somewhat less than it says: cron is never on the second, is an hour early by the day on which summer time begins, and months
 * have 28 days or more.
 */
const hoursBetween = { hourly: 0.9, daily: 22.5, weekly: 7 * 24 - 1.5, monthly: 28 * 24 - 1.5 } as const;

/** One that comes seldom is too old most of the time, however punctual it is. */
const sayHow = (frequency: keyof typeof hoursBetween, objective: number): string =>
  hoursBetween[frequency] <= objective
    ? 'more often'
    : `set backup.backup_frequency, which is ${frequency}, to one that keeps to that, or allow more hours`;

/** So much may another clock be ahead of this one. */
const toleratedHours = 1 / 12;

/** How the backups of a policy stand at this moment. */
export async function backupStatus(
  config: MLOpsConfig,
  options: { readonly clock?: Clock } = {},
): Promise<BackupStatus> {
  checkConfig(config);
  checkOptions(options, ['clock'], 'backupStatus');
  const { clock = systemClock } = options;
  const { backupFrequency, disasterRecoveryEnabled, recoveryPointObjectiveHours: objective } = config.policy.backup;
  const backups = await listBackups(storeDirectories(config).backups);
  const hoursOf = (createdAt: string): number => (clock.now() - Date.parse(createdAt)) / 3_600_000;
  const isToCome = ({ createdAt }: Backup): boolean => hoursOf(createdAt) < -toleratedHours;
  const last = backups.at(-1);
  const ageHours = last === undefined ? Infinity : hoursOf(last.createdAt);
  const isWrong = last !== undefined && isToCome(last);
  const past = backups.findLast((backup) => !isToCome(backup));
  const isMet = ageHours <= objective && !isWrong;
  const age = last === undefined ? 'there is no backup' : `the newest backup is ${ageHours.toFixed(1)} hours old`;
  const finding = isWrong
    ? `the newest backup is of ${last.createdAt}, which is yet to come; set the clock, and move that backup away if it was made by a wrong one`
    : `${age}; backup.recovery_point_objective_hours allows ${objective}: make one now, and ${sayHow(backupFrequency, objective)}`;
  return {
    backups: backups.length,
    ...(last !== undefined && { newest: { path: last.path, createdAt: last.createdAt, ageHours } }),
    isDue: past === undefined || hoursOf(past.createdAt) >= hoursBetween[backupFrequency],
    ...(disasterRecoveryEnabled && { meetsRecoveryPointObjective: isMet }),
    findings: disasterRecoveryEnabled && !isMet ? [finding] : [],
  };
}
