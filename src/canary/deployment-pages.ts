import { MLOpsError } from '../errors.js';
import { parseDate } from '../data/cell.js';
import type { Storage, Where } from '../storage/storage.js';
import { checkOptionalOneOf, checkText, refuse } from '../util/check.js';
import { toIso } from '../util/clock.js';
import type { ListDecisionsOptions, ListDeploymentsOptions } from './canary-options.js';
import {
  type CanaryDecision,
  type CanaryDeployment,
  decisionsCollection,
  deploymentsCollection,
  storedDeployment,
  viewDeployment,
} from './deployment.js';
import { deploymentStatuses } from './transitions.js';

/** A page of deployments, newest first. */
export interface DeploymentPage {
  readonly deployments: readonly CanaryDeployment[];
  /** Present when there may be more. */
  readonly cursor?: string;
}

export async function listDeployments(storage: Storage, options: ListDeploymentsOptions): Promise<DeploymentPage> {
  checkOptionalOneOf(options.status, deploymentStatuses, 'status');
  const conditions = (['modelName', 'status'] as const).flatMap((field) => {
    const value = options[field];
    return value === undefined ? [] : [{ field, op: 'eq' as const, value }];
  });
  const { records, cursor } = await storage.query(deploymentsCollection, {
    where: { and: conditions },
    orderBy: [{ field: 'createdAt', direction: 'desc' }],
    ...(options.limit !== undefined && { limit: options.limit }),
    ...(options.cursor !== undefined && { cursor: options.cursor }),
  });
  const deployments = records.map((record) => viewDeployment(storedDeployment(record.value)));
  return { deployments, ...(cursor !== undefined && { cursor }) };
}

/** @throws MLOpsError `NOT_FOUND` */
export async function loadDecision(storage: Storage, decisionId: string): Promise<CanaryDecision> {
  const record = await storage.get(decisionsCollection, decisionId);
  if (record === undefined)
    throw new MLOpsError(
      'NOT_FOUND',
      `there is no decision ${decisionId}; listDecisions(deploymentId) shows those there are: of many that automatic mode made and that say the same, some are kept`,
    );
  return record.value as unknown as CanaryDecision;
}

function momentOf(until: string): string {
  const at = parseDate(checkText(until, 'until'));
  return Number.isNaN(at) ? refuse(`until must be a time such as 2026-01-31T18:00:00Z, got ${until}`) : toIso(at);
}

/** Decisions on a deployment, oldest first. */
export async function listDecisions(
  storage: Storage,
  deploymentId: string,
  { limit = Infinity, until }: ListDecisionsOptions,
): Promise<readonly CanaryDecision[]> {
  const where: Where[] = [{ field: 'deploymentId', op: 'eq', value: deploymentId }];
  if (until !== undefined) where.push({ field: 'decidedAt', op: 'lte', value: momentOf(until) });
  const decisions: CanaryDecision[] = [];
  let cursor: string | undefined;
  do {
    const page = await storage.query(decisionsCollection, {
      where: { and: where },
      orderBy: [
        { field: 'decidedAt', direction: 'desc' },
        { field: 'id', direction: 'desc' },
      ],
      limit: Math.min(100, limit - decisions.length),
      ...(cursor !== undefined && { cursor }),
    });
    decisions.push(...page.records.map(({ value }) => value as unknown as CanaryDecision));
    cursor = page.cursor;
  } while (cursor !== undefined && decisions.length < limit);
  return decisions.reverse();
}
