import { beforeEach, expect, it } from 'vitest';
import { CanaryDeploymentManager, ModelRegistry, assessCompliance, checkHealth } from '@bondx/mlops';
import { renderCanaryReport } from '@bondx/mlops/report';
import { ConstantModel } from '../../src/models/constant-model.js';
import { type World, createWorld } from '../helpers.js';

let world: World;
let registry: ModelRegistry;
let manager: CanaryDeploymentManager;
let deploymentId: string;

/** A canary as version 0.1.0 recorded it: no plan, no steps, no history. */
async function putFirst(ended: object = {}): Promise<void> {
  const { storage } = world;
  const { value, version } = (await storage.get('deployments', deploymentId))!;
  const first = { ...(value as Record<string, never>) };
  const later = ['plan', 'planned', 'shadowFraction', 'steps', 'labelWindowMs', 'budgets', 'segmentColumn', 'history'];
  for (const name of later) Reflect.deleteProperty(first, name);
  const index = { modelName: 'spread', status: 'active', createdAt: first['createdAt']!, candidateVersion: '1.0.1' };
  const old = { ...first, bucketing: 'fnv1a32-fmix32/1', ...ended };
  await storage.commit([
    { kind: 'put', collection: 'deployments', id: deploymentId, value: old, index, expect: version },
    {
      kind: 'put',
      collection: 'canary_decisions',
      id: 'd1',
      value: {
        ...{
          decisionId: 'd1',
          deploymentId,
          modelName: 'spread',
          candidateVersion: '1.0.1',
          productionVersion: '1.0.0',
        },
        ...{ decidedAt: '2026-11-23T00:00:00.000Z', verdict: 'hold', reason: 'mae: 0 of at least 1000 outcomes' },
        ...{ metrics: [], logErrorEvidence: 0, logSampleRatioEvidence: 0, policyDigest: 'sha256:0' },
        inputs: { task: 'regression', metrics: ['mae'], alpha: 0.05, trafficFraction: 0.1 },
      },
      index: { deploymentId, verdict: 'hold', decidedAt: '2026-11-23T00:00:00.000Z' },
      expect: 'absent',
    },
  ]);
}

beforeEach(async () => {
  world = createWorld({ canary: { maxCanaryPercentage: 0.5 } });
  registry = new ModelRegistry(world.config, world.options);
  for (const value of [1, 2]) {
    const columns = { featureColumns: ['x'], targetColumn: 'y', performanceMetrics: { r2_score: 0.5 } };
    await registry.register({ modelName: 'spread', modelType: 'spread', ...columns, model: new ConstantModel(value) });
  }
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  const first = new CanaryDeploymentManager(world.config, registry);
  deploymentId = await first.createCanaryDeployment({ modelName: 'spread', candidateVersion: '1.0.1' });
  await putFirst();
  manager = new CanaryDeploymentManager(world.config, registry); // another process, which opens the store later
  await manager.refresh('spread');
});

it('a canary of version 0.1.0 sends nothing to its candidate, and has begun at its share', async () => {
  const routes = Array.from({ length: 200 }, (_, i) =>
    manager.routePrediction({ modelName: 'spread', routingKey: `${i}` }),
  );
  expect(routes.filter(({ routeToCanary }) => routeToCanary)).toEqual([]);
  const { status, history, plan } = await manager.getDeployment(deploymentId);
  expect(status).toBe('active');
  expect(history).toMatchObject([{ action: 'begin', status: 'active' }]);
  expect(plan).toHaveLength(1);
});

it.each(['halt', 'pause', 'rollback', 'promote'] as const)('%s works on it', async (action) => {
  if (action === 'halt') await manager.halt('spread', { reason: 'harm' });
  if (action === 'pause') await manager.pause(deploymentId, { reason: 'look' });
  if (action === 'rollback') await manager.rollbackCanary(deploymentId, 'bob', 'no');
  if (action === 'promote') expect((await manager.promoteCanary(deploymentId, 'bob')).status).toBe('promoted');
  const { history } = await manager.getDeployment(deploymentId);
  expect(history.map((event) => event.action)).toEqual(['begin', action]);
});

it('it is part of health, compliance and reports, whether under way or ended', async () => {
  for (const ended of [{}, { status: 'promoted', endedAt: world.clock.now(), endReason: 'promoted' }]) {
    if ('status' in ended) {
      const { storage } = world;
      const { value, version } = (await storage.get('deployments', deploymentId))!;
      const after = { ...(value as object), ...ended };
      await storage.commit([
        {
          kind: 'put',
          collection: 'deployments',
          id: deploymentId,
          value: after,
          index: { modelName: 'spread' },
          expect: version,
        },
      ]);
      const { history } = await manager.getDeployment(deploymentId);
      expect(history.at(-1)).toMatchObject({ action: 'promote', status: 'promoted', reason: 'promoted' });
    }
    const { checks } = await checkHealth(world.config, world.options);
    expect(checks.find(({ name }) => name === 'canaries')?.reason).not.toMatch(/undefined/);
    const { results } = await assessCompliance(registry, { modelName: 'spread', version: '1.0.1' });
    expect(results.find(({ check }) => check === 'mifid.controlled_deployment')).toMatchObject({ status: 'not_met' });
    const deployment = await manager.getDeployment(deploymentId);
    const decisions = await manager.listDecisions(deploymentId);
    expect(await renderCanaryReport({ deployment, decisions })).toContain('1 of version 0.1.0');
  }
});
