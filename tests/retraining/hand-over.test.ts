import { beforeEach, describe, expect, it } from 'vitest';
import { CanaryDeploymentManager, ExperimentTracker, MLOpsError, ModelRegistry, RetrainPipeline } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { type World, createWorld, failure, smallRows } from '../helpers.js';

let world: World;
let registry: ModelRegistry;
let tracker: ExperimentTracker;
let canaries: CanaryDeploymentManager;
const rows = smallRows(300);

/** A poor model in production. */
async function start(canary: object = {}): Promise<void> {
  world = createWorld({ canary, retraining: { hyperparameterTuning: false, crossValidationFolds: 2 } });
  registry = new ModelRegistry(world.config, world.options);
  tracker = new ExperimentTracker(world.config, world.options);
  canaries = new CanaryDeploymentManager(world.config, registry);
  await registry.register({
    ...{ modelName: 'spread', modelType: 'spread', featureColumns: ['x', 'kind'], targetColumn: 'y' },
    ...{ model: new ConstantModel(10), performanceMetrics: { r2_score: 0.1 } },
  });
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
}

const pipeline = (): RetrainPipeline => new RetrainPipeline(world.config, tracker, registry);

const retrain = (options: object) =>
  pipeline().triggerRetraining({ modelName: 'spread' }, rows, { trigger: 'manual', ...options });

const onlyRetraining = async (): Promise<string> => {
  const { retrainings } = await pipeline().listRetrainings();
  expect(retrainings).toHaveLength(1);
  return retrainings[0]!.retrainingId;
};

beforeEach(() => start());

describe('the canary of a retraining', () => {
  it('goes through the steps of the policy unless a share is named', async () => {
    const steps = [{ traffic: 0, hours: 24, requests: 1000 }, { traffic: 0.1 }];
    await start({ steps });
    const { canary } = await retrain({ canary: { manager: canaries } });
    const { deploymentId } = canary as { deploymentId: string };
    expect(await canaries.getDeployment(deploymentId)).toMatchObject({
      status: 'shadow',
      plan: [
        { traffic: 0, minMs: 24 * 3_600_000, minRequests: 1000 },
        { traffic: 0.1, minMs: 0, minRequests: 0 },
      ],
    });
    await start({ steps });
    const named = (await retrain({ canary: { manager: canaries, traffic: 0.05 } })).canary as { deploymentId: string };
    expect((await canaries.getDeployment(named.deploymentId)).plan).toMatchObject([{ traffic: 0.05 }]);
  });

  it.each([0, 0.5, 1])(
    'of a share that no canary may have, %d, is refused before anything is trained',
    async (traffic) => {
      const refused = await failure(retrain({ canary: { manager: canaries, traffic } }));
      expect(refused).toMatchObject({ code: 'INVALID_INPUT' });
      expect(refused.message).toContain('canary.max_canary_percentage');
      expect((await pipeline().listRetrainings()).retrainings).toEqual([]);
    },
  );

  it('begins once, although it has ended before the retraining is resumed', async () => {
    const dying = new CanaryDeploymentManager(world.config, registry);
    dying.createCanaryDeployment = async (options) => {
      await canaries.rollbackCanary(await canaries.createCanaryDeployment(options), undefined, 'harmful');
      throw new MLOpsError('STORAGE_UNAVAILABLE', 'the process dies before it can write this down');
    };
    await failure(retrain({ canary: { manager: dying } }));
    world.clock.advance(3_600_000);
    const result = await pipeline().resume(await onlyRetraining(), { canary: { manager: canaries } });
    const { deployments } = await canaries.listDeployments({ modelName: 'spread' });
    expect(deployments).toMatchObject([{ deploymentId: result.canary!.deploymentId, status: 'rolled_back' }]);
  });
});

describe('a retraining that is stopped once its version is registered', () => {
  it('is resumed in the run that the version names, which holds its parameters', async () => {
    const controller = new AbortController();
    const stopped = retrain({
      canary: { manager: canaries },
      signal: controller.signal,
      onProgress: (_share: number, step: string) => (step === 'register' ? controller.abort() : undefined),
    });
    expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });
    const result = await pipeline().resume(await onlyRetraining(), { canary: { manager: canaries } });
    expect(result).toMatchObject({ status: 'registered', newModelVersion: '1.1.0' });
    expect(result.runId).toBe((await registry.getModelVersion('spread', { version: '1.1.0' })).runId);
    const { runs } = await tracker.listRuns();
    expect(runs.map(({ runId, parameters }) => [runId, parameters['algorithm']])).toEqual([[result.runId, 'cart']]);
  });
});
