import { beforeEach, expect, it } from 'vitest';
import {
  type CanaryDecision,
  CanaryDeploymentManager,
  ModelRegistry,
  type Storage,
  replayDecision,
} from '@bondx/mlops';
import { type Random, createRandom } from '../../src/util/random.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { type World, createWorld } from '../helpers.js';

let world: World;
let registry: ModelRegistry;
let deploymentId: string;
let managers: CanaryDeploymentManager[];

beforeEach(async () => {
  world = createWorld({ canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] } });
  registry = new ModelRegistry(world.config, world.options);
  const about = { modelName: 'spread', modelType: 'spread', featureColumns: ['x'], targetColumn: 'y' };
  for (let i = 0; i < 2; i++)
    await registry.register({ ...about, model: new ConstantModel(i), performanceMetrics: { r2_score: 0.5 } });
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  managers = [];
  const first = await serving();
  deploymentId = await first.createCanaryDeployment({
    modelName: 'spread',
    candidateVersion: '1.0.1',
    initialTrafficPercentage: 0.5,
  });
});

async function serving(storage: Storage = world.storage): Promise<CanaryDeploymentManager> {
  const own = new ModelRegistry(world.config, { ...world.options, storage });
  const manager = new CanaryDeploymentManager(world.config, own);
  managers.push(manager);
  await manager.refresh('spread');
  return manager;
}

const record = (manager: CanaryDeploymentManager, count: number): void => {
  for (let i = 0; i < count; i++) {
    const route = manager.routePrediction({ modelName: 'spread', routingKey: `key-${i}` });
    manager.recordOutcome({ modelName: 'spread', prediction: i / 7, actual: 0, ...route });
  }
};

/** Processes that serve a few requests each, and go. */
async function comeAndGo(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const manager = await serving();
    record(manager, 3);
    await manager.close();
  }
}

/** Reports whose outcomes an evaluation adds up. */
const reportsRead = async (): Promise<number> =>
  (await world.storage.query('canary_processes', { where: { field: 'deploymentId', op: 'eq', value: deploymentId } }))
    .records.length;

const outcomesOf = async (): Promise<number> =>
  (await managers[0]!.getStatus(deploymentId)).processes.reduce((sum, { outcomes }) => sum + outcomes, 0);

it('adds up what processes that are gone have seen once and for all, to the same bits', async () => {
  await comeAndGo(30);
  const before = await managers[0]!.evaluate(deploymentId);
  expect(await reportsRead()).toBe(31);
  world.clock.advance(3_600_000);
  const gathering = await managers[0]!.evaluate(deploymentId);
  expect(await reportsRead()).toBe(1); // the one that is there
  const after = await managers[0]!.evaluate(deploymentId);
  for (const { inputs } of [gathering, after]) expect(inputs.statistics).toEqual(before.inputs.statistics);
  expect(replayDecision(after).differences).toEqual([]);

  const { processes } = await managers[0]!.getStatus(deploymentId);
  expect(processes).toHaveLength(31);
  expect(processes.filter(({ status, outcomes }) => status === 'closed' && outcomes === 3)).toHaveLength(30);
});

it('counts what a process adds that was taken for gone', async () => {
  const paused = await serving();
  record(paused, 10);
  await paused.flush();
  await comeAndGo(20);
  world.clock.advance(3_600_000);
  await managers[0]!.evaluate(deploymentId);
  expect(await outcomesOf()).toBe(70);
  record(paused, 5);
  await paused.flush();
  await comeAndGo(20);
  expect(await outcomesOf()).toBe(135);
  world.clock.advance(3_600_000);
  for (let i = 0; i < 2; i++) {
    const { inputs } = await managers[0]!.evaluate(deploymentId);
    expect(requestsIn(inputs)).toBe(135);
  }
  expect(await outcomesOf()).toBe(135);
});

/** Requests that a decision counts. */
const requestsIn = ({ statistics }: CanaryDecision['inputs']): number =>
  statistics.strata
    .flatMap(({ canary, production }) => [...canary.cells.requests, ...production.cells.requests])
    .reduce((sum, count) => sum + count, 0);

let isCut = false;

/** A storage whose commits are carried out, with answers that get lost while it is cut off. */
const cut = (storage: Storage): Storage => ({
  capabilities: storage.capabilities,
  get: (...args) => storage.get(...args),
  query: (...args) => storage.query(...args),
  read: (...args) => storage.read(...args),
  commit: async (...args) => {
    const versions = await storage.commit(...args);
    if (isCut) throw new Error('connection lost');
    return versions;
  },
  close: () => storage.close(),
});

it.each([
  ['outcomes', 4],
  ['a sign of life', 0],
])('counts everything once where the answer to the commit of %s got lost', async (_what, count) => {
  const manager = await serving(cut(world.storage));
  record(manager, count);
  world.clock.advance(10_000);
  isCut = true;
  await expect(manager.flush()).rejects.toThrow('connection lost');
  isCut = false;
  record(manager, 3);
  await comeAndGo(20);
  world.clock.advance(3_600_000);
  await managers[0]!.evaluate(deploymentId);
  await manager.flush();
  expect(await outcomesOf()).toBe(63 + count);
  const { inputs } = await managers[0]!.evaluate(deploymentId);
  expect(requestsIn(inputs)).toBe(63 + count);
});

/** A storage some commits of which fail while `isFlaky` says so: half of those are carried out all the same. */
const unreliable = (storage: Storage, random: Random, isFlaky: () => boolean): Storage => ({
  capabilities: storage.capabilities,
  get: (...args) => storage.get(...args),
  query: (...args) => storage.query(...args),
  read: (...args) => storage.read(...args),
  commit: async (...args) => {
    const luck = isFlaky() ? random.next() : 1;
    if (luck < 0.25) throw new Error('connection lost');
    const versions = await storage.commit(...args);
    if (luck < 0.5) throw new Error('connection lost');
    return versions;
  },
  close: () => storage.close(),
});

it.each([1, 2, 3, 4, 5, 6])(
  'counts all outcomes once, whatever fails and whoever is taken for gone (%i)',
  async (seed) => {
    const random = createRandom(`gathering/${seed}`);
    const pick = (n: number): number => Math.floor(random.next() * n);
    let isFlaky = false;
    const storage = unreliable(world.storage, random, () => isFlaky);
    const alive = [await serving(storage)];
    let recorded = 0;
    const steps: readonly (() => Promise<unknown>)[] = [
      async () => {
        isFlaky = false;
        alive.push(await serving(storage));
      },
      async () => {
        const count = pick(5);
        record(alive[pick(alive.length)]!, count);
        recorded += count;
      },
      () => alive[pick(alive.length)]!.flush(),
      () => managers[0]!.evaluate(deploymentId),
      async () => world.clock.advance(pick(2) === 0 ? 1_000 : 120_000),
      async () => {
        isFlaky = false;
        if (alive.length > 3) await alive.splice(pick(alive.length), 1)[0]!.close();
      },
    ];
    for (let i = 0; i < 500; i++) {
      isFlaky = random.next() < 0.3;
      await steps[pick(steps.length)]!().catch((error: unknown) => expect(error).toEqual(new Error('connection lost')));
    }
    isFlaky = false;
    for (const manager of alive) await manager.flush();
    expect(await outcomesOf()).toBe(recorded);
    const { inputs } = await managers[0]!.evaluate(deploymentId);
    expect(requestsIn(inputs)).toBe(recorded);
  },
);

it('gathers once when several evaluate at the same time', async () => {
  await comeAndGo(25);
  world.clock.advance(3_600_000);
  const decisions = await Promise.all(Array.from({ length: 5 }, () => managers[0]!.evaluate(deploymentId)));
  const [{ inputs }] = decisions as [(typeof decisions)[0]];
  for (const decision of decisions) expect(decision.inputs.statistics).toEqual(inputs.statistics);
  expect((await managers[0]!.evaluate(deploymentId)).inputs.statistics).toEqual(inputs.statistics);
  expect(await outcomesOf()).toBe(75);
});
