import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CanaryDeploymentManager,
  type CanaryDecision,
  type CreateCanaryOptions,
  type JsonObject,
  type JsonValue,
  ModelRegistry,
  type Storage,
} from '@bondx/mlops';
import type { StratumStatistics } from '../../src/canary/evidence/deployment-statistics.js';
import { planEvaluation } from '../../src/canary/evaluation.js';
import { requestsOfStep } from '../../src/canary/live-statistics.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createContext } from '../../src/runtime/context.js';
import { over } from '../governance/audit/log-fixture.js';
import { type World, createWorld, failure } from '../helpers.js';

const hour = 3_600_000;
let world: World;
let registry: ModelRegistry;
let manager: CanaryDeploymentManager;

beforeEach(() => start());

async function start(policy: object = {}): Promise<void> {
  world = createWorld({ canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] }, ...policy });
  registry = new ModelRegistry(world.config, world.options);
  manager = new CanaryDeploymentManager(world.config, registry);
  for (let i = 0; i < 2; i++) {
    await registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x'],
      model: new ConstantModel(i),
      performanceMetrics: { r2_score: 0.5 },
    });
  }
  for (const targetStage of ['staging', 'production'] as const) {
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  }
}

const deploy = (options: Partial<CreateCanaryOptions>): Promise<string> =>
  manager.createCanaryDeployment({ modelName: 'spread', candidateVersion: '1.0.1', ...options });

const predict = (key: number, extra: object = {}) =>
  manager.predict({ modelName: 'spread', features: { x: 1 }, routingKey: key, ...extra });

describe('predicting', () => {
  it('says that nothing is loaded, then answers with the version that routing names', async () => {
    expect(predict(1)).toMatchObject({ prediction: undefined, reason: 'not_loaded' });
    await manager.serve('spread');
    expect(predict(1)).toMatchObject({ prediction: 0, version: '1.0.0', reason: 'no_canary' });
    const deploymentId = await deploy({ initialTrafficPercentage: 0.5 });
    const answers = Array.from({ length: 400 }, (_, key) => predict(key, { actual: 0 }));
    for (const { prediction, routeToCanary } of answers) expect(prediction).toBe(routeToCanary ? 1 : 0);
    const canary = answers.filter(({ routeToCanary }) => routeToCanary).length;
    const { inputs } = await manager.evaluate(deploymentId);
    expect(requestsOfStep(inputs.statistics, 0)).toBe(canary);
    expect((await manager.getStatus(deploymentId)).processes).toMatchObject([{ outcomes: 400 }]);
  });

  it('says why a model cannot answer', async () => {
    const signature = { inputs: [{ name: 'x', type: 'numeric' }], output: { task: 'regression' } } as const;
    const { version } = await registry.register({
      ...{ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(2), signature },
      performanceMetrics: { r2_score: 0.5 },
    });
    for (const targetStage of ['staging', 'production'] as const) {
      await registry.promoteModel({ modelName: 'spread', version, targetStage });
    }
    await manager.serve('spread');
    expect(predict(1)).not.toHaveProperty('problem');
    const answer = manager.predict({ modelName: 'spread', features: { X: 1 }, routingKey: 1 });
    expect(answer).toMatchObject({ prediction: undefined, version, reason: 'no_canary' });
    expect(answer.problem).toContain('the model needs the column "x"');
  });

  it.each([
    ['sensitive columns', { privacy: { sensitiveColumns: { x: { action: 'mask' } } } }],
    ['segments', { models: { spread: { canary: { segmentColumn: 'x' } } } }],
  ])('does not fail a request whose features cannot be read, also with %s', async (_, policy) => {
    await start(policy);
    await manager.serve('spread');
    await deploy({ initialTrafficPercentage: 0.5 });
    const unreadable = {
      get x(): number {
        throw new Error('gone');
      },
    };
    for (const features of [undefined, null, 'x', [], unreadable]) {
      for (const key of [1, 2, 3, 4]) expect(predict(key, { features }).requestId).not.toBe('');
    }
    for (const options of [undefined, null]) expect(manager.predict(options as never).prediction).toBeUndefined();
  });

  it('takes an override of a version that serves, and of no other; neither counts', async () => {
    await manager.serve('spread');
    const deploymentId = await deploy({ initialTrafficPercentage: 0.5 });
    expect(predict(1, { version: '1.0.1' })).toMatchObject({ prediction: 1, reason: 'override' });
    expect(predict(1, { version: '9.0.0' })).toMatchObject({ prediction: 0, reason: 'override_refused' });
    for (const version of ['1.0.0', '1.0.1', '9.0.0']) {
      const said = manager.routePrediction({ modelName: 'spread', routingKey: 1, version });
      for (const route of [said, JSON.parse(JSON.stringify(said)) as typeof said])
        expect(manager.recordOutcome({ modelName: 'spread', prediction: 1, ...route, version: said.version! })).toBe(
          false,
        );
    }
    await manager.flush();
    expect((await manager.getStatus(deploymentId)).processes).toMatchObject([{ outcomes: 0 }]);
    await manager.halt('spread');
    expect(predict(1, { version: '1.0.1' })).toMatchObject({ prediction: 0, reason: 'override_refused' });
    await manager.flush();
    expect((await manager.getStatus(deploymentId)).processes).toMatchObject([{ outcomes: 0 }]);
  });
});

describe('outcomes without a routing key', () => {
  it('are units of their own, in whatever process', async () => {
    const deploymentId = await deploy({ initialTrafficPercentage: 0.5 });
    const other = new CanaryDeploymentManager(world.config, new ModelRegistry(world.config, world.options));
    await other.refresh('spread');
    for (const each of [manager, other]) {
      for (let i = 0; i < 20; i++) each.recordOutcome({ modelName: 'spread', version: '1.0.1', error: true });
      await each.flush();
    }
    const [{ canary }] = (await manager.evaluate(deploymentId)).inputs.statistics.strata as [StratumStatistics];
    expect(canary.cells.errors.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(canary.events.error.length).toBeGreaterThan(35);
  });
});

describe('shadow mode', () => {
  it('lets production answer while both score', async () => {
    await manager.serve('spread');
    const deploymentId = await deploy({ steps: [{ traffic: 0, requests: 100 }, { traffic: 0.1 }] });
    for (let key = 0; key < 150; key++) {
      expect(predict(key, { actual: 0 })).toMatchObject({ prediction: 0, routeToCanary: false, reason: 'shadow' });
    }
    const decision = await manager.evaluate(deploymentId);
    expect(decision.inputs.statistics.strata[0]!.pairs.all).toMatchObject({ requests: 150, labels: 150 });
  });

  it('counts what it had to leave out', async () => {
    await manager.serve('spread');
    const deploymentId = await deploy({ steps: [{ traffic: 0 }] });
    for (let key = 0; key < 1500; key++) predict(key);
    await manager.flush();
    expect((await manager.getStatus(deploymentId)).processes).toMatchObject([{ outcomes: 1000, droppedShadow: 500 }]);
  });

  it('goes on to the next step once time and evidence are there, and starts counting anew after a pause', async () => {
    await manager.serve('spread');
    const deploymentId = await deploy({ steps: [{ traffic: 0, hours: 1, requests: 10 }, { traffic: 0.1 }] });
    for (let key = 0; key < 20; key++) predict(key, { actual: 1 });
    expect((await manager.evaluate(deploymentId, { apply: true })).advice.action).toBe('wait');
    world.clock.advance(hour);
    expect((await manager.evaluate(deploymentId, { apply: true })).advice).toMatchObject({
      action: 'advance',
      step: 1,
    });
    expect(await manager.getDeployment(deploymentId)).toMatchObject({
      status: 'active',
      trafficFraction: 0.1,
      planned: 1,
    });
    await manager.pause(deploymentId, { reason: 'holiday' });
    expect(predict(1)).toMatchObject({ prediction: 0, reason: 'paused' });
    await manager.resume(deploymentId);
    expect((await manager.getDeployment(deploymentId)).history.map(({ action }) => action)).toEqual([
      'begin',
      'adjust',
      'pause',
      'resume',
    ]);
    await manager.adjustTraffic(deploymentId, { trafficPercentage: 0.2 });
    expect(await failure(manager.adjustTraffic(deploymentId, { trafficPercentage: 0.6 }))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('labels that come later', () => {
  it('are joined by another process, once, and only within their window', async () => {
    await manager.serve('spread');
    const deploymentId = await deploy({ initialTrafficPercentage: 0.5, labelWindowHours: 48 });
    const requests = Array.from({ length: 40 }, (_, key) => predict(key).requestId);
    await manager.flush();
    const other = new CanaryDeploymentManager(world.config, new ModelRegistry(world.config, world.options));
    world.clock.advance(24 * hour);
    for (const requestId of requests.slice(0, 30)) expect(await other.recordActual(requestId, 0.5)).toBe('joined');
    expect(await manager.recordActual(requests[0]!, 0.5)).toBe('already_labelled');
    expect(await manager.recordActual('nobody', 0.5)).toBe('unknown');
    await other.flush();
    const { strata } = (await manager.evaluate(deploymentId)).inputs.statistics;
    const labels = strata.flatMap(({ canary, production }) => [...canary.cells.labels, ...production.cells.labels]);
    expect(labels.reduce((sum, count) => sum + count, 0)).toBe(30);
    world.clock.advance(31 * hour);
    expect(await other.recordActual(requests[35]!, 0.5)).toBe('too_late');
  });

  it.each([{ steps: [{ traffic: 0 }] }, { initialTrafficPercentage: 0.5 }])(
    'count for the routing key of their request, also where only that is passed on: %o',
    async (options) => {
      const deploymentId = await deploy({ ...options, labelWindowHours: 48 });
      for (let key = 0; key < 40; key++) {
        const request = { modelName: 'spread', requestId: `request-${key}`, routingKey: key };
        const answer = { prediction: 1 };
        if ('steps' in options) manager.recordShadow({ ...request, canary: answer, production: answer });
        else manager.recordOutcome({ ...request, ...answer, version: '1.0.1' });
      }
      await manager.flush();
      for (let key = 0; key < 40; key++) expect(await manager.recordActual(`request-${key}`, 0)).toBe('joined');
      const [{ canary, pairs }] = (await manager.evaluate(deploymentId)).inputs.statistics.strata as [
        StratumStatistics,
      ];
      const cells = pairs.all.keys?.canary ?? canary.cells;
      expect(cells.group.length).toBeGreaterThan(20);
      expect(cells.labels).toEqual(cells.requests);
    },
  );
});

describe('predictions that no record could hold', () => {
  const outcome = { modelName: 'spread', version: '1.0.0', prediction: 1 };

  it.each([
    { requestId: 17 },
    { requestId: '' },
    { requestId: 'a\nb' },
    { requestId: '\ud800' },
    { requestId: 'x'.repeat(513) },
  ])('keep no others from being stored, and are counted: %o', async (wrong) => {
    const deploymentId = await deploy({ initialTrafficPercentage: 0.5, labelWindowHours: 48 });
    expect(manager.recordOutcome({ ...outcome, ...(wrong as object) })).toBe(true);
    manager.recordOutcome({ ...outcome, requestId: 'good' });
    expect(await manager.recordActual('good', 1)).toBe('joined');
    await manager.flush();
    const { processes } = await manager.getStatus(deploymentId);
    expect(processes).toMatchObject([{ outcomes: 2, droppedPredictions: 1 }]);
  });

  it('are those of segments and of pairs, too', async () => {
    const deploymentId = await deploy({ initialTrafficPercentage: 0.5, labelWindowHours: 48 });
    manager.recordOutcome({ ...outcome, requestId: 'odd segment', segment: '\ud800' });
    expect(await manager.recordActual('odd segment', 1)).toBe('joined');

    await manager.rollbackCanary(deploymentId);
    await deploy({ steps: [{ traffic: 0 }], labelWindowHours: 48 });
    const pair = { modelName: 'spread', production: { prediction: 1 } };
    manager.recordShadow({ ...pair, requestId: 'failed', canary: { prediction: NaN } });
    manager.recordShadow({ ...pair, requestId: 'answered', canary: { prediction: 1 } });
    expect(await manager.recordActual('answered', 1)).toBe('joined');
    expect(await manager.recordActual('failed', 1)).toBe('unknown');
  });
});

describe('automatic mode', () => {
  it('lets one of several processes evaluate, and does not begin twice', async () => {
    const deploymentId = await deploy({ initialTrafficPercentage: 0.5 });
    const other = new CanaryDeploymentManager(world.config, new ModelRegistry(world.config, world.options));
    const decided: string[] = [];
    const first = new Promise<void>((resolve) => {
      for (const each of [manager, other]) {
        each.automate({
          everyMs: 10,
          onDecision: (decision) => {
            decided.push(decision.deploymentId);
            resolve();
          },
        });
      }
    });
    expect(() => manager.automate()).toThrow('automatic mode already');
    await first;
    await Promise.all([manager.close(), other.close()]);
    expect(new Set(decided)).toEqual(new Set([deploymentId]));
  });

  it('goes on when whoever is told of decisions or failures fails, also later', async () => {
    await deploy({ initialTrafficPercentage: 0.5 });
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const failLater = vi.fn(() => Promise.reject(new Error('the chat is away')));
    const automation = manager.automate({ everyMs: 10, onDecision: failLater, onError: failLater });
    await vi.waitFor(() => expect(failLater.mock.calls.length).toBeGreaterThan(4));
    await automation.stop();
    expect(warned.mock.calls).toEqual([['onError of automatic mode failed: Error: the chat is away', 'MLOpsWarning']]);
    warned.mockRestore();
  });

  it('takes over from a process that died while its clock was a year ahead', async () => {
    await deploy({ initialTrafficPercentage: 0.5 });
    const other = new CanaryDeploymentManager(world.config, new ModelRegistry(world.config, world.options));
    const decision = (one: CanaryDeploymentManager): Promise<unknown> =>
      new Promise((resolve) => {
        one.automate({ everyMs: 10, onDecision: resolve });
      });
    const now = world.clock.now();
    world.clock.advance(365 * 24 * hour);
    await decision(other);
    await other.close();
    world.clock.advance(now - world.clock.now());
    await decision(manager);
    await manager.close();
  });

  it('goes on with the others when one cannot be evaluated', async () => {
    const ids: string[] = [];
    for (const modelName of ['first', 'second']) {
      for (let i = 0; i < 2; i++) {
        await registry.register({
          ...{ modelName, modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(i) },
          performanceMetrics: { r2_score: 0.5 },
        });
      }
      for (const targetStage of ['staging', 'production'] as const) {
        await registry.promoteModel({ modelName, version: '1.0.0', targetStage });
      }
      ids.push(await deploy({ modelName, initialTrafficPercentage: 0.5 }));
    }
    for (const broken of ids) {
      world.clock.advance(hour); // the lease of the one before
      const storage = world.options.storage!;
      const commit: Storage['commit'] = (changes, options) => {
        const isOfBroken = ({ value }: { value: JsonValue }) => (value as JsonObject)['deploymentId'] === broken;
        if (changes.some((change) => change.kind === 'put' && isOfBroken(change))) throw new Error('no more room');
        return storage.commit(changes, options);
      };
      const failing = over(storage, { commit });
      const each = new CanaryDeploymentManager(
        world.config,
        new ModelRegistry(world.config, { ...world.options, storage: failing }),
      );
      const decided = await new Promise<string>((resolve) => {
        each.automate({ everyMs: 10, onDecision: (one) => resolve(one.deploymentId) });
      });
      expect(decided).not.toBe(broken);
      await each.close();
    }
  });

  it('keeps of decisions that say the same the first, the last, and some between, closer while the canary is young', async () => {
    const deploymentId = await deploy({ initialTrafficPercentage: 0.5 });
    const context = createContext(world.config, world.options);
    const storage = await context.stores.storage();
    const began = world.clock.now();
    const age = ({ decidedAt }: CanaryDecision): number => Date.parse(decidedAt) - began;
    const decide = async (isAutomatic = true): Promise<CanaryDecision> => {
      world.clock.advance(60_000);
      const plan = await planEvaluation(context, storage, deploymentId, context.ids.next(), isAutomatic);
      await storage.commit(plan.changes);
      return plan.result;
    };
    const rounds = 3_000;
    const first = await decide();
    let last = first;
    for (let i = 1; i < rounds; i++) last = await decide();
    const kept = await manager.listDecisions(deploymentId);
    expect([kept[0], kept.at(-1)]).toEqual([first, last]);
    for (const [i, decision] of kept.slice(1).entries()) {
      const apart = age(decision) - age(kept[i]!);
      expect(apart).toBeLessThanOrEqual(60_000 + Math.min(hour, age(decision) / 20));
    }
    const [days, logarithmic] = [(rounds * 60_000) / hour, 20 * Math.log(rounds)];
    expect(kept.length).toBeLessThan(days + logarithmic);

    // What says something else, and what somebody asked for, stays.
    await manager.pause(deploymentId);
    await manager.resume(deploymentId);
    const asked = [await decide(), await decide(false), await decide(false), await decide(), await decide()];
    await decide();
    const ids = (await manager.listDecisions(deploymentId, { limit: 6 })).map(({ decisionId }) => decisionId);
    for (const { decisionId } of asked.slice(0, 3)) expect(ids).toContain(decisionId);
    expect(ids).not.toContain(asked[4]!.decisionId);
  });
});
