import { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import { replayDecision } from '../../canary/evidence/replay-decision.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

interface Replayed {
  readonly decisionId: string;
  readonly isSame: boolean;
  readonly differences: readonly string[];
  readonly stored: string;
  readonly recomputed: string;
}

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
