import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  Alerts,
  DriftMonitor,
  MLOpsConfig,
  ModelRegistry,
  backupStore,
  checkHealth,
  type HealthReport,
  type Storage,
  trainModel,
} from '@bondx/mlops';
import { createWorld, smallRows } from '../helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'health-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const statusOf = (report: HealthReport, name: string) => report.checks.find((check) => check.name === name)?.status;
const reasonOf = (report: HealthReport, name: string) => report.checks.find((check) => check.name === name)?.reason;

describe('health', () => {
  it('is good for an empty store, and says what there was nothing to check of', async () => {
    const { config, options } = createWorld();
    const report = await checkHealth(config, options);
    expect(report.status).toBe('healthy');
    expect(report.checks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'storage healthy',
      'artifacts healthy',
      'production_models skipped',
      'drift_freshness skipped',
      'canaries skipped',
      'audit_chain healthy',
      'disk skipped',
      'clock skipped',
      'backups skipped',
    ]);
    expect(report.checks.every(({ durationMs, reason }) => durationMs >= 0 && reason !== '')).toBe(true);
  });

  it('looks at nothing to be live, and at what serving takes to be ready', async () => {
    const { config, options } = createWorld();
    expect(await checkHealth(config, { ...options, probe: 'live' })).toMatchObject({ status: 'healthy', checks: [] });
    const { checks } = await checkHealth(config, { ...options, probe: 'ready' });
    expect(checks.map(({ name }) => name)).toEqual(['storage', 'artifacts', 'production_models']);
  });

  it('writes one record however often it is asked, and notices one that is not read back', async () => {
    const { config, options, storage } = createWorld();
    const reports = await Promise.all(Array.from({ length: 5 }, () => checkHealth(config, options)));
    expect(reports.map((report) => statusOf(report, 'storage'))).toEqual(reports.map(() => 'healthy'));
    expect((await storage.query('health_probes', {})).records).toHaveLength(1);
    const old = await storage.get('health_probes', 'probe');
    const stale = Object.assign(Object.create(storage) as Storage, {
      get: (collection: string, id: string) =>
        collection === 'health_probes' ? Promise.resolve(old) : storage.get(collection, id),
      commit: storage.commit.bind(storage),
      read: storage.read.bind(storage),
      query: storage.query.bind(storage),
    });
    const report = await checkHealth(config, { ...options, storage: stale });
    expect(reasonOf(report, 'storage')).toBe('what was written is not what is read');
  });

  it('is bad when the store fails or does not answer, and one check never fails another', async () => {
    const { config, options, storage } = createWorld();
    const commit = (): Promise<never> => Promise.reject(new Error('disk full'));
    const broken = Object.assign(Object.create(storage) as Storage, {
      commit,
      get: storage.get.bind(storage),
      read: storage.read.bind(storage),
      query: () => new Promise<never>(() => undefined),
    });
    const report = await checkHealth(config, { ...options, storage: broken, timeoutMs: 1_000 });
    expect(report.status).toBe('unhealthy');
    expect(reasonOf(report, 'storage')).toBe('disk full');
    expect(reasonOf(report, 'production_models')).toBe('no answer within 1000 ms');
    expect(statusOf(report, 'canaries')).toBe('degraded');
    expect(statusOf(report, 'artifacts')).toBe('healthy');
    expect(statusOf(report, 'audit_chain')).toBe('healthy');
  });

  it('finds a production model whose bytes are not those that were registered', async () => {
    const { config, options, storage, artifacts } = createWorld();
    const registry = new ModelRegistry(config, options);
    await produce(registry, config);
    expect(statusOf(await checkHealth(config, options), 'production_models')).toBe('healthy');
    for await (const { digest } of artifacts.list()) await artifacts.delete(digest);
    const report = await checkHealth(config, { ...options, storage });
    expect(report.status).toBe('unhealthy');
    expect(reasonOf(report, 'production_models')).toContain('spread 1.0.0');
  });

  it('finds drift that was not looked at, an altered audit record, and a clock that is behind', async () => {
    const { config, options, clock, storage } = createWorld();
    const registry = new ModelRegistry(config, options);
    await produce(registry, config);
    expect(statusOf(await checkHealth(config, options), 'drift_freshness')).toBe('degraded');
    const rows = smallRows(160);
    const check = { modelName: 'spread', baselineData: rows, featureColumns: ['x'] };
    const monitor = new DriftMonitor(config, options);
    const { verdict } = await monitor.detectDrift({ ...check, currentData: [] });
    expect(verdict).toBe('not_assessed'); // nothing was looked at
    expect(statusOf(await checkHealth(config, options), 'drift_freshness')).toBe('degraded');
    await monitor.detectDrift({ ...check, currentData: rows });
    expect(statusOf(await checkHealth(config, options), 'drift_freshness')).toBe('healthy');
    clock.advance(25.2 * 3_600_000); // a check each day at the same time, on the day on which summer time ends
    expect(statusOf(await checkHealth(config, options), 'drift_freshness')).toBe('healthy');
    clock.advance(3_600_000);
    expect(statusOf(await checkHealth(config, options), 'drift_freshness')).toBe('degraded');

    clock.advance(-27.2 * 3_600_000);
    expect(statusOf(await checkHealth(config, options), 'clock')).toBe('unhealthy');
    clock.advance(-300 * 24 * 3_600_000); // no report of the future counts as a check
    expect(statusOf(await checkHealth(config, options), 'drift_freshness')).toBe('degraded');
    clock.advance(300 * 24 * 3_600_000);
    clock.advance(27.2 * 3_600_000);
    expect(statusOf(await checkHealth(config, options), 'clock')).toBe('healthy');

    const read: Storage['read'] = async (stream, range) => {
      const page = await storage.read(stream, range);
      const entries = page.entries.map((entry) =>
        entry.seq === 1 ? { ...entry, value: { ...(entry.value as object), action: 'forged' } } : entry,
      );
      return { ...page, entries };
    };
    const forged = Object.assign(Object.create(storage) as Storage, {
      read,
      get: storage.get.bind(storage),
      query: storage.query.bind(storage),
      commit: storage.commit.bind(storage),
    });
    for (const fullAudit of [false, true]) {
      const report = await checkHealth(config, { ...options, storage: forged, fullAudit });
      expect(statusOf(report, 'audit_chain')).toBe('unhealthy');
    }
  });

  it('of a folder tells the room on its disk and the age of its backups', async () => {
    const config = MLOpsConfig.fromObject({}, { environment: {}, baseDirectory: join(folder, 'store') });
    const before = await checkHealth(config);
    expect(statusOf(before, 'backups')).toBe('degraded');
    expect(before.checks.find(({ name }) => name === 'disk')!.detail['freeMiB']).toBeGreaterThan(0);
    await using registry = new ModelRegistry(config);
    await registry.listModels();
    await backupStore(config);
    expect(statusOf(await checkHealth(config), 'backups')).toBe('healthy');
  });

  it('of a store that cannot be opened is bad, not an error', async () => {
    const path = join(folder, 'a-file');
    writeFileSync(path, 'not a folder');
    const config = MLOpsConfig.fromObject({ dataStoragePath: path }, { environment: {}, baseDirectory: folder });
    const report = await checkHealth(config);
    expect(report.status).toBe('unhealthy');
    expect(statusOf(report, 'storage')).toBe('unhealthy');
    expect(readdirSync(folder)).toContain('a-file');
  });

  it('raises an alert when it is bad and lets it recover', async () => {
    const { config, options, clock } = createWorld();
    const registry = new ModelRegistry(config, options);
    await produce(registry, config);
    const alerts = new Alerts(config, options);
    const { events } = await alerts.runDueChecks();
    expect(events).toMatchObject([{ notice: 'raised', alert: { key: 'health', severity: 'warning' } }]);
    clock.advance(30 * 60_000);
    const rows = smallRows(160);
    await new DriftMonitor(config, options).detectDrift({
      modelName: 'spread',
      baselineData: rows,
      currentData: rows,
      featureColumns: ['x'],
    });
    expect((await alerts.runDueChecks()).events).toContainEqual(expect.objectContaining({ notice: 'recovered' }));
  });
});

/** Registers a small model and makes it production. */
async function produce(registry: ModelRegistry, config: MLOpsConfig): Promise<void> {
  const { model } = await trainModel(config, { modelType: 'spread', data: smallRows(160) });
  const modelPath = join(folder, 'model.json');
  writeFileSync(modelPath, JSON.stringify(model.toJSON()));
  const { version } = await registry.register({
    modelName: 'spread',
    modelType: 'spread',
    modelPath,
    performanceMetrics: { mae: 1, r2_score: 0.9 },
    featureColumns: ['x', 'kind'],
    targetColumn: 'y',
  });
  for (const targetStage of ['staging', 'production'] as const) {
    await registry.promoteModel({ modelName: 'spread', version, targetStage });
  }
}
