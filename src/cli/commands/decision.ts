import { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import type { CanaryDecision } from '../../canary/deployment.js';
import { replayDecision } from '../../canary/evidence/replay-decision.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { exitCode } from '../exit-code.js';
import { formatTable } from '../output.js';
import type { Session } from '../session.js';
import { withLatest } from './canary.js';

interface Replayed {
  readonly decisionId: string;
  readonly isSame: boolean;
  readonly differences: readonly string[];
  readonly stored: string;
  readonly recomputed: string;
}

/** What was decided on a model's latest canary. */
export function list(
  session: Session,
  { model, limit = 20 }: { readonly model: string; readonly limit?: number },
): Promise<number> {
  return withLatest(session, model, async (manager, { deploymentId }) => {
    const decisions = (await manager.listDecisions(deploymentId, { limit })).toReversed();
    const rows = decisions.map((one) => [one.decisionId, one.decidedAt, one.verdict, adviceIn(one), one.reason]);
    const head = ['decision', 'time', 'verdict', 'advice', 'reason'];
    session.output.result(decisions, rows.length === 0 ? 'not evaluated yet' : formatTable(head, rows));
    if (rows.length === limit) session.output.note('there may be more: --limit shows more');
    return exitCode.ok;
  });
}

/** Version 0.1.0 gave none. */
const adviceIn = ({ advice }: Partial<CanaryDecision>): string => advice?.action ?? '';

/** Computes decisions again; exit code 1 when one comes out differently. */
export async function replay({ config, output, who }: Session, decisionIds: readonly string[]): Promise<number> {
  await using registry = new ModelRegistry(config, who);
  const manager = new CanaryDeploymentManager(config, registry);
  const all: Replayed[] = [];
  const lines: string[] = [];
  for (const decisionId of decisionIds) {
    const decision = await manager.getDecision(decisionId);
    const { isSame, differences, recomputed } = replayDecision(decision);
    all.push({ decisionId, isSame, differences, stored: decision.verdict, recomputed: recomputed.verdict });
    lines.push(
      isSame
        ? `same: ${decision.verdict}, to the bit\n${decision.reason}`
        : `differs in ${differences.join(', ')}\nstored ${decision.verdict}: ${decision.reason}\nrecomputed ${recomputed.verdict}: ${recomputed.reason}`,
    );
  }
  output.result(all.length === 1 ? all[0]! : all, lines.join('\n'));
  return all.every(({ isSame }) => isSame) ? exitCode.ok : exitCode.failed;
}
