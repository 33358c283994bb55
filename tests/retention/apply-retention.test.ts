import { expect, it } from 'vitest';
import { AuditLog, DriftMonitor, ExperimentTracker, ModelRegistry, applyRetention } from '@bondx/mlops';
import { metricStream } from '../../src/tracking/metric.js';
import { createWorld, failure } from '../helpers.js';

const dayMs = 86_400_000;

function createStore(policy: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(policy);
  const { config, options } = world;
  const tracker = new ExperimentTracker(config, options);
  const registry = new ModelRegistry(config, options);
  const monitor = new DriftMonitor(config, options);
  const audit = new AuditLog(config, options);
  const deletedRun = async (parentRunId?: string): Promise<string> => {
    const parent = parentRunId === undefined ? {} : { parentRunId };
    const runId = await tracker.startRun({ experimentName: 'e', heartbeat: false, ...parent });
    await tracker.logMetrics(runId, { loss: 1, mae: 2 });
    await tracker.endRun(runId);
    return runId;
  };
  return { ...world, tracker, registry, monitor, audit, deletedRun };
}

const register = (registry: ModelRegistry, runId: string) =>
  registry.register({
    modelName: 'spread',
    modelType: 'spread',
    featureColumns: ['x'],
    runId,
    modelFiles: [{ path: 'model.json', bytes: Buffer.from('{"kind":"constant","value":1}\n') }],
  });

it('a deleted run goes with its points when its days are over, and the audit record keeps counts and digests', async () => {
  const { config, options, clock, storage, tracker, audit, deletedRun } = createStore();
  const [old, recent, active] = [await deletedRun(), await deletedRun(), await deletedRun()];
  await tracker.deleteRun(old);
  clock.advance(20 * dayMs);
  await tracker.deleteRun(recent);
  clock.advance(11 * dayMs);

  expect(await applyRetention(config, { ...options, dryRun: true })).toMatchObject({ runs: [old] });
  expect((await storage.read(metricStream(old, 'loss'))).length).toBe(1);
  expect(await applyRetention(config, options)).toMatchObject({ runs: [old], reports: [], backups: [] });
  expect(await failure(tracker.getRun(old))).toMatchObject({ code: 'NOT_FOUND' });
  for (const key of ['loss', 'mae']) expect((await storage.read(metricStream(old, key))).length).toBe(0);
  for (const runId of [recent, active]) expect(await tracker.getMetricHistory(runId, 'loss')).toHaveLength(1);

  const [record] = await audit.list({ action: 'retention.purge_run' });
  expect(record).toMatchObject({
    decision: 'allow',
    resource: { id: old },
    detail: { metrics: { loss: { count: 1 } } },
  });
  expect((await audit.verify()).status).toBe('ok');
});

it('a run that a registered version names stays, and so do the runs above one that stays', async () => {
  const { config, options, clock, tracker, registry, deletedRun } = createStore();
  const parent = await deletedRun();
  const child = await deletedRun(parent);
  const { version } = await register(registry, child);
  for (const runId of [parent, child]) await tracker.deleteRun(runId);
  clock.advance(400 * dayMs);
  expect(await applyRetention(config, options)).toMatchObject({ runs: [] });

  await registry.deleteModelVersion({ modelName: 'spread', version });
  const { runs } = await applyRetention(config, options);
  expect([...runs].sort()).toEqual([parent, child].sort());
});

it('a run that is deleted cannot be registered from, so that none is purged while a version comes to name it', async () => {
  const { tracker, registry, deletedRun } = createStore();
  const runId = await deletedRun();
  await tracker.deleteRun(runId);
  expect(await failure(register(registry, runId))).toMatchObject({ code: 'ILLEGAL_STATE' });
  await tracker.restoreRun(runId);
  await register(registry, runId);
});

const check = (monitor: DriftMonitor) =>
  monitor.detectDrift({
    modelName: 'spread',
    featureColumns: ['x'],
    baselineData: { x: [1, 2, 3, 4, 5] },
    currentData: { x: [1, 2, 3, 4, 5] },
  });

it.each<{ frameworks: ('Basel III' | 'MiFID II')[]; days: number; after: number; gone: boolean }>([
  { frameworks: ['Basel III'], days: 30, after: 40, gone: true },
  { frameworks: ['MiFID II'], days: 30, after: 40, gone: false }, // the law asks for five years
  { frameworks: ['MiFID II'], days: 30, after: 1_830, gone: true },
  { frameworks: ['MiFID II'], days: 4_000, after: 1_830, gone: false }, // the policy asks for more
])('drift reports go after the longer of $days days and what $frameworks asks for', async (given) => {
  const { config, options, clock, monitor } = createStore({
    retention: { driftReportsDays: given.days },
    security: { regulatoryFrameworks: given.frameworks },
  });
  const { reportId } = await check(monitor);
  clock.advance(given.after * dayMs);
  expect((await applyRetention(config, options)).reports).toEqual(given.gone ? [reportId] : []);
  expect((await monitor.listReports()).reports).toHaveLength(given.gone ? 0 : 1);
});

it('retention that runs twice at once removes what is old once, and says so once', async () => {
  const { config, options, clock, monitor, audit, tracker, deletedRun } = createStore();
  for (let i = 0; i < 3; i++) await check(monitor);
  const runId = await deletedRun();
  await tracker.deleteRun(runId);
  const ids = (await monitor.listReports()).reports.map(({ reportId }) => reportId);
  clock.advance(4_000 * dayMs);
  const results = await Promise.all([applyRetention(config, options), applyRetention(config, options)]);
  expect(results.flatMap(({ reports }) => reports).sort()).toEqual([...ids].sort());
  const records = await audit.list({ action: 'retention.purge_reports' });
  expect(records.filter(({ decision }) => decision === 'allow')).toHaveLength(1);
  const ofRuns = await audit.list({ action: 'retention.purge_run' });
  expect(ofRuns.map(({ reason }) => reason).sort()).toEqual(['somebody else has removed it', undefined]);
});
