import { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

export interface DeployOptions {
  readonly model: string;
  readonly version: string;
  readonly traffic?: number;
  readonly user?: string;
}

export async function deploy({ config, output }: Session, options: DeployOptions): Promise<number> {
  await using registry = new ModelRegistry(config);
  const manager = new CanaryDeploymentManager(config, registry);
  const deploymentId = await manager.createCanaryDeployment({
    modelName: options.model,
    candidateVersion: options.version,
    ...(options.user !== undefined && { deployedBy: options.user }),
    ...(options.traffic !== undefined && { initialTrafficPercentage: options.traffic }),
  });
  const deployment = await manager.getDeployment(deploymentId);
  const { modelName, candidateVersion, productionVersion, trafficFraction } = deployment;
  output.result(
    deployment,
    `${modelName} ${candidateVersion} gets ${(100 * trafficFraction).toFixed(1)}% of the traffic beside ${productionVersion}\ndeployment ${deploymentId}`,
  );
  return exitCode.ok;
}
