import { CanaryDeploymentManager } from '../../canary/canary-deployment-manager.js';
import type { CanaryStep } from '../../canary/rollout-steps.js';
import { ModelRegistry } from '../../registry/model-registry.js';
import { refuse } from '../../util/check.js';
import { exitCode } from '../exit-code.js';
import type { Session } from '../session.js';

export interface DeployOptions {
  readonly model: string;
  readonly version: string;
  readonly traffic?: number;
  readonly step?: readonly CanaryStep[];
  readonly shadowSample?: number;
  /** Hours. */
  readonly labelWindow?: number;
  readonly user?: string;
}

export async function deploy({ config, output, who }: Session, options: DeployOptions): Promise<number> {
  if (options.traffic !== undefined && options.step !== undefined) refuse('pass --traffic or --step, not both');
  await using registry = new ModelRegistry(config, who);
  const manager = new CanaryDeploymentManager(config, registry);
  const deploymentId = await manager.createCanaryDeployment({
    modelName: options.model,
    candidateVersion: options.version,
    ...(options.user !== undefined && { deployedBy: options.user }),
    ...(options.traffic !== undefined && { initialTrafficPercentage: options.traffic }),
    ...(options.step !== undefined && { steps: options.step }),
    ...(options.shadowSample !== undefined && { shadowSample: options.shadowSample }),
    ...(options.labelWindow !== undefined && { labelWindowHours: options.labelWindow }),
  });
  const deployment = await manager.getDeployment(deploymentId);
  const { modelName, candidateVersion, productionVersion, trafficFraction, plan } = deployment;
  const share =
    trafficFraction === 0 ? 'scores beside' : `gets ${(100 * trafficFraction).toFixed(1)}% of the traffic beside`;
  const steps = plan.length > 1 ? `, step 1 of ${plan.length}` : '';
  output.result(
    deployment,
    `${modelName} ${candidateVersion} ${share} ${productionVersion}${steps}\ndeployment ${deploymentId}`,
  );
  return exitCode.ok;
}
