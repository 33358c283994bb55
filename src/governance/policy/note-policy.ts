import type { MLOpsConfig } from '../../config/mlops-config.js';
import { ConflictError } from '../../errors.js';
import type { Context } from '../../runtime/context.js';
import type { Change, Storage } from '../../storage/storage.js';
import { digestJson } from '../../util/digest.js';
import type { JsonValue } from '../../util/json.js';
import { auditActor } from '../audit-record.js';
import { commitAudited } from '../audit-writer.js';
import { compareSafeguards } from './compare-safeguards.js';
import { type SafeguardChange, type Safeguards, safeguardsOf } from './safeguards.js';
import { type StoredPolicy, listPolicies, loadPolicy, policiesCollection, putPolicy } from './stored-policy.js';

/** The policies that this process has worked on a storage with. */
const noted = new WeakMap<Storage, WeakSet<MLOpsConfig>>();

/** Changes that an audit record names; what is more is counted. */
const mostNamed = 50;

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
  const { config, clock, ids } = context;
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
  const changes = compareSafeguards(last.safeguards, safeguards);
  if (changes.length === 0) return [putPolicy({ ...now, recordId: last.recordId, weakened: last.weakened }, expect)];
  await recordChange(context, storage, { last, now, changes, expect, recordId: ids.next() });
  return [];
}

interface PolicyChange {
  readonly last: StoredPolicy;
  readonly now: StoredPolicy;
  readonly changes: readonly SafeguardChange[];
  readonly expect: 'absent' | number;
  readonly recordId: string;
}

async function recordChange(context: Notes, storage: Storage, change: PolicyChange): Promise<void> {
  const { last, now, changes, expect, recordId } = change;
  const { config, ids, principal } = context;
  const { environment } = now.safeguards;
  const weaker = changes.filter(({ effect }) => effect === 'weaker');
  const policy: StoredPolicy = { ...now, recordId, weakened: weakenedBy(change, weaker.length > 0) };
  await commitAudited(storage, ids, [putPolicy(policy, expect)], {
    id: recordId,
    at: now.changedAt,
    actor: auditActor(principal),
    action: weaker.length > 0 ? 'policy.weakened' : 'policy.changed',
    resource: { type: 'policy', id: environment, digest: config.digest },
    decision: 'allow',
    policyDigest: config.digest,
    detail: {
      from: last.policyDigest,
      to: config.digest,
      changes: changes.slice(0, mostNamed).map(({ key, effect, from, to }) => ({ key, effect, from, to })),
      ...(changes.length > mostNamed && { unnamed: changes.length - mostNamed }),
    },
  });
  if (weaker.length > 0) warn(environment, weaker);
}

/** What was weakened stays so until a policy is at least as strict as the one before. */
function weakenedBy({ last, now, recordId }: PolicyChange, isWeaker: boolean): StoredPolicy['weakened'] {
  const before = last.weakened;
  if (before === null && !isWeaker) return null;
  const since = before?.since ?? last.safeguards;
  const left = compareSafeguards(since, now.safeguards).filter(({ effect }) => effect === 'weaker');
  if (left.length === 0) return null;
  const told =
    isWeaker || before === null ? { recordId, at: now.changedAt } : { recordId: before.recordId, at: before.at };
  return { ...told, since, changes: left.slice(0, mostNamed) };
}

function warn(environment: string, weaker: readonly SafeguardChange[]): void {
  const said = weaker.slice(0, 5).map(sayChange).join('; ');
  const more = weaker.length > 5 ? ` and ${weaker.length - 5} more` : '';
  process.emitWarning(
    `the policy for ${environment} is weaker than the one last in effect: ${said}${more}; the audit record ` +
      'policy.weakened says so. If nobody decided that, restore the policy',
    'MLOpsWarning',
  );
}

/** Such as `promotion.required_approvals 2 → 0`. */
export const sayChange = ({ key, from, to }: SafeguardChange): string =>
  `${key} ${JSON.stringify(from)} → ${JSON.stringify(to)}`;

const newest = (policies: readonly StoredPolicy[]): StoredPolicy | undefined =>
  policies.reduce<StoredPolicy | undefined>(
    (last, policy) => (last === undefined || policy.changedAt > last.changedAt ? policy : last),
    undefined,
  );

const digestOf = (safeguards: Safeguards): string => digestJson(safeguards as unknown as JsonValue);
