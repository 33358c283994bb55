import { MLOpsError } from '../../errors.js';
import { accessRulesOf } from '../../governance/access/access-rules.js';
import type { Context } from '../../runtime/context.js';
import { type StoredRun, runsCollection } from '../../tracking/run.js';
import type { Storage } from '../../storage/storage.js';
import type { StoredVersion } from '../model-record.js';
import type { StoredApproval } from './approval.js';

/**
 * Refuses whoever may not vote on a request: services, whoever asked for it, registered the version or trained it, and
 * whoever voted before.
 *
 * @throws MLOpsError `FORBIDDEN`
 */
export async function checkVoter(
  storage: Storage,
  { principal, config }: Pick<Context, 'principal' | 'config'>,
  request: StoredApproval,
  version: StoredVersion,
): Promise<void> {
  const forbid = (why: string): never => {
    throw new MLOpsError('FORBIDDEN', `${why}; somebody else has to decide on request ${request.requestId}`);
  };
  if (principal === undefined || principal.type !== 'person') {
    return forbid(`${principal?.id ?? 'an unknown caller'} is not a person`);
  }
  const rules = accessRulesOf(config.policy); // one person under two names is one person
  const isSame = (id: string | undefined): boolean =>
    id !== undefined && rules.identityOf(id) === rules.identityOf(principal.id);
  if (isSame(request.requestedBy)) forbid(`${principal.id} made the request`);
  if (isSame(version.registeredBy)) forbid(`${principal.id} registered the version`);
  const run = version.runId === null ? undefined : await storage.get(runsCollection, version.runId);
  if (isSame((run?.value as unknown as StoredRun | undefined)?.startedBy))
    forbid(`${principal.id} trained the version`);
  if (request.votes.some(({ by }) => isSame(by))) forbid(`${principal.id} has voted already`);
}
