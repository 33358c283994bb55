import { describe, expect, it } from 'vitest';
import {
  ExperimentTracker,
  MLOpsConfig,
  MemoryArtifactStore,
  MemoryStorage,
  ModelRegistry,
  RetrainPipeline,
} from '@bondx/mlops';
import { trainModel } from '../../src/retraining/train-model.js';

const keys = { path: '/dev/null/unused' };
const configOf = (policy: Parameters<typeof MLOpsConfig.fromObject>[0]): MLOpsConfig =>
  MLOpsConfig.fromObject({ keys, ...policy }, { environment: {} });
const restricted = configOf({ supportedModels: ['spread', 'anomaly'], models: { 'credit-default': {} } });
const stores = (): { storage: MemoryStorage; artifacts: MemoryArtifactStore } => ({
  storage: new MemoryStorage(),
  artifacts: new MemoryArtifactStore(),
});

describe('supported_models', () => {
  it('lets through what it lists, and what has a section under models', () => {
    for (const type of ['spread', 'anomaly', 'credit-default']) expect(restricted.checkModelType(type)).toBe(type);
  });

  it('refuses everything else, says what there is and what was likely meant', () => {
    expect(() => restricted.checkModelType('spred')).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message:
          'the policy supports no models of type spred (supported_models: spread, anomaly; sections under models: credit-default); add it to supported_models; did you mean spread?',
      }),
    );
    expect(() => restricted.checkModelType('downgrade')).toThrow(/add it to supported_models$/);
    expect(() => configOf({ supportedModels: ['spread'] }).checkModelType('pd')).toThrow(
      /\(supported_models: spread\); add it/,
    );
  });

  it('restricts nothing while it is the default list, written out or not, in whatever order', () => {
    const list = ['anomaly', 'spread', 'downgrade', 'liquidity_shock'];
    for (const policy of [{}, { supportedModels: list }]) expect(configOf(policy).checkModelType('pd')).toBe('pd');
    expect(configOf(configOf({}).policy).checkModelType('pd')).toBe('pd');
  });

  it('holds for runs, versions, trainings and retrainings, before anything is written', async () => {
    const { storage, artifacts } = stores();
    const options = { storage, artifacts };
    await using tracker = new ExperimentTracker(restricted, options);
    await using registry = new ModelRegistry(restricted, options);
    const pipeline = new RetrainPipeline(restricted, tracker, registry);
    const refused = { code: 'INVALID_INPUT', message: expect.stringContaining('no models of type pd') as string };
    await expect(tracker.startRun({ experimentName: 'e', modelType: 'pd' })).rejects.toMatchObject(refused);
    const model = { modelName: 'm', modelType: 'pd', featureColumns: ['x'], model: { kind: 'constant', value: 1 } };
    await expect(registry.registerModel(model as never)).rejects.toMatchObject(refused);
    const data = Array.from({ length: 100 }, (_, i) => ({ x: i, y: i }));
    const training = { modelType: 'pd', featureColumns: ['x'], targetColumn: 'y', data };
    await expect(trainModel(restricted, training as never)).rejects.toMatchObject(refused);
    const report = { modelName: 'pd', featureColumns: ['x'], targetColumn: 'y', requiresRetraining: true };
    await expect(pipeline.triggerRetraining(report as never, data)).rejects.toMatchObject(refused);
    expect(await storage.query('runs')).toEqual({ records: [] });
    expect(await storage.query('models')).toEqual({ records: [] });
    for await (const stored of artifacts.list()) expect(stored).toBeUndefined();
  });
});
