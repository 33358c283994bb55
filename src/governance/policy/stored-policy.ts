import type { Policy } from '../../config/policy.js';
import type { Change, Storage } from '../../storage/storage.js';
import type { Digest } from '../../util/digest.js';
import type { JsonValue } from '../../util/json.js';
import type { SafeguardChange, Safeguards } from './safeguards.js';

export const policiesCollection = 'governance.policies';

const environments: readonly Policy['environment'][] = ['production', 'staging', 'development'];

/** What a store remembers of the policy that it was last worked on with in an environment. */
export interface StoredPolicy {
  readonly safeguards: Safeguards;
  /** Of the whole policy that they were first seen in. */
  readonly policyDigest: Digest;
  /** UTC milliseconds. */
  readonly changedAt: number;
  /** Of the audit record that tells of the last change; null: the first that was seen. */
  readonly recordId: string | null;
  /** What is weaker than before an edit that was not taken back. */
  readonly weakened: {
    readonly recordId: string;
    readonly at: number;
    /** As they were before. */
    readonly since: Safeguards;
    readonly changes: readonly SafeguardChange[];
  } | null;
}

export interface LoadedPolicy {
  readonly value: StoredPolicy;
  readonly version: number;
}

export async function loadPolicy(
  storage: Storage,
  environment: Policy['environment'],
): Promise<LoadedPolicy | undefined> {
  const record = await storage.get(policiesCollection, environment);
  return record && { value: record.value as unknown as StoredPolicy, version: record.version };
}

/** Those of every environment that the store was worked on in. */
export async function listPolicies(storage: Storage): Promise<readonly StoredPolicy[]> {
  const found = await Promise.all(environments.map((environment) => loadPolicy(storage, environment)));
  return found.flatMap((policy) => (policy === undefined ? [] : [policy.value]));
}

export const putPolicy = (policy: StoredPolicy, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: policiesCollection,
  id: policy.safeguards.environment,
  value: policy as unknown as JsonValue,
  expect,
});
