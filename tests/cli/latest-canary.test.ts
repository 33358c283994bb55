import { describe, expect, it } from 'vitest';
import { CanaryDeploymentManager, ModelRegistry } from '@bondx/mlops';
import { FakeClock } from '@bondx/mlops/testing';
import { latestCanary } from '../../src/cli/latest-canary.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createWorld } from '../helpers.js';

describe('the canary that a command is about', () => {
  it('is the one under way, also beside one that a clock ahead has dated later; else the newest', async () => {
    const { config, options, clock } = createWorld();
    const registry = new ModelRegistry(config, options);
    const manager = new CanaryDeploymentManager(config, registry);
    expect(await latestCanary(manager, 'spread')).toBeUndefined();
    for (let i = 0; i < 2; i++) {
      await registry.register({
        ...{ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], targetColumn: 'y' },
        ...{ model: new ConstantModel(i), performanceMetrics: { r2_score: 0.5 } },
      });
    }
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
    const ahead = new ModelRegistry(config, { ...options, clock: new FakeClock(clock.now() + 300_000) });
    const candidate = { modelName: 'spread', candidateVersion: '1.0.1' };
    const dated = new CanaryDeploymentManager(config, ahead);
    const first = await dated.createCanaryDeployment(candidate);
    await dated.rollbackCanary(first);
    expect(await latestCanary(manager, 'spread')).toMatchObject({ deploymentId: first });
    const second = await manager.createCanaryDeployment(candidate);
    expect(await latestCanary(manager, 'spread')).toMatchObject({ deploymentId: second, status: 'active' });
  });
});
