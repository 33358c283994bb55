import { CanaryDeploymentManager, ModelRegistry, type CanaryDecision, type CanaryDeployment } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createRandom } from '../../src/util/random.js';
import { createWorld, type World } from '../helpers.js';

/** Two versions of a model, the first in production. */
export async function twoVersions(world: World): Promise<ModelRegistry> {
  const registry = new ModelRegistry(world.config, world.options);
  for (const version of ['1.0.0', '1.1.0']) {
    await registry.registerModel({
      modelName: 'spread',
      modelType: 'spread',
      version,
      model: new ConstantModel(version === '1.0.0' ? 1 : 2),
      featureColumns: ['x', 'kind'],
      targetColumn: 'y',
      performanceMetrics: { mae: 2.5, r2_score: 0.8 },
    });
  }
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  return registry;
}

/** A canary under way with so many labelled outcomes of each arm; the candidate errs `candidateError` times as much. */
export async function ranCanary(
  outcomes: number,
  candidateError: number,
): Promise<{
  deployment: CanaryDeployment;
  decisions: readonly CanaryDecision[];
  world: World;
  registry: ModelRegistry;
}> {
  const world = createWorld({ canary: { evaluationMetrics: ['mae'], maxCanaryPercentage: 0.5 } });
  const registry = await twoVersions(world);
  const manager = new CanaryDeploymentManager(world.config, registry);
  const deploymentId = await manager.createCanaryDeployment({
    modelName: 'spread',
    candidateVersion: '1.1.0',
    initialTrafficPercentage: 0.5,
  });
  const random = createRandom(3);
  for (let i = 0; i < 2 * outcomes; i++) {
    const { version = '1.0.0' } = manager.routePrediction({ modelName: 'spread', features: {}, routingKey: i });
    const error = (0.5 + random.next()) * (version === '1.1.0' ? candidateError : 1);
    manager.recordOutcome({ modelName: 'spread', version, prediction: error, actual: 0 });
    if (i % outcomes === outcomes - 1) await manager.evaluate(deploymentId);
  }
  const deployment = await manager.getDeployment(deploymentId);
  return { deployment, decisions: await manager.listDecisions(deploymentId), world, registry };
}
