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

export const pendingTable: readonly Pending[] = [
  { keys: 'tracking.tracking_uri', reason: 'runs are tracked in the store; nothing is mirrored' },
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
