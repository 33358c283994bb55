import type { MLOpsConfig } from '../../config/mlops-config.js';
import { ConflictError } from '../../errors.js';
import type { Context } from '../../runtime/context.js';
import type { Change, Storage } from '../../storage/storage.js';
import { digestJson } from '../../util/digest.js';
import type { JsonValue } from '../../util/json.js';
import { type Safeguards, safeguardsOf } from './safeguards.js';
import { type StoredPolicy, listPolicies, loadPolicy, policiesCollection, putPolicy } from './stored-policy.js';

/** The policies that this process has worked on a storage with. */
const noted = new WeakMap<Storage, WeakSet<MLOpsConfig>>();

type Notes = Pick<Context, 'config' | 'clock' | 'ids' | 'principal'>;

/**
 * Runs a commit that is the first of this process under its policy so that the store remembers the policy. One that is weaker
 * than the one last in effect in its environment is audited (`policy.weakened`) before, one that is stricter too
 * (`policy.changed`): once, however many processes begin at once. From then on this costs a look into a set.
 *
 * @param commit is given what belongs into it besides
 */
export async function underNotedPolicy<T>(
  context: Notes,
  storage: Storage,
  commit: (besides: readonly Change[]) => Promise<T>,
): Promise<T> {
  const { config } = context;
  if (noted.get(storage)?.has(config) === true) return commit([]);
  for (;;) {
    try {
      const done = await commit(await notePolicy(context, storage));
      const known = noted.get(storage);
      if (known === undefined) noted.set(storage, new WeakSet([config]));
      else known.add(config);
      return done;
    } catch (error) {
      if (!(error instanceof ConflictError) || !isAboutPolicy(error)) throw error; // else somebody noted it just now
    }
  }
}

const isAboutPolicy = ({ conflict }: ConflictError): boolean =>
  conflict.kind === 'record' && conflict.collection === policiesCollection;

/** @returns what is to be remembered without a record of its own: the first policy, or one that is only written differently */
async function notePolicy(context: Notes, storage: Storage): Promise<readonly Change[]> {
  const { config, clock } = context;
  const safeguards = safeguardsOf(config.policy);
  const stored = await loadPolicy(storage, safeguards.environment);
  if (stored !== undefined && digestOf(stored.value.safeguards) === digestOf(safeguards)) return [];
  const last = stored?.value ?? newest(await listPolicies(storage));
  const expect = stored?.version ?? 'absent';
  const now: StoredPolicy = {
    safeguards,
    policyDigest: config.digest,
    changedAt: clock.now(),
    recordId: null,
    weakened: null,
  };
  if (last === undefined) return [putPolicy(now, expect)];
  const { recordPolicyChange } = await import('./record-policy-change.js'); // a policy is rarely changed
  return recordPolicyChange(context, storage, { last, now, expect });
}

const newest = (policies: readonly StoredPolicy[]): StoredPolicy | undefined =>
  policies.reduce<StoredPolicy | undefined>(
    (last, policy) => (last === undefined || policy.changedAt > last.changedAt ? policy : last),
    undefined,
  );

const digestOf = (safeguards: Safeguards): string => digestJson(safeguards as unknown as JsonValue);
