import { beforeEach, describe, expect, it } from 'vitest';
import { CanaryDeploymentManager, type DecisionInputs, MLOpsError, ModelRegistry, type Storage } from '@bondx/mlops';
import { decide } from '../../src/canary/evidence/decide.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createRandom } from '../../src/util/random.js';
import { type World, createWorld, failure } from '../helpers.js';

let world: World;
let registry: ModelRegistry;
let manager: CanaryDeploymentManager;

async function start(policy: object = {}, versions = 3): Promise<void> {
  world = createWorld({ canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] }, ...policy });
  registry = new ModelRegistry(world.config, world.options);
  manager = new CanaryDeploymentManager(world.config, registry);
  for (let i = 0; i < versions; i++) {
    await registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x'],
      targetColumn: 'y',
      model: new ConstantModel(i),
      performanceMetrics: { r2_score: 0.5 },
    });
  }
  if (versions === 0) return;
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
}

const deploy = (candidateVersion = '1.0.1', initialTrafficPercentage = 0.5): Promise<string> =>
  manager.createCanaryDeployment({
    modelName: 'spread',
    candidateVersion,
    deployedBy: 'bob',
    initialTrafficPercentage,
  });

const route = (routingKey?: string) =>
  manager.routePrediction({ modelName: 'spread', ...(routingKey !== undefined && { routingKey }) });

/** Requests whose loss depends on the version that answers. */
function serve(requests: number, loss: (version: string, noise: number) => number, seed = 1): void {
  const random = createRandom(seed);
  for (let i = 0; i < requests; i++) {
    const { version } = route(`key-${i}`);
    manager.recordOutcome({
      modelName: 'spread',
      version,
      prediction: loss(version!, random.next()),
      actual: 0,
      latencyMs: 1,
    });
  }
}

/** Requests and failures of both arms, over all steps. */
function armsOf({ statistics }: DecisionInputs) {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const of = (arm: 'canary' | 'production') => ({
    requests: sum(statistics.strata.map((stratum) => sum(stratum[arm].cells.requests))),
    errors: sum(statistics.strata.map((stratum) => sum(stratum[arm].cells.errors))),
  });
  return { canary: of('canary'), production: of('production') };
}

/** The evaluation window passes. */
const wait = (): void => world.clock.advance(48 * 3_600_000);

const stageOf = async (version: string): Promise<string> =>
  (await registry.getModelVersion('spread', { version })).stage;

beforeEach(() => start());

describe('routing', () => {
  it('sends a share to the canary, sticky by key, with unique request ids', async () => {
    const deploymentId = await deploy('1.0.1', 0.2);
    const sides = Array.from({ length: 10_000 }, (_, i) => route(`key-${i}`));
    const canary = sides.filter(({ routeToCanary }) => routeToCanary).length;
    expect(Math.abs(canary - 2000)).toBeLessThan(4 * Math.sqrt(1600));
    expect(new Set(sides.map(({ requestId }) => requestId)).size).toBe(10_000);
    for (const i of [0, 1, 2, 3, 4]) expect(route(`key-${i}`).routeToCanary).toBe(sides[i]!.routeToCanary);
    expect(sides.find(({ routeToCanary }) => routeToCanary)).toMatchObject({
      version: '1.0.1',
      deploymentId,
      reason: 'canary',
    });
    expect(sides.find(({ routeToCanary }) => !routeToCanary)).toMatchObject({
      version: '1.0.0',
      deploymentId,
      reason: 'production',
    });
  });

  it('serves production without a canary, says when it knows nothing, and never throws', async () => {
    expect(route()).toMatchObject({ routeToCanary: false, reason: 'not_loaded', version: undefined });
    await manager.refresh('spread');
    expect(route()).toMatchObject({ routeToCanary: false, reason: 'no_canary', version: '1.0.0' });
    await manager.refresh('unknown');
    expect(manager.routePrediction({ modelName: 'unknown' })).toMatchObject({
      reason: 'no_canary',
      version: undefined,
    });
    const broken = new CanaryDeploymentManager(world.config, registry, {
      ids: {
        next: () => {
          throw new Error('no ids');
        },
      },
    });
    await broken.refresh('spread');
    expect(broken.routePrediction({ modelName: 'spread' })).toMatchObject({ reason: 'failed', version: '1.0.0' });
  });

  it('does not fail a request over malformed arguments, and takes numbers for keys', async () => {
    await deploy();
    for (const bad of [undefined, null, {}, { modelName: 7 }]) {
      expect(manager.routePrediction(bad as never).routeToCanary).toBe(false);
      expect(manager.recordOutcome(bad as never)).toBe(false);
    }
    for (let key = 0; key < 100; key++)
      expect(manager.routePrediction({ modelName: 'spread', routingKey: key }).version).toBe(
        route(String(key)).version,
      );
  });

  it.each([undefined, null, ''])(
    'takes a routing key of %s for none: every such request is a client of its own',
    async (key) => {
      const deploymentId = await deploy();
      for (let i = 0; i < 500; i++) {
        const about = { modelName: 'spread', version: '1.0.0', routingKey: key as string | undefined };
        expect(manager.recordOutcome({ ...about, deploymentId, prediction: 1, actual: 1 })).toBe(true);
      }
      const { inputs } = await manager.evaluate(deploymentId);
      expect(inputs.statistics.strata[0]!.production.cells.group.length).toBeGreaterThan(100);
    },
  );

  it('reaches other processes with refresh, and ends there too', async () => {
    const other = new CanaryDeploymentManager(world.config, new ModelRegistry(world.config, world.options));
    const deploymentId = await deploy();
    await other.refresh('spread');
    for (let i = 0; i < 50; i++)
      expect(other.routePrediction({ modelName: 'spread', routingKey: `${i}` }).routeToCanary).toBe(
        route(`${i}`).routeToCanary,
      );
    await manager.rollbackCanary(deploymentId);
    await other.refresh('spread');
    expect(other.routePrediction({ modelName: 'spread' })).toMatchObject({ reason: 'no_canary', version: '1.0.0' });
  });
});

describe('deploying', () => {
  it('moves a candidate to Staging and remembers who', async () => {
    const deploymentId = await deploy();
    expect(await stageOf('1.0.1')).toBe('Staging');
    expect(await manager.getDeployment(deploymentId)).toMatchObject({
      status: 'active',
      candidateVersion: '1.0.1',
      productionVersion: '1.0.0',
      createdBy: 'ada',
      onBehalfOf: 'bob',
      trafficFraction: 0.5,
    });
    expect((await manager.listDeployments({ modelName: 'spread', status: 'active' })).deployments).toHaveLength(1);
  });

  it('uses the share of the policy unless told', async () => {
    const id = await manager.createCanaryDeployment({ modelName: 'spread', candidateVersion: '1.0.1' });
    expect((await manager.getDeployment(id)).trafficFraction).toBe(0.05);
  });

  it('refuses what makes no sense', async () => {
    for (const share of [-0.1, 0, 1, 1.5, 0.51, NaN])
      expect(await failure(deploy('1.0.1', share)), String(share)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failure(deploy('9.9.9'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(deploy('1.0.0'))).toMatchObject({ code: 'ILLEGAL_STATE' });
    await registry.promoteModel({ modelName: 'spread', version: '1.0.2', targetStage: 'archived' });
    expect(await failure(deploy('1.0.2'))).toMatchObject({ code: 'ILLEGAL_STATE' });
    await deploy();
    expect((await failure(deploy('1.0.1'))).message).toContain('active canary');
    expect(await failure(manager.getDeployment('none'))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('needs something in production', async () => {
    await registry.register({
      modelName: 'fresh',
      modelType: 'spread',
      featureColumns: ['x'],
      model: new ConstantModel(1),
    });
    expect(
      (await failure(manager.createCanaryDeployment({ modelName: 'fresh', candidateVersion: '1.0.0' }))).message,
    ).toContain('nothing in production');
  });

  it('gives up on a version that was rolled back max_rollback_count times', async () => {
    await start({ canary: { maxCanaryPercentage: 0.5, maxRollbackCount: 2 } });
    for (let i = 0; i < 2; i++) await manager.rollbackCanary(await deploy());
    expect((await failure(deploy())).message).toContain('rolled back 2 times');
    await deploy('1.0.2');
  });
});

describe('evaluating', () => {
  it('promotes a good canary by itself', async () => {
    const deploymentId = await deploy();
    serve(4000, (version, noise) => (version === '1.0.1' ? 1 : 2) + noise);
    expect(await manager.evaluate(deploymentId, { apply: true })).toMatchObject({
      verdict: 'hold',
      cause: 'evaluation_window',
    });
    wait();
    const decision = await manager.evaluate(deploymentId, { apply: true });
    expect(decision).toMatchObject({ verdict: 'promote', candidateVersion: '1.0.1' });
    expect([await stageOf('1.0.0'), await stageOf('1.0.1')]).toEqual(['Archived', 'Production']);
    expect(route()).toMatchObject({ version: '1.0.1', reason: 'no_canary' });
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ status: 'promoted' });
  });

  it('rolls a bad one back by itself', async () => {
    const deploymentId = await deploy();
    serve(4000, (version, noise) => (version === '1.0.1' ? 4 : 2) + noise);
    expect(await manager.evaluate(deploymentId, { apply: true })).toMatchObject({ verdict: 'rollback' });
    expect([await stageOf('1.0.0'), await stageOf('1.0.1')]).toEqual(['Production', 'Development']);
    expect(route()).toMatchObject({ version: '1.0.0', reason: 'no_canary' });
  });

  it('replaces no version by itself that it was not compared with', async () => {
    const deploymentId = await deploy();
    serve(4000, (version, noise) => (version === '1.0.1' ? 1 : 2) + noise);
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'spread', version: '1.0.2', targetStage });
    wait();
    expect(await manager.evaluate(deploymentId, { apply: true })).toMatchObject({
      verdict: 'promote',
      advice: { action: 'wait', reason: expect.stringContaining('1.0.2 is in production now') as string },
    });
    expect([await stageOf('1.0.1'), await stageOf('1.0.2')]).toEqual(['Staging', 'Production']);
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'development' });
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
    expect(await manager.evaluate(deploymentId, { apply: true })).toMatchObject({ advice: { action: 'promote' } });
    expect([await stageOf('1.0.0'), await stageOf('1.0.1')]).toEqual(['Archived', 'Production']);
  });

  it('changes nothing unless told to, and every decision can be computed again', async () => {
    const deploymentId = await deploy();
    await manager.evaluate(deploymentId);
    serve(4000, (version, noise) => (version === '1.0.1' ? 1 : 2) + noise);
    wait();
    await manager.evaluate(deploymentId);
    expect((await manager.getDeployment(deploymentId)).status).toBe('active');
    const decisions = await manager.listDecisions(deploymentId);
    expect(decisions.map(({ verdict }) => verdict)).toEqual(['hold', 'promote']);
    for (const decision of decisions)
      expect(decision).toMatchObject(JSON.parse(JSON.stringify(decide(decision.inputs))) as object);
  });

  it('lists the newest decisions, and those made by a moment, oldest first', async () => {
    const deploymentId = await deploy();
    const made: { decisionId: string; decidedAt: string }[] = [];
    for (let i = 0; i < 5; i++) {
      made.push(await manager.evaluate(deploymentId));
      if (i !== 2) wait(); // the third and the fourth at one moment
    }
    const idsOf = async (options?: Parameters<typeof manager.listDecisions>[1]): Promise<readonly string[]> =>
      (await manager.listDecisions(deploymentId, options)).map(({ decisionId }) => decisionId);
    const ids = made.map(({ decisionId }) => decisionId);
    expect(await idsOf()).toEqual(ids);
    expect(await idsOf({ limit: 1 })).toEqual(ids.slice(4));
    expect(await idsOf({ limit: 2 })).toEqual(ids.slice(3));
    expect(await idsOf({ limit: 1, until: made[2]!.decidedAt })).toEqual([ids[3]]);
    expect(await idsOf({ until: made[1]!.decidedAt })).toEqual(ids.slice(0, 2));
    expect(await idsOf({ until: made[1]!.decidedAt.replace('Z', '+00:00') })).toEqual(ids.slice(0, 2));
    for (const until of ['yesterday', 7 as never]) {
      await expect(failure(manager.listDecisions(deploymentId, { until }))).resolves.toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
    await expect(failure(manager.listDecisions(deploymentId, { limit: 0 }))).resolves.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('adds up what several processes saw', async () => {
    const deploymentId = await deploy();
    const other = new CanaryDeploymentManager(world.config, new ModelRegistry(world.config, world.options));
    await other.refresh('spread');
    for (const version of ['1.0.0', '1.0.1']) {
      manager.recordOutcome({ modelName: 'spread', version, prediction: 1, actual: 0 });
      other.recordOutcome({ modelName: 'spread', version, prediction: NaN, actual: 0 });
    }
    await other.flush();
    const { inputs } = await manager.evaluate(deploymentId);
    expect(armsOf(inputs)).toEqual({ canary: { requests: 2, errors: 1 }, production: { requests: 2, errors: 1 } });
  });

  it('does not count outcomes of others, and says so', async () => {
    await deploy();
    expect(manager.recordOutcome({ modelName: 'spread', version: '1.0.2', prediction: 1 })).toBe(false);
    expect(manager.recordOutcome({ modelName: 'unknown', version: '1.0.1', prediction: 1 })).toBe(false);
    expect(manager.recordOutcome({ modelName: 'spread', version: '1.0.1', error: true })).toBe(true);
  });

  it('takes what routing said as it is, also of a model that it does not know', async () => {
    await deploy();
    const record = (modelName: string): boolean =>
      manager.recordOutcome({ modelName, prediction: 1, ...manager.routePrediction({ modelName }) });
    expect(record('spread')).toBe(true);
    expect(record('unknown')).toBe(false);
  });

  it('keeps outcomes that could not be stored for the next time', async () => {
    const { config, options, storage } = world;
    let isBroken = false;
    const flaky: Storage = {
      capabilities: storage.capabilities,
      get: (...args) => storage.get(...args),
      query: (...args) => storage.query(...args),
      read: (...args) => storage.read(...args),
      commit: async (...args) => {
        if (isBroken) throw new Error('medium gone');
        return storage.commit(...args);
      },
      close: () => storage.close(),
    };
    manager = new CanaryDeploymentManager(config, new ModelRegistry(config, { ...options, storage: flaky }));
    const deploymentId = await deploy();
    serve(10, () => 1);
    isBroken = true;
    await expect(manager.flush()).rejects.toThrow('medium gone');
    isBroken = false;
    serve(5, () => 1);
    const { inputs } = await manager.evaluate(deploymentId);
    const { canary, production } = armsOf(inputs);
    expect(canary.requests + production.requests).toBe(15);
  });
});

describe('deciding by hand', () => {
  it('halts here although the store cannot be reached, and says that it could not be written', async () => {
    let isAway = false;
    const storage = new Proxy(world.storage, {
      get: (target, name) => {
        const found: unknown = Reflect.get(target, name);
        if (typeof found !== 'function') return found;
        return (...args: unknown[]): unknown => {
          if (isAway) throw new MLOpsError('STORAGE_UNAVAILABLE', 'the server is away');
          return Reflect.apply(found, target, args);
        };
      },
    });
    manager = new CanaryDeploymentManager(world.config, new ModelRegistry(world.config, { ...world.options, storage }));
    const deploymentId = await deploy();
    const reasons = (): Set<string> => new Set(Array.from({ length: 50 }, (_, i) => route(`${i}`).reason));
    expect(reasons()).toEqual(new Set(['canary', 'production']));
    isAway = true;
    expect(await failure(manager.halt('spread'))).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(reasons()).toEqual(new Set(['halted']));
    isAway = false;
    await manager.refresh('spread');
    expect(reasons()).toEqual(new Set(['halted']));
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ status: 'active' });
    expect(await manager.halt('spread')).toMatchObject({ status: 'halted', deploymentId });
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ status: 'halted' });
  });

  it('promotes with gates, and refuses with all that failed', async () => {
    await start(
      {
        promotion: {
          minAccuracy: 0.9,
          maxDrift: 1,
          requireSecurityScan: true,
          requireExplainability: false,
          requireFeatureImportance: false,
          requireBiasTesting: false,
          requireComplianceCheck: false,
        },
      },
      0,
    );
    const lenient = new ModelRegistry(createWorld().config, world.options);
    for (let i = 0; i < 2; i++)
      await lenient.register({
        modelName: 'spread',
        modelType: 'spread',
        featureColumns: ['x'],
        model: new ConstantModel(i),
        performanceMetrics: { r2_score: 0.5 },
      });
    for (const targetStage of ['staging', 'production'] as const)
      await lenient.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
    const deploymentId = await deploy('1.0.1', 0.05);
    expect(await manager.promoteCanary(deploymentId, 'bob')).toMatchObject({
      status: 'refused',
      failures: [{ gate: 'min_accuracy' }],
    });
    expect((await manager.getDeployment(deploymentId)).status).toBe('active');
    expect(await stageOf('1.0.0')).toBe('Production');
  });

  it('keeps the candidate in Staging as long as it may answer requests', async () => {
    const deploymentId = await deploy();
    await registry.promoteModel({ modelName: 'spread', version: '1.0.2', targetStage: 'staging' });
    for (const targetStage of ['development', 'archived'] as const) {
      const error = await failure(registry.promoteModel({ modelName: 'spread', version: '1.0.1', targetStage }));
      expect(error).toMatchObject({
        code: 'ILLEGAL_STATE',
        message: expect.stringContaining('roll that back') as string,
      });
    }
    expect(await stageOf('1.0.1')).toBe('Staging');
    await registry.promoteModel({ modelName: 'spread', version: '1.0.2', targetStage: 'archived' });
    await manager.rollbackCanary(deploymentId);
    expect(
      await registry.promoteModel({ modelName: 'spread', version: '1.0.1', targetStage: 'archived' }),
    ).toMatchObject({
      status: 'promoted',
    });
  });

  it('ends a deployment once', async () => {
    const deploymentId = await deploy();
    expect(await manager.promoteCanary(deploymentId, 'bob')).toMatchObject({
      status: 'promoted',
      archivedVersion: '1.0.0',
    });
    for (const again of [
      manager.promoteCanary(deploymentId),
      manager.rollbackCanary(deploymentId),
      manager.evaluate(deploymentId),
    ]) {
      expect(await failure(again)).toMatchObject({ code: 'ILLEGAL_STATE' });
    }
  });

  it('lets one of a racing promotion and rollback win', async () => {
    const deploymentId = await deploy();
    const outcomes = await Promise.allSettled([
      manager.promoteCanary(deploymentId),
      manager.rollbackCanary(deploymentId),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await registry.listModels({ stage: 'production' })).versions).toHaveLength(1);
  });

  it('closes by storing what it has', async () => {
    const deploymentId = await deploy();
    serve(10, () => 1);
    await manager.close();
    const reader = new CanaryDeploymentManager(world.config, registry);
    const { processes } = await reader.getStatus(deploymentId);
    expect(processes).toMatchObject([{ status: 'closed', outcomes: 10 }]);
  });

  it('is no process that serves when it only changes a canary', async () => {
    const deploymentId = await deploy();
    await manager.pause(deploymentId);
    await manager.close();
    const other = new CanaryDeploymentManager(world.config, registry);
    await other.resume(deploymentId);
    await other.rollbackCanary(deploymentId);
    await other.flush();
    expect((await other.getStatus(deploymentId)).processes).toEqual([]);
    other.recordOutcome({ modelName: 'spread', version: '1.0.1', deploymentId, step: 0, prediction: 1 });
    await other.close();
    expect((await other.getStatus(deploymentId)).processes).toMatchObject([{ status: 'closed', late: 1 }]);
  });

  it('goes on to report that it is there once a clock that was ahead is right', async () => {
    const deploymentId = await deploy();
    const reports = async () => {
      await manager.flush();
      return (await manager.getStatus(deploymentId)).processes.map(({ flushes, status }) => [flushes, status]);
    };
    expect(await reports()).toEqual([[1, 'live']]);
    world.clock.advance(-3_600_000);
    expect(await reports()).toEqual([[2, 'live']]);
    world.clock.advance(1_000);
    expect(await reports()).toEqual([[2, 'live']]); // nothing new to say
    world.clock.advance(5_000);
    expect(await reports()).toEqual([[3, 'live']]);
  });
});
