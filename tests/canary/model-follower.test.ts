import { describe, expect, it, vi } from 'vitest';
import { CanaryDeploymentManager, MLOpsConfig, MLOpsError, ModelRegistry, type Storage } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { over } from '../governance/audit/log-fixture.js';
import { createWorld } from '../helpers.js';

/** A storage of which some calls fail while it is away. */
function unreliable(storage: Storage) {
  const away = { watch: 0, query: 0 };
  const failing = (method: 'watch' | 'query'): void => {
    if (away[method] === 0) return;
    away[method]--;
    throw new MLOpsError('STORAGE_UNAVAILABLE', 'the server is away');
  };
  const through: Storage = {
    capabilities: storage.capabilities,
    get: (...args) => storage.get(...args),
    read: (...args) => storage.read(...args),
    commit: (...args) => storage.commit(...args),
    close: () => storage.close(),
    query: async (...args) => (failing('query'), storage.query(...args)),
    watch: async (...args) => (failing('watch'), storage.watch!(...args)),
  };
  return { storage: through, away };
}

async function setUp() {
  const world = createWorld({ canary: { maxCanaryPercentage: 0.5 } });
  const registry = new ModelRegistry(world.config, world.options);
  for (let i = 0; i < 2; i++) {
    await registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x'],
      targetColumn: 'y',
      model: new ConstantModel(i),
      performanceMetrics: { r2_score: 0.5 },
    });
  }
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  const here = new CanaryDeploymentManager(world.config, registry);
  const { storage, away } = unreliable(world.storage);
  const elsewhere = new CanaryDeploymentManager(
    world.config,
    new ModelRegistry(world.config, { ...world.options, storage }),
  );
  const served = (): Set<string | undefined> =>
    new Set(
      Array.from(
        { length: 50 },
        (_, i) => elsewhere.routePrediction({ modelName: 'spread', routingKey: `${i}` }).version,
      ),
    );
  return { world, registry, here, elsewhere, away, served };
}

describe('a process that follows the models of others', () => {
  it('learns of another version although the store was away when it was told', async () => {
    const { registry, here, elsewhere, away, served } = await setUp();
    await elsewhere.refresh('spread');
    expect(served()).toEqual(new Set(['1.0.0']));
    await registry.promoteModel({ modelName: 'spread', version: '1.0.1', targetStage: 'staging' });
    away.query = 2;
    await registry.promoteModel({ modelName: 'spread', version: '1.0.1', targetStage: 'production' });
    await vi.waitFor(() => expect(served()).toEqual(new Set(['1.0.1'])), { timeout: 20_000, interval: 20 });
    await elsewhere.close();
    await here.close();
  });

  it('loads another version although its files were away when it was told', async () => {
    const { world, registry, here } = await setUp();
    const registryElsewhere = new ModelRegistry(world.config, world.options);
    const elsewhere = new CanaryDeploymentManager(world.config, registryElsewhere);
    await elsewhere.serve('spread');
    const answer = () => elsewhere.predict({ modelName: 'spread', features: { x: 1 }, routingKey: 'a' });
    expect(answer()).toMatchObject({ version: '1.0.0', reason: 'no_canary' });
    const problem = new MLOpsError('STORAGE_UNAVAILABLE', 'the object store is away');
    vi.spyOn(registryElsewhere, 'loadModel').mockRejectedValueOnce(problem);
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'spread', version: '1.0.1', targetStage });
    await vi.waitFor(() => expect(answer()).toMatchObject({ version: '1.0.0', reason: 'previous_version' }), {
      timeout: 20_000,
    });
    await vi.waitFor(() => expect(answer()).toMatchObject({ version: '1.0.1', reason: 'no_canary' }), {
      timeout: 25_000,
      interval: 20,
    });
    await elsewhere.close();
    await here.close();
  });

  it('follows them once the store is there, although it was not at first', async () => {
    const { here, elsewhere, away, served } = await setUp();
    await here.createCanaryDeployment({
      modelName: 'spread',
      candidateVersion: '1.0.1',
      initialTrafficPercentage: 0.5,
    });
    away.watch = 1;
    await expect(elsewhere.refresh('spread')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await elsewhere.refresh('spread');
    await here.halt('spread', { reason: 'wrong prices' });
    await vi.waitFor(() => expect(served()).toEqual(new Set(['1.0.0'])), { timeout: 20_000, interval: 20 });
    await elsewhere.close();
    await here.close();
  });

  it('goes by a store that was restored to what it was before', async () => {
    const [now, before] = [await setUp(), await setUp()];
    const canary = { modelName: 'spread', candidateVersion: '1.0.1', initialTrafficPercentage: 0.5 };
    const deploymentId = await now.here.createCanaryDeployment(canary);
    expect(await before.here.createCanaryDeployment(canary)).toBe(deploymentId);
    let current: Storage = now.world.storage;
    const storage = over(current, {
      get: (...args) => current.get(...args),
      query: (...args) => current.query(...args),
      read: (...args) => current.read(...args),
      commit: (...args) => current.commit(...args),
    });
    const { config, options } = now.world;
    await using serving = new CanaryDeploymentManager(config, new ModelRegistry(config, { ...options, storage }));
    const serve = async (routingKey: string): Promise<void> => {
      const decision = serving.routePrediction({ modelName: 'spread', routingKey });
      serving.recordOutcome({ modelName: 'spread', ...decision, prediction: 1, actual: 1 });
      await serving.flush();
    };
    for (let i = 0; i < 3; i++) {
      await now.here.pause(deploymentId);
      await now.here.resume(deploymentId);
    }
    await serving.refresh('spread');
    await serve('a');
    current = before.world.storage;
    await serve('b');
    expect((await before.here.getStatus(deploymentId)).processes).toMatchObject([{ status: 'live', outcomes: 2 }]);
  });
});

describe('a process that ends', () => {
  it('may close a second time, such as by a signal and by await using, when the registry is closed by then', async () => {
    const config = MLOpsConfig.fromObject({ storage: { kind: 'memory' } }, { environment: {} });
    const registry = new ModelRegistry(config);
    const about = { modelName: 'spread', modelType: 'spread', featureColumns: ['x'] };
    await registry.register({ ...about, model: new ConstantModel(1), performanceMetrics: {} });
    const manager = new CanaryDeploymentManager(config, registry);
    await manager.refresh('spread');
    await manager.close();
    await registry.close();
    await manager.close();
  });
});
