import { showPath, valuePaths } from './key-tree.js';

/** A key of the policy that is accepted and checked, and has no effect in this version. */
export interface PendingKey {
  /** Dotted, such as `backup.backup_models`. */
  readonly key: string;
  /** What is missing. */
  readonly reason: string;
  /** Whether the policy sets it, as opposed to the default. */
  readonly isExplicit: boolean;
}

interface Pending {
  /** A key, or a section as `section.*`. */
  readonly keys: string;
  readonly reason: string;
}

const noMonitoring = 'there is no monitor in this version; run checks from your own scheduler';

export const pendingTable: readonly Pending[] = [
  { keys: 'supported_models', reason: 'models of any type are accepted' },
  { keys: 'log_path', reason: 'no log files are written' },
  { keys: 'drift.drift_check_interval_hours', reason: noMonitoring },
  { keys: 'drift.drift_window_days', reason: 'the caller chooses the current data of a drift check' },
  { keys: 'tracking.tracking_uri', reason: 'runs are tracked in the store; nothing is mirrored' },
  { keys: 'monitoring.performance_check_interval_minutes', reason: noMonitoring },
  { keys: 'monitoring.alert_on_performance_drop', reason: noMonitoring },
  { keys: 'monitoring.drift_check_interval_hours', reason: noMonitoring },
  { keys: 'monitoring.alert_on_drift', reason: noMonitoring },
  { keys: 'monitoring.critical_drift_threshold', reason: noMonitoring },
  { keys: 'monitoring.health_check_interval_minutes', reason: noMonitoring },
  { keys: 'monitoring.alert_on_health_issues', reason: noMonitoring },
  { keys: 'security.audit_log_retention_days', reason: 'audit records are never deleted' },
  {
    keys: 'security.anonymize_sensitive_data',
    reason: 'data is stored as it is; pass it through DataProtection before',
  },
];

/** The table's entries, a section's keys one by one. */
export function pendingKeys(explicit: ReadonlySet<string>): readonly PendingKey[] {
  return pendingTable.flatMap(({ keys, reason }) =>
    expand(keys).map((key) => ({ key, reason, isExplicit: explicit.has(key) })),
  );
}

/** The keys an entry stands for; none when the schema does not know it. */
export function expand(keys: string): readonly string[] {
  const prefix = keys.endsWith('.*') ? keys.slice(0, -1) : undefined;
  return valuePaths()
    .map(showPath)
    .filter((key) => (prefix === undefined ? key === keys : key.startsWith(prefix)));
}
