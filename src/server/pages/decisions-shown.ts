import type { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import type { CanaryDecision, CanaryDeployment } from '../../canary/deployment.js';
import { toIso } from '../../util/clock.js';

/** Decisions have twenty kilobytes each, and there may be thousands: up to so many are shown all. */
const mostWhole = 100;
const mostSampled = 60;
const shortestStepMs = 60_000;

/** Decisions of a canary's page, oldest first. */
export interface DecisionsShown {
  readonly decisions: readonly CanaryDecision[];
  /** Whether there are others between them. */
  readonly isSampled: boolean;
}

/** All decisions on a canary, or else the last one and those that were the latest at even distances of time. */
export async function decisionsShown(
  canaries: Pick<CanaryDeploymentManager, 'listDecisions'>,
  { deploymentId, createdAt }: Pick<CanaryDeployment, 'deploymentId' | 'createdAt'>,
): Promise<DecisionsShown> {
  const newest = await canaries.listDecisions(deploymentId, { limit: mostWhole + 1 });
  const last = newest.at(-1);
  if (last === undefined || newest.length <= mostWhole) return { decisions: newest, isSampled: false };
  const [from, to] = [Date.parse(createdAt), Date.parse(last.decidedAt)];
  let step = shortestStepMs; // doubled, so that a page that is shown again and again shows the same ones
  while ((to - from) / step > mostSampled) step *= 2;
  const found = new Map<string, CanaryDecision>();
  for (let at = from + step; at < to; at += step) {
    const [decision] = await canaries.listDecisions(deploymentId, { limit: 1, until: toIso(at) });
    if (decision !== undefined) found.set(decision.decisionId, decision);
  }
  return { decisions: [...found.values(), last], isSampled: true };
}
