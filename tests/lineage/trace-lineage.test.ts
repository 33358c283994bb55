import { beforeAll, describe, expect, it } from 'vitest';
import {
  CanaryDeploymentManager,
  DriftMonitor,
  ExperimentTracker,
  ModelRegistry,
  RetrainPipeline,
  type Lineage,
  toTable,
  traceLineage,
} from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createWorld, failure, smallRows } from '../helpers.js';

/** A life: data, a run, a version in production, a canary and its decision, a drift report, a retraining. */
async function live() {
  const world = createWorld();
  const { config, options } = world;
  const [tracker, registry] = [new ExperimentTracker(config, options), new ModelRegistry(config, options)];
  const [old, recent] = [smallRows(1500), smallRows(1500, { seed: 2, shift: 4, slope: 3 })];
  const runId = await tracker.startRun({ experimentName: 'spreads', runName: 'first', heartbeat: false });
  await tracker.logDataset(runId, { name: 'trades', data: old, role: 'training' });
  const digest = toTable(old).digest();
  await tracker.endRun(runId);
  const register = (extra: object) =>
    registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x', 'kind'],
      targetColumn: 'y',
      performanceMetrics: { r2_score: 0.5 },
      model: new ConstantModel(10),
      ...extra,
    });
  await register({ runId, trainingData: { digest, rowCount: old.length } });
  for (const targetStage of ['staging', 'production'] as const) {
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  }
  await register({});
  const manager = new CanaryDeploymentManager(config, registry, { clock: world.clock });
  const deploymentId = await manager.createCanaryDeployment({ modelName: 'spread', candidateVersion: '1.0.1' });
  const { decisionId } = await manager.evaluate(deploymentId);
  await manager.rollbackCanary(deploymentId);
  await manager.close();
  const report = await new DriftMonitor(config, options).detectDrift({
    modelName: 'spread',
    baselineData: old,
    currentData: recent,
  });
  const pipeline = new RetrainPipeline(config, tracker, registry);
  const result = await pipeline.triggerRetraining(report, recent);
  return { ...world, registry, runId, digest, deploymentId, decisionId, report, result };
}

const ids = ({ nodes }: Lineage, kind: string): readonly string[] =>
  nodes.filter((node) => node.kind === kind).map(({ id }) => id);

describe('traceLineage', () => {
  let life: Awaited<ReturnType<typeof live>>;
  beforeAll(async () => {
    life = await live();
  });
  const newest = () => `spread/${life.result.newModelVersion!}`;

  it('tells what led to a version: its run, its data, the report and the retraining that asked for it', async () => {
    expect(life.result.status).toBe('registered');
    const lineage = await traceLineage(life.registry, { kind: 'version', id: newest() }, { direction: 'backwards' });
    expect(ids(lineage, 'report')).toEqual([life.report.reportId]);
    expect(ids(lineage, 'retraining')).toEqual([life.result.retrainingId]);
    expect(ids(lineage, 'run')).toEqual([life.result.runId, life.runId]);
    expect(ids(lineage, 'version')).toEqual([newest(), 'spread/1.0.0']);
    expect(ids(lineage, 'dataset')).toContain(life.digest);
    expect(ids(lineage, 'dataset')).toContain(life.report.inputs.currentDigest);
    expect(ids(lineage, 'decision')).toEqual([]); // nothing that came of it
    expect(lineage.nodes[0]).toMatchObject({ kind: 'version', label: `spread ${life.result.newModelVersion}` });
    expect(lineage.isTruncated).toBe(false);
  });

  it('tells what came of a data set, to the next version and the decisions on canaries', async () => {
    const from = { kind: 'dataset', id: life.digest } as const;
    const lineage = await traceLineage(life.registry, from, { direction: 'forwards' });
    expect(ids(lineage, 'run')).toContain(life.runId);
    expect(ids(lineage, 'version')).toEqual(expect.arrayContaining(['spread/1.0.0', newest()]));
    expect(ids(lineage, 'deployment')).toEqual([life.deploymentId]);
    expect(ids(lineage, 'decision')).toEqual([life.decisionId]);
    expect(ids(lineage, 'report')).toEqual([life.report.reportId]);
  });

  it('says the same in both directions', async () => {
    const all = await traceLineage(life.registry, { kind: 'version', id: 'spread/1.0.0' });
    for (const { cause, effect, relation } of all.edges) {
      const back = await traceLineage(life.registry, effect, { direction: 'backwards', depth: 1 });
      const on = await traceLineage(life.registry, cause, { direction: 'forwards', depth: 1 });
      for (const { edges } of [back, on]) expect(edges).toContainEqual({ cause, effect, relation });
    }
    expect(all.edges.length).toBeGreaterThan(5);
  });

  it('stops where it is told to, and says so', async () => {
    const from = { kind: 'version', id: newest() } as const;
    const near = await traceLineage(life.registry, from, { direction: 'backwards', depth: 1 });
    expect(near.isTruncated).toBe(true);
    expect(ids(near, 'run')).toEqual([life.result.runId]);
    const few = await traceLineage(life.registry, from, { limit: 2 });
    expect([few.nodes.length, few.isTruncated]).toEqual([2, true]);
  });

  it('refuses what is not there or makes no sense', async () => {
    const trace = (from: object, options?: object) => failure(traceLineage(life.registry, from as never, options));
    expect(await trace({ kind: 'version', id: 'spread/9.0.0' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await trace({ kind: 'dataset', id: `sha256:${'0'.repeat(64)}` })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await trace({ kind: 'modell', id: 'x' })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await trace({ kind: 'run', id: '' })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await trace({ kind: 'run', id: life.runId }, { depth: 0 })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await trace({ kind: 'run', id: life.runId }, { way: 'back' })).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
