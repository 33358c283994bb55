import { beforeEach, describe, expect, it } from 'vitest';
import { CanaryDeploymentManager, type CanaryStep, ModelRegistry } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { type World, createWorld, failure, lenient } from '../helpers.js';

let world: World;
let registry: ModelRegistry;
let manager: CanaryDeploymentManager;
/** What somebody else does once a decision is stored, before it is carried out. */
let meanwhile: (() => Promise<unknown>) | undefined;

beforeEach(async () => {
  meanwhile = undefined;
  world = createWorld({ canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] } });
  const { storage } = world;
  const [commit, get] = [storage.commit.bind(storage), storage.get.bind(storage)];
  let isDecided = false;
  storage.commit = async (changes, options) => {
    isDecided ||= changes.some((change) => 'collection' in change && change.collection === 'canary_decisions');
    return commit(changes, options);
  };
  storage.get = async (collection, id) => {
    const act = isDecided && collection === 'deployments' ? meanwhile : undefined;
    if (act !== undefined) meanwhile = undefined;
    await act?.();
    return get(collection, id);
  };
  registry = new ModelRegistry(world.config, world.options);
  manager = new CanaryDeploymentManager(world.config, registry);
  for (const value of [0, 1]) {
    await registry.register({
      ...{ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], targetColumn: 'y' },
      ...{ model: new ConstantModel(value), performanceMetrics: { r2_score: 0.5 } },
    });
  }
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
});

const deploy = (steps: readonly CanaryStep[]): Promise<string> =>
  manager.createCanaryDeployment({ modelName: 'spread', candidateVersion: '1.0.1', steps });

/** Requests of which the candidate's answers are by far the better ones. */
function serve(requests: number): void {
  for (let i = 0; i < requests; i++) {
    const { version } = manager.routePrediction({ modelName: 'spread', routingKey: `key-${i}` });
    const prediction = (version === '1.0.1' ? 1 : 2) + ((i * 37) % 101) / 101;
    manager.recordOutcome({ modelName: 'spread', version: version!, prediction, actual: 0 });
  }
}

/** Another process. */
const other = (): CanaryDeploymentManager =>
  new CanaryDeploymentManager(world.config, new ModelRegistry(world.config, world.options));

describe('a decision that is carried out', () => {
  it('begins no step once somebody has chosen a share by hand', async () => {
    const deploymentId = await deploy([{ traffic: 0.01 }, { traffic: 0.5 }]);
    meanwhile = () => other().adjustTraffic(deploymentId, { trafficPercentage: 0.02 });
    const error = await failure(manager.evaluate(deploymentId, { apply: true }));
    expect(error).toMatchObject({ code: 'ILLEGAL_STATE', message: expect.stringContaining('was changed') as string });
    const { trafficFraction, planned } = await manager.getDeployment(deploymentId);
    expect({ trafficFraction, planned }).toEqual({ trafficFraction: 0.02, planned: undefined });
  });

  it('begins each step once when two processes decide at once', async () => {
    const deploymentId = await deploy([{ traffic: 0.01 }, { traffic: 0.1 }, { traffic: 0.5 }]);
    meanwhile = () => other().evaluate(deploymentId, { apply: true });
    expect(await failure(manager.evaluate(deploymentId, { apply: true }))).toMatchObject({ code: 'ILLEGAL_STATE' });
    const { history } = await manager.getDeployment(deploymentId);
    expect(history.map(({ trafficFraction }) => trafficFraction)).toEqual([0.01, 0.1]);
  });

  it('promotes nothing that somebody has paused', async () => {
    const deploymentId = await deploy([{ traffic: 0.5 }]);
    serve(4000);
    world.clock.advance(48 * 3_600_000);
    meanwhile = () => other().pause(deploymentId);
    expect(await failure(manager.evaluate(deploymentId, { apply: true }))).toMatchObject({ code: 'ILLEGAL_STATE' });
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ status: 'paused' });
    await manager.resume(deploymentId);
    expect(await manager.evaluate(deploymentId, { apply: true })).toMatchObject({ advice: { action: 'promote' } });
  });
});

describe('a policy with a lower canary.max_canary_percentage', () => {
  const strict = (): CanaryDeploymentManager => {
    const { config } = createWorld({ canary: { maxCanaryPercentage: 0.2, evaluationMetrics: ['mae'] } });
    return new CanaryDeploymentManager(config, new ModelRegistry(config, world.options));
  };

  it('lets no rollout that began before go beyond it by itself', async () => {
    const deploymentId = await deploy([{ traffic: 0.1 }, { traffic: 0.5 }]);
    expect((await strict().evaluate(deploymentId, { apply: true })).advice).toEqual({
      action: 'wait',
      reason: 'the next step, 0.5 of the traffic, is above canary.max_canary_percentage (0.2)',
    });
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ trafficFraction: 0.1 });
    expect((await manager.evaluate(deploymentId)).advice).toMatchObject({ action: 'advance', step: 1 });
  });

  it('resumes no larger share', async () => {
    const deploymentId = await deploy([{ traffic: 0.5 }]);
    await manager.pause(deploymentId);
    const error = await failure(strict().resume(deploymentId));
    expect(error).toMatchObject({ code: 'ILLEGAL_STATE', message: expect.stringContaining('adjustTraffic') as string });
    await strict().adjustTraffic(deploymentId, { trafficPercentage: 0.2 });
    await strict().resume(deploymentId);
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ status: 'active', trafficFraction: 0.2 });
  });

  it('promotes nothing before the last step has lasted and seen enough, whatever was proved in those before', async () => {
    const deploymentId = await deploy([{ traffic: 0.4 }, { traffic: 0.5, hours: 24, requests: 1000 }]);
    const step = async (): Promise<unknown> => (await manager.evaluate(deploymentId, { apply: true })).advice;
    serve(4000);
    world.clock.advance(48 * 3_600_000);
    expect(await step()).toMatchObject({ action: 'advance', step: 1 });
    expect(await step()).toEqual({ action: 'wait', reason: 'the step lasts 24 h, 0 h have passed' });
    world.clock.advance(24 * 3_600_000);
    expect(await step()).toEqual({ action: 'wait', reason: 'the step needs 1000 requests, 0 are there' });
    serve(4000);
    expect(await step()).toMatchObject({ action: 'promote' });
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ status: 'promoted' });
  });

  it('says which gates refuse its promotion, also in automatic mode', async () => {
    const promotion = { ...lenient.promotion, minAccuracy: 0.9 };
    const strict = createWorld({ canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] }, promotion }).config;
    const deploymentId = await deploy([{ traffic: 0.5 }]);
    serve(4000);
    await manager.flush();
    world.clock.advance(48 * 3_600_000);
    const deciding = new CanaryDeploymentManager(strict, new ModelRegistry(strict, world.options));
    const failures = [{ gate: 'min_accuracy', status: 'failed' }];
    const decision = await deciding.evaluate(deploymentId, { apply: true });
    expect(decision).toMatchObject({ verdict: 'promote', advice: { action: 'promote' }, failures });
    expect(await deciding.getDecision(decision.decisionId)).not.toHaveProperty('failures');
    const told = await new Promise((resolve) => deciding.automate({ everyMs: 10, onDecision: resolve }));
    expect(told).toMatchObject({ failures });
    await deciding.close();
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ status: 'active' });
  });
});
