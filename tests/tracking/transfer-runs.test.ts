import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  AuditLog,
  type ContextOptions,
  ExperimentTracker,
  type JsonObject,
  MLOpsConfig,
  MemoryArtifactStore,
  MemoryStorage,
  type RunStore,
} from '@bondx/mlops';
import { openPostgresStorage } from '@bondx/mlops/postgres';
import { metricStream } from '../../src/tracking/metric.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { PglitePool } from '../adapters/postgres/pglite-pool.js';
import { createWorld, failure } from '../helpers.js';

const child = fileURLToPath(new URL('./children/import-runs.ts', import.meta.url));

/** A tracker over stores of its own, beside others with the same clock and ids. */
function trackerOver(world: ReturnType<typeof createWorld>, store: RunStore) {
  const options: ContextOptions = { ...world.options, ...store };
  return { tracker: new ExperimentTracker(world.config, options), audit: new AuditLog(world.config, options) };
}

const memoryStore = (): RunStore => ({ storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() });

/** A run with everything that a run can have. */
async function makeRun(tracker: ExperimentTracker, runName: string, parentRunId?: string): Promise<string> {
  const parent = parentRunId === undefined ? {} : { parentRunId };
  const runId = await tracker.startRun({ experimentName: 'spreads', runName, tags: { team: 'rates' }, ...parent });
  await tracker.logParameters(runId, { depth: 8, grid: { a: [1, 2] } });
  for (const [step, loss] of [3, NaN, -Infinity, 1].entries()) await tracker.logMetrics(runId, { loss }, { step });
  await tracker.logArtifact(runId, { content: 'the same bytes', name: 'notes/a.txt' });
  await tracker.logDataset(runId, { name: 'panel', digest: 'sha256:00' });
  return runId;
}

async function contentOf(tracker: ExperimentTracker, runId: string) {
  const { artifacts, ...run } = await tracker.getRun(runId);
  const files = [];
  for (const { name } of artifacts) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of tracker.readArtifact(runId, name)) chunks.push(chunk);
    files.push([name, Buffer.concat(chunks).toString('utf8')]);
  }
  const points = Object.keys(run.metrics).map((key) => tracker.getMetricHistory(runId, key));
  return { run, files, points: await Promise.all(points) };
}

describe('runs copied between stores', () => {
  it('keep files that are there already from a collection of garbage that is under way', async () => {
    const world = createWorld({ security: { encryptModelArtifacts: false } });
    const origin = new ExperimentTracker(world.config, world.options);
    const runId = await makeRun(origin, 'first');
    const artifacts = new MemoryArtifactStore();
    const { digest } = await artifacts.put(Buffer.from('the same bytes'));
    const since = Date.now() + 1;
    while (Date.now() < since) await new Promise(setImmediate);
    await origin.exportRuns({ store: { storage: new MemoryStorage(), artifacts } });
    expect((await origin.getRun(runId)).artifacts).toMatchObject([{ digest }]);
    expect(await artifacts.deleteUnlessPutSince(digest, since)).toBe(false);
  });

  it('are the same at the other end, and copying them again changes nothing', async () => {
    const world = createWorld();
    const origin = new ExperimentTracker(world.config, world.options);
    const parent = await makeRun(origin, 'parent');
    const kid = await makeRun(origin, 'child', parent);
    await origin.endRun(kid);
    await origin.endRun(parent, 'failed', 'out of memory');
    const path = await temporaryDirectory();
    const progress: number[] = [];
    const exported = await origin.exportRuns({ path, runIds: [kid], onProgress: (done) => progress.push(done) });
    expect(exported).toEqual({ imported: [parent, kid], updated: [], unchanged: [], refused: [] });
    expect(progress).toEqual([0, 0.5, 1]);
    expect(await origin.exportRuns({ path })).toMatchObject({ imported: [], unchanged: [parent, kid] });

    const { tracker, audit } = trackerOver(world, memoryStore());
    expect(await tracker.importRuns({ path })).toMatchObject({ imported: [parent, kid], refused: [] });
    expect(await tracker.importRuns({ path })).toMatchObject({ imported: [], unchanged: [parent, kid] });
    for (const runId of [parent, kid]) expect(await contentOf(tracker, runId)).toEqual(await contentOf(origin, runId));
    expect(await audit.list({ action: 'tracking.import_run' })).toMatchObject([
      { decision: 'allow', resource: { id: parent }, detail: { status: 'failed', isComplete: true } },
      { decision: 'allow', resource: { id: kid }, detail: { metrics: { loss: { count: 4 } } } },
    ]);
    expect((await tracker.searchRuns({ filter: "min(metrics.loss) < 0 and tags.team = 'rates'" })).runs).toHaveLength(
      2,
    );
  });

  it('are chosen by a filter; a parent that is not there stays as an id', async () => {
    const world = createWorld();
    const origin = new ExperimentTracker(world.config, world.options);
    const parent = await makeRun(origin, 'parent');
    const kid = await makeRun(origin, 'child', parent);
    await makeRun(origin, 'other');
    const store = memoryStore();
    const { tracker } = trackerOver(world, store);
    const chosen = await origin.exportRuns({ store, filter: "run_name = 'child'" });
    expect(chosen.imported).toEqual([parent, kid]);
    await store.storage.commit([{ kind: 'delete', collection: 'runs', id: parent, expect: 'any' }]);
    const next = memoryStore();
    expect((await tracker.exportRuns({ store: next })).imported).toEqual([kid]);
    expect((await trackerOver(world, next).tracker.getRun(kid)).parentRunId).toBe(parent);
  });

  it('grow along, point by point, and are not killed where nobody gives signs of life for them', async () => {
    const world = createWorld();
    const origin = new ExperimentTracker(world.config, world.options);
    const runId = await makeRun(origin, 'service');
    const reads: [string, number | undefined][] = [];
    const storage = new MemoryStorage();
    const store = { storage, artifacts: new MemoryArtifactStore() };
    const { tracker } = trackerOver(world, store);
    await origin.exportRuns({ store });
    world.clock.advance(30_000);
    await origin.logMetrics(runId, { loss: 0.5, mae: 2 }, { step: 4 });
    await origin.logParameters(runId, { seed: 7 });
    await origin.setTags(runId, { team: 'credit' });
    await origin.logArtifact(runId, { content: 'more', name: 'b.txt' });
    const watched = Object.assign(Object.create(world.storage) as MemoryStorage, {
      get: world.storage.get.bind(world.storage),
      query: world.storage.query.bind(world.storage),
      commit: world.storage.commit.bind(world.storage),
      read: (stream: string, range?: { from?: number }) => {
        reads.push([stream, range?.from]);
        return world.storage.read(stream, range);
      },
    });
    const synced = await tracker.importRuns({ store: { storage: watched, artifacts: world.artifacts } });
    expect(synced).toMatchObject({ updated: [runId], refused: [] });
    expect(new Set(reads.filter(([stream]) => stream === metricStream(runId, 'loss')).map(([, from]) => from))).toEqual(
      new Set([4]), // the four points that were there are not read again
    );
    expect(await contentOf(tracker, runId)).toEqual(await contentOf(origin, runId));

    // The archive of an earlier moment is behind what is there: nothing to do, in either direction.
    await origin.logMetrics(runId, { loss: 0.4 }, { step: 5 });
    expect(await origin.importRuns({ store })).toMatchObject({ unchanged: [runId], refused: [] });

    world.clock.advance(10_000_000);
    expect((await tracker.listRuns()).runs.map(({ status }) => status)).toEqual(['running']);
    expect((await origin.listRuns()).runs.map(({ status }) => status)).toEqual(['killed']);
    await tracker.importRuns({ store: { storage: world.storage, artifacts: world.artifacts } });
    expect((await tracker.getRun(runId)).status).toBe('killed');
    await origin.resumeRun(runId);
    await origin.endRun(runId);
    await tracker.importRuns({ store: { storage: world.storage, artifacts: world.artifacts } });
    expect(await contentOf(tracker, runId)).toEqual(await contentOf(origin, runId));
    await origin.close();
  });

  it('are refused when they are not states of one run, by name, and the others are copied', async () => {
    const world = createWorld();
    const origin = new ExperimentTracker(world.config, world.options);
    const runIds = [];
    for (const name of ['parameter', 'points', 'ended', 'fine']) runIds.push(await makeRun(origin, name));
    const [parameter, points, ended] = runIds as [string, string, string, string];
    const store = memoryStore();
    await origin.exportRuns({ store });
    const { tracker, audit } = trackerOver(world, store);
    await tracker.logParameters(parameter, { seed: 1 });
    await origin.logBatch(parameter, { parameters: { seed: 2 }, metrics: [{ key: 'mae', value: 1 }] });
    await origin.logParameters(parameter, { late: true });
    await tracker.logMetrics(points, { loss: 8 });
    await origin.logMetrics(points, { loss: 9 });
    await origin.logMetrics(points, { loss: 10 });
    await tracker.endRun(ended, 'aborted');
    await origin.endRun(ended, 'completed');
    await makeRun(origin, 'new');
    const result = await origin.exportRuns({ store });
    expect(result.refused.map(({ runId, code }) => [runId, code])).toEqual([
      [parameter, 'CONFLICT'],
      [points, 'CONFLICT'],
      [ended, 'CONFLICT'],
    ]);
    expect(result.refused.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('differs in parameter seed'),
      expect.stringContaining('differs in the points of loss'),
      expect.stringContaining('differs in status'),
    ]);
    expect(result.imported).toHaveLength(1);
    expect((await tracker.getMetricHistory(points, 'loss')).map(({ value }) => value)).toEqual([
      3,
      NaN,
      -Infinity,
      1,
      8,
    ]);
    expect(
      (await audit.list()).filter(({ decision }) => decision === 'deny').map(({ resource }) => resource.id),
    ).toEqual([parameter, points, ended]);
  });

  it('are refused when points or files are not what the run says', async () => {
    const world = createWorld();
    const origin = new ExperimentTracker(world.config, world.options);
    const altered = await makeRun(origin, 'altered');
    const cut = await makeRun(origin, 'cut');
    const pointless = await makeRun(origin, 'pointless');
    const damaged = await makeRun(origin, 'damaged');
    await origin.logArtifact(damaged, { content: 'lost bytes', name: 'lost' });
    const source = world.storage;
    for (const [id, change] of Object.entries({
      escaping: { artifacts: [{ name: '../../etc/passwd', digest: `sha256:${'0'.repeat(64)}`, size: 1 }] },
      strange: { status: 'resting' },
    })) {
      const { value } = (await source.get('runs', damaged))!;
      const copy = { ...(value as JsonObject), runId: id, ...change };
      await source.commit([
        { kind: 'put', collection: 'runs', id, value: copy, index: { startedAt: 2e12 }, expect: 'absent' },
      ]);
    }
    const read: MemoryStorage['read'] = async (stream, range) => {
      const page = await source.read(stream, range);
      if (stream === metricStream(cut, 'loss')) return { ...page, entries: page.entries.slice(0, -1) };
      const none = [true, ['0', 0, 1], [0, 0]];
      if (stream === metricStream(pointless, 'loss'))
        return { ...page, entries: page.entries.map(({ seq }) => ({ seq, value: none[seq % 3]! })) };
      if (stream !== metricStream(altered, 'loss')) return page;
      return { ...page, entries: page.entries.map(({ seq }) => ({ seq, value: [seq, world.clock.now(), 7] })) };
    };
    const storage = Object.assign(Object.create(source) as MemoryStorage, {
      read,
      get: source.get.bind(source),
      query: source.query.bind(source),
    });
    const lost = (await origin.getRun(damaged)).artifacts.find(({ name }) => name === 'lost')!;
    await world.artifacts.delete(lost.digest);
    const to = memoryStore();
    const { tracker } = trackerOver(world, to);
    const result = await tracker.importRuns({ store: { storage, artifacts: world.artifacts } });
    expect(result.refused.map(({ runId, code }) => [runId, code])).toEqual([
      [altered, 'CORRUPT'],
      [cut, 'CORRUPT'],
      [pointless, 'CORRUPT'],
      [damaged, 'NOT_FOUND'],
      ['escaping', 'INVALID_INPUT'],
      ['strange', 'CORRUPT'],
    ]);
    expect((await tracker.listRuns()).runs).toEqual([]);
  });

  it('may have more points than a commit; in between, it is a state of the run', async () => {
    const world = createWorld();
    const origin = new ExperimentTracker(world.config, world.options);
    const runId = await origin.startRun({ experimentName: 'long', heartbeat: false });
    for (const key of ['a', 'b', 'c']) {
      const metrics = Array.from({ length: 25_000 }, (_, step) => ({ key, value: Math.sin(step), step }));
      await origin.logBatch(runId, { metrics });
    }
    await origin.endRun(runId);
    const to = memoryStore();
    const stop = new AbortController();
    const stopping = Object.assign(Object.create(to.storage) as MemoryStorage, {
      get: to.storage.get.bind(to.storage),
      read: to.storage.read.bind(to.storage),
      commit: async (...args: Parameters<MemoryStorage['commit']>) => {
        const versions = await to.storage.commit(...args);
        stop.abort();
        return versions;
      },
    });
    const store = { ...to, storage: stopping };
    expect(await failure(origin.exportRuns({ store, signal: stop.signal }))).toMatchObject({ code: 'ABORTED' });
    const { tracker, audit } = trackerOver(world, to);
    const { status, metrics } = await tracker.getRun(runId);
    expect([status, metrics['a']?.count, metrics['b']?.count, metrics['c']]).toEqual([
      'running',
      25_000,
      25_000,
      undefined,
    ]);
    expect(await origin.exportRuns({ store: to })).toMatchObject({ updated: [runId] });
    expect(await tracker.getRun(runId)).toEqual(await origin.getRun(runId));
    expect((await audit.list({ action: 'tracking.import_run' })).map(({ detail }) => detail!['isComplete'])).toEqual([
      false,
      true,
    ]);
  });

  it('go from memory to PostgreSQL', async () => {
    const world = createWorld();
    const origin = new ExperimentTracker(world.config, world.options);
    const runId = await makeRun(origin, 'one');
    const pool = await PglitePool.create();
    const storage = await openPostgresStorage(pool, { durability: 'process' });
    const store = { storage, artifacts: new MemoryArtifactStore() };
    expect(await origin.exportRuns({ store })).toMatchObject({ imported: [runId] });
    expect(await contentOf(trackerOver(world, store).tracker, runId)).toEqual(await contentOf(origin, runId));
    await storage.close();
    await pool.end();
  }, 120_000);

  it('need an archive, and say so before anything is written', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const path = join(await temporaryDirectory(), 'none');
    const store = memoryStore();
    expect(await failure(tracker.importRuns({ path }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(tracker.exportRuns({ path, runIds: ['none'] }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(tracker.exportRuns({ path, filter: 'a <' }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(existsSync(path)).toBe(false);
    for (const content of ['', 'x']) {
      const folder = await temporaryDirectory();
      writeFileSync(join(folder, 'bondx-mlops.db'), content);
      expect(await failure(tracker.importRuns({ path: folder }))).toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(await failure(tracker.importRuns({ path, store }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failure(tracker.exportRuns({ store, runIds: ['none'] }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(tracker.exportRuns({ store, runIds: [], filter: '' }))).toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(await failure(tracker.exportRuns({ store, typo: 1 } as never))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failure(tracker.exportRuns({ store, filter: 'metrics.a <' }))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('an import that is killed', () => {
  const open = (folder: string) => {
    const config = MLOpsConfig.fromObject({ storage: { path: folder, artifactsPath: `${folder}/artifacts` } });
    return { tracker: new ExperimentTracker(config), audit: new AuditLog(config) };
  };

  it('and run again leaves what an undisturbed one does', async () => {
    const world = createWorld();
    const origin = new ExperimentTracker(world.config, world.options);
    const archive = await temporaryDirectory();
    for (let i = 0; i < 40; i++) {
      const runId = await makeRun(origin, `run ${i}`);
      await origin.logArtifact(runId, { content: `only of ${i}`, name: 'own' });
      await origin.endRun(runId);
    }
    await origin.exportRuns({ path: archive });

    const [killed, undisturbed] = [await temporaryDirectory(), await temporaryDirectory()];
    for (const runs of [5, 15]) {
      const importer = spawn(process.execPath, ['--import', 'tsx', child, archive, killed], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let seen = 0;
      importer.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.toString().split('\n').length - 1;
        if (seen >= runs) importer.kill('SIGKILL');
      });
      await once(importer, 'close');
      expect(importer.signalCode).toBe('SIGKILL');
    }
    const before = open(killed);
    const found = (await before.tracker.listRuns()).runs.length;
    expect(found).toBeGreaterThan(5);
    expect(found).toBeLessThan(40);
    const rest = await before.tracker.importRuns({ path: archive });
    expect(rest).toMatchObject({ updated: [], refused: [] });
    expect(rest.unchanged).toHaveLength(found);
    const after = open(undisturbed);
    await after.tracker.importRuns({ path: archive });
    const runs = async (tracker: ExperimentTracker) => {
      const page = await tracker.listRuns();
      return Promise.all(page.runs.map(({ runId }) => contentOf(tracker, runId)));
    };
    expect(await runs(before.tracker)).toEqual(await runs(after.tracker));
    const [disturbedTrail, trail] = [await before.audit.list(), await after.audit.list()];
    expect(disturbedTrail.map(({ action, resource, detail }) => [action, resource, detail])).toEqual(
      trail.map(({ action, resource, detail }) => [action, resource, detail]),
    );
    expect(await before.audit.verify()).toMatchObject({ status: 'ok', records: 40 });
    for (const { tracker, audit } of [before, after]) {
      await tracker.close();
      await audit.close();
    }
  }, 60_000);
});
