import type { Policy } from './policy.js';

/** A key of the policy that is accepted and checked, and has no effect in this version. */
export interface PendingKey {
  /** Dotted, such as `tracking.tracking_uri`. */
  readonly key: string;
  /** What is missing. */
  readonly reason: string;
  /** Whether the policy sets it to something else than the default, and may count on it. */
  readonly isExplicit: boolean;
}

export const pendingKeys = ({ tracking }: Pick<Policy, 'tracking'>): readonly PendingKey[] => [
  {
    key: 'tracking.tracking_uri',
    reason: 'runs are tracked in the store; nothing is mirrored',
    isExplicit: tracking.trackingUri !== null,
  },
];

const told = new Set<string>();

/** Says of keys that are set and have no effect that they have none, once in a process. */
export function warnOfPending(policy: Policy): void {
  for (const { key, reason, isExplicit } of pendingKeys(policy)) {
    if (!isExplicit || told.has(key)) continue;
    told.add(key);
    process.emitWarning(`${key} is set and has no effect: ${reason}; remove it from the policy`, 'MLOpsWarning');
  }
}
