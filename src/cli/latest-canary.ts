import type { CanaryDeploymentManager } from '../canary/canary-deployment-manager.js';
import type { CanaryDeployment } from '../canary/deployment.js';

/** The canary that is under way, which need not be the newest by clocks that differ; else the newest. */
export async function latestCanary(
  manager: CanaryDeploymentManager,
  modelName: string,
): Promise<CanaryDeployment | undefined> {
  const { deployments } = await manager.listDeployments({ modelName });
  return deployments.find(({ endedAt }) => endedAt === undefined) ?? deployments[0];
}
