import { CanaryDeploymentManager, MLOpsConfig, MemoryArtifactStore, MemoryStorage, ModelRegistry } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';

/** A manager that routes so many models, each with a canary of its own at 5%, and the models' names. */
export async function managerOf(
  models: number,
): Promise<{ readonly manager: CanaryDeploymentManager; readonly names: readonly string[] }> {
  const config = MLOpsConfig.fromObject({
    promotion: {
      minAccuracy: 0,
      maxDrift: 1,
      requireExplainability: false,
      requireFeatureImportance: false,
      requireBiasTesting: false,
      requireComplianceCheck: false,
    },
    tracking: { logEnvironment: false, logGitSha: false },
  });
  const registry = new ModelRegistry(config, { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() });
  const manager = new CanaryDeploymentManager(config, registry);
  // Names as a program has them: the engine keeps one copy of each literal and each key.
  const names = Object.keys(Object.fromEntries(Array.from({ length: models }, (_, i) => [`spread-${i}`, i])));
  for (const modelName of names) {
    for (let i = 0; i < 2; i++) {
      await registry.register({
        modelName,
        modelType: 'spread',
        featureColumns: ['x'],
        model: new ConstantModel(i),
        performanceMetrics: { r2_score: 0.5 },
      });
    }
    for (const targetStage of ['staging', 'production'] as const) {
      await registry.promoteModel({ modelName, version: '1.0.0', targetStage });
    }
    await manager.createCanaryDeployment({ modelName, candidateVersion: '1.0.1' });
  }
  return { manager, names };
}
