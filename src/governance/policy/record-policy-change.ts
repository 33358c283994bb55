import type { Context } from '../../runtime/context.js';
import type { Change, Storage } from '../../storage/storage.js';
import { auditActor } from '../audit-record.js';
import { commitAudited } from '../audit-writer.js';
import { compareSafeguards } from './compare-safeguards.js';
import { type SafeguardChange, sayChange } from './safeguards.js';
import { type StoredPolicy, putPolicy } from './stored-policy.js';

/** Changes that an audit record names; what is more is counted. */
const mostNamed = 50;

interface PolicyChange {
  readonly last: StoredPolicy;
  readonly now: StoredPolicy;
  /** Version of the record that is replaced. */
  readonly expect: 'absent' | number;
}

/**
 * Commits an audit record of what differs from the policy last in effect, and warns of what is weaker.
 *
 * @returns what is to be remembered without a record, where nothing differs but how it is written
 */
export async function recordPolicyChange(
  context: Pick<Context, 'config' | 'ids' | 'principal'>,
  storage: Storage,
  change: PolicyChange,
): Promise<readonly Change[]> {
  const { last, now, expect } = change;
  const { config, ids, principal } = context;
  const changes = compareSafeguards(last.safeguards, now.safeguards);
  if (changes.length === 0) return [putPolicy({ ...now, recordId: last.recordId, weakened: last.weakened }, expect)];
  const recordId = ids.next();
  const { environment } = now.safeguards;
  const weaker = changes.filter(({ effect }) => effect === 'weaker');
  const policy: StoredPolicy = { ...now, recordId, weakened: weakenedBy(change, recordId, weaker.length > 0) };
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
  return [];
}

/** What was weakened stays so until a policy is at least as strict as the one before. */
function weakenedBy({ last, now }: PolicyChange, recordId: string, isWeaker: boolean): StoredPolicy['weakened'] {
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
