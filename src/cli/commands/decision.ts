import { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import { replayDecision } from '../../canary/evidence/replay-decision.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

export async function replay({ config, output }: Session, decisionId: string): Promise<number> {
  await using registry = new ModelRegistry(config);
  const decision = await new CanaryDeploymentManager(config, registry).getDecision(decisionId);
  const { isSame, differences, recomputed } = replayDecision(decision);
  output.result(
    { decisionId, isSame, differences, stored: decision.verdict, recomputed: recomputed.verdict },
    isSame
      ? `same: ${decision.verdict}, to the bit\n${decision.reason}`
      : `differs in ${differences.join(', ')}\nstored ${decision.verdict}: ${decision.reason}\nrecomputed ${recomputed.verdict}: ${recomputed.reason}`,
  );
  return isSame ? exitCode.ok : exitCode.failed;
}
