import { expect, it } from 'vitest';
import { CanaryDeploymentManager, type KeyService, ModelRegistry } from '@bondx/mlops';
import { requestsOfStep } from '../../src/canary/live-statistics.js';
import { ephemeralKeys } from '../../src/keys/key-sources.js';
import { LocalKeyService } from '../../src/keys/local-key-service.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { type World, createWorld, failure } from '../helpers.js';

it('outcomes go on being stored while the keys of subjects take long', async () => {
  const world = createWorld({ canary: { maxCanaryPercentage: 0.5 } });
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let isSlow = false;
  const { manager, deploymentId } = await beginCanary(world, (service) => ({
    wrap: async (...args) => (isSlow ? await released : undefined, service.wrap(...args)),
  }));
  await using _manager = manager;
  isSlow = true;
  for (const outcomes of [1, 2]) {
    manager.predict({ modelName: 'spread', features: { x: 1 }, subject: `client-${outcomes}` });
    await expect
      .poll(async () => (await manager.getStatus(deploymentId)).processes, { timeout: 5_000 })
      .toMatchObject([{ outcomes }]);
  }
  release();
});

it('outcomes are stored and decided on while the keys of subjects cannot be had, and predictions later', async () => {
  const world = createWorld({ canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'], maxErrors: 10 } });
  let isAway = false;
  const { manager, deploymentId } = await beginCanary(world, (service) => ({
    list: () => (isAway ? Promise.reject(new Error('the service is away')) : service.list()),
  }));
  await using _manager = manager;
  isAway = true;
  const { requestId } = manager.predict({ modelName: 'spread', features: { x: 1 }, subject: 'client-7' });
  for (let i = 0; i < 100; i++) {
    const route = manager.routePrediction({ modelName: 'spread', routingKey: i });
    manager.recordOutcome({ modelName: 'spread', error: route.routeToCanary, ...route, version: route.version! });
  }
  expect((await failure(manager.flush())).message).toBe('the service is away');
  expect((await manager.getStatus(deploymentId)).processes).toMatchObject([{ outcomes: 101 }]);
  const decision = await manager.evaluate(deploymentId, { apply: true });
  expect(requestsOfStep(decision.inputs.statistics, 0)).toBeGreaterThan(10);
  expect(decision).toMatchObject({ verdict: 'rollback', advice: { action: 'rollback' } });
  isAway = false;
  await manager.flush();
  expect(await manager.recordActual(requestId, 1)).toBe('ended'); // it is known
});

/** A canary in a world whose key service differs from a sound one in some way. */
async function beginCanary(world: World, differently: (service: KeyService) => Partial<KeyService>) {
  const service = new LocalKeyService(ephemeralKeys(world.clock.now()));
  const keys: KeyService = {
    list: () => service.list(),
    sign: (...args) => service.sign(...args),
    publicKey: (...args) => service.publicKey(...args),
    wrap: (...args) => service.wrap(...args),
    unwrap: (...args) => service.unwrap(...args),
    secret: (...args) => service.secret(...args),
    ...differently(service),
  };
  const registry = new ModelRegistry(world.config, { ...world.options, keys });
  await registerTwo(registry);
  const manager = new CanaryDeploymentManager(world.config, registry);
  await manager.serve('spread');
  const canary = { modelName: 'spread', candidateVersion: '1.0.1', initialTrafficPercentage: 0.5, labelWindowHours: 1 };
  return { manager, deploymentId: await manager.createCanaryDeployment(canary) };
}

async function registerTwo(registry: ModelRegistry): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await registry.register({
      ...{ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(i) },
      performanceMetrics: { r2_score: 0.5 },
    });
  }
  for (const targetStage of ['staging', 'production'] as const) {
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  }
}
