import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AuditLog, ExperimentTracker, MLOpsConfig, MLOpsError } from '@bondx/mlops';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { createWorld, failure } from '../helpers.js';

const child = fileURLToPath(new URL('./children/log-until-killed.ts', import.meta.url));

describe('a run whose process dies', () => {
  it('is killed within its lease, keeps every acknowledged point, and can be continued', async () => {
    const folder = await temporaryDirectory();
    const writer = spawn(process.execPath, ['--import', 'tsx', child, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    for await (const chunk of writer.stdout) {
      lines.push(...String(chunk).trim().split('\n'));
      if (lines.length > 30 && !writer.killed) writer.kill('SIGKILL');
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    const diedAt = Date.now();
    const [runId, ...steps] = lines as [string, ...string[]];
    const config = MLOpsConfig.fromObject({
      storage: { path: folder, artifactsPath: `${folder}/artifacts` },
      tracking: { heartbeatIntervalSeconds: 0.2, runLeaseSeconds: 1 },
    });
    await using tracker = new ExperimentTracker(config);
    while ((await tracker.getRun(runId)).status === 'running') await delay(20); // until it is noticed: what is tested
    expect(Date.now() - diedAt).toBeLessThan(15_000); // lease 1 s, readers look once a second
    const run = await tracker.getRun(runId);
    expect(run).toMatchObject({ status: 'killed', experimentName: 'killed' });
    expect(run.error).toContain('no sign of life');
    const acknowledged = Number(steps.at(-1));
    const points = await tracker.getMetricHistory(runId, 'loss');
    expect(points.length).toBeGreaterThan(acknowledged);
    expect(points.map(({ step }) => step)).toEqual(points.map((_, i) => i));
    const [killed] = await new AuditLog(config).list({ action: 'tracking.kill_run' });
    expect(killed).toMatchObject({ actor: { id: 'bondx-mlops', type: 'service' }, resource: { id: runId } });

    await tracker.resumeRun(runId);
    await tracker.logMetrics(runId, { loss: 0 }, { step: run.metrics['loss']!.lastStep + 1 });
    await tracker.endRun(runId);
    const ended = await tracker.getRun(runId);
    expect(ended).toMatchObject({ status: 'completed', metrics: { loss: { count: points.length + 1 } } });
    expect(ended.error).toBeUndefined();
  }, 30_000);
});

describe('the life of a run', () => {
  const lease = 60_000;

  it('ends by silence, seen by any reader, and not while heartbeats come', async () => {
    const { config, options, clock } = createWorld();
    const owner = new ExperimentTracker(config, options);
    const reader = new ExperimentTracker(config, options);
    const runId = await owner.startRun({ experimentName: 'e' });
    clock.advance(lease);
    expect((await reader.listRuns({ status: 'running' })).runs).toHaveLength(1);
    clock.advance(1_001);
    expect((await reader.listRuns({ status: 'running' })).runs).toEqual([]);
    expect(await reader.getRun(runId)).toMatchObject({ status: 'killed', endedAt: '2026-01-01T00:01:00.000Z' });
    expect(await failure(owner.logMetrics(runId, { a: 1 }))).toMatchObject({ code: 'ILLEGAL_STATE' });
    await owner.close();
  });

  it('is not watched when several processes take turns at it', async () => {
    const { config, options, clock } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e', heartbeat: false });
    clock.advance(10 * lease);
    expect((await tracker.getRun(runId)).status).toBe('running');
  });

  it('goes on only from states that allow it', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    expect((await failure(tracker.resumeRun(runId))).message).toContain('is under way');
    expect((await failure(tracker.deleteRun(runId))).message).toContain('end it before');
    await tracker.endRun(runId, 'failed', 'out of memory');
    await tracker.resumeRun(runId);
    await tracker.endRun(runId, 'completed');
    expect((await failure(tracker.resumeRun(runId))).message).toContain('was completed');
  });

  it('can be left to withRun, which ends it as what became of the work', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    expect(
      await tracker.withRun({ experimentName: 'e', runName: 'good' }, async (run) => {
        await run.logParameters({ depth: 3 });
        await run.logMetrics({ mae: 1 });
        return run.runId.length > 0;
      }),
    ).toBe(true);
    const boom = tracker.withRun({ experimentName: 'e', runName: 'bad' }, () => Promise.reject(new Error('boom')));
    expect((await failure(boom)).message).toBe('boom');
    const stop = new AbortController();
    const stopped = tracker.withRun({ experimentName: 'e', runName: 'stopped', signal: stop.signal }, async () => {
      stop.abort();
      throw new MLOpsError('ABORTED', 'enough');
    });
    expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });
    const { runs } = await tracker.listRuns();
    expect(Object.fromEntries(runs.map(({ runName, status, error }) => [runName, [status, error]]))).toEqual({
      good: ['completed', undefined],
      bad: ['failed', 'Error: boom'],
      stopped: ['aborted', 'MLOpsError: enough'],
    });
  });

  it('says with a code that withRun could not end it', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const commit = options.storage!.commit.bind(options.storage);
    const work = tracker.withRun({ experimentName: 'e' }, () => {
      options.storage!.commit = () => Promise.reject(new MLOpsError('STORAGE_FULL', 'the disk is full'));
      return Promise.reject(new Error('boom'));
    });
    const error = await failure(work);
    options.storage!.commit = commit;
    expect(error).toMatchObject({ code: 'STORAGE_FULL', cause: { message: 'boom' } });
    expect(error.message).toBe('the run failed (Error: boom), and so did ending it: MLOpsError: the disk is full');
  });

  it.each([
    ['half a character', new Error('cut \ud83d'), 'Error: cut \ufffd'],
    ['what is no text', Object.create(null) as object, '[object Object]'],
    ['more than a record holds', 'x'.repeat(17 * 1024 * 1024), 'x'.repeat(10_000)],
  ])('ends when the work throws %s', async (_what, thrown, error) => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- people throw anything
    const work = tracker.withRun({ experimentName: 'e' }, () => Promise.reject(thrown));
    expect(await failure(work)).toBe(thrown);
    const { runs } = await tracker.listRuns();
    expect(runs).toMatchObject([{ status: 'failed', error }]);
    const runId = await tracker.startRun({ experimentName: 'e' });
    expect(await failure(tracker.endRun(runId, 'failed', new Error('no text') as never))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('is hidden when deleted, and comes back', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.endRun(runId);
    await tracker.deleteRun(runId);
    expect((await tracker.listRuns()).runs).toEqual([]);
    expect((await tracker.searchRuns({ view: 'deleted' })).runs.map((run) => run.runId)).toEqual([runId]);
    expect((await tracker.getRun(runId)).deletedAt).toBe('2026-01-01T00:00:00.000Z');
    await tracker.restoreRun(runId);
    expect((await tracker.listRuns()).runs.map((run) => run.runId)).toEqual([runId]);
  });
});

describe('what a run holds', () => {
  it('is written in batches, all or nothing', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const loss = [3, NaN, 1, 2].map((value, step) => ({ key: 'loss', value, step }));
    await tracker.logBatch(runId, {
      metrics: [...loss, { key: 'mae', value: 5 }],
      parameters: { depth: 3 },
      tags: { a: 'b' },
    });
    const before = await tracker.getRun(runId);
    expect(before.metrics['loss']).toMatchObject({
      count: 4,
      last: 2,
      lastStep: 3,
      min: 1,
      minStep: 2,
      max: 3,
      maxStep: 0,
    });
    const refused = tracker.logBatch(runId, { metrics: loss, parameters: { depth: 4 }, tags: { c: 'd' } });
    expect(await failure(refused)).toMatchObject({ code: 'ALREADY_EXISTS' });
    const malformed = tracker.logBatch(runId, { metrics: [...loss, { key: '__proto__', value: 1 }] });
    expect(await failure(malformed)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await tracker.getRun(runId)).toEqual(before);
    expect(await tracker.getMetricHistory(runId, 'loss')).toHaveLength(4);
  });

  it('sums up in batches as it does point by point', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const values = [3, NaN, -Infinity, 1, 1];
    const [one, many] = [
      await tracker.startRun({ experimentName: 'e' }),
      await tracker.startRun({ experimentName: 'e' }),
    ];
    for (const [step, loss] of values.entries()) await tracker.logMetrics(one, { loss }, { step });
    await tracker.logBatch(many, { metrics: values.map((value, step) => ({ key: 'loss', value, step })) });
    expect((await tracker.getRun(many)).metrics).toEqual((await tracker.getRun(one)).metrics);
  });

  it('is a tree of artifacts of every kind, downloaded only when verified', async () => {
    const { config, options, artifacts } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    async function* bytes() {
      yield Buffer.from('ab');
      yield Buffer.from('c');
    }
    await tracker.logArtifact(runId, { content: bytes(), name: 'raw/stream.bin' });
    await tracker.logArtifact(runId, { json: { mark: 'line' }, name: 'figures/loss.vl.json' });
    const table = [
      { name: 'a,"b"', spread: -1.5, note: '=cmd()' },
      { name: 'c', spread: null, note: 'x' },
    ];
    await tracker.logArtifact(runId, { table, name: 'raw/table.csv' });
    expect(await tracker.listArtifacts(runId)).toEqual([
      { path: 'figures', isFolder: true, size: 21 },
      { path: 'raw', isFolder: true, size: expect.any(Number) as number },
    ]);
    expect((await tracker.listArtifacts(runId, 'raw')).map(({ path }) => path)).toEqual([
      'raw/stream.bin',
      'raw/table.csv',
    ]);
    const folder = await temporaryDirectory();
    await tracker.downloadArtifact(runId, 'raw/table.csv', `${folder}/out/table.csv`);
    const { readFileSync, existsSync } = await import('node:fs');
    expect(readFileSync(`${folder}/out/table.csv`, 'utf8')).toBe(`name,spread,note\n"a,""b""",-1.5,'=cmd()\nc,,x\n`);
    expect((await failure(tracker.downloadArtifact(runId, 'raw/tabel.csv', `${folder}/x`))).message).toContain(
      'did you mean raw/table.csv?',
    );
    const digest = (await tracker.getRun(runId)).artifacts.find(({ name }) => name === 'raw/stream.bin')!.digest;
    await artifacts.delete(digest);
    await failure(tracker.downloadArtifact(runId, 'raw/stream.bin', `${folder}/stream.bin`));
    expect(existsSync(`${folder}/stream.bin`) || existsSync(`${folder}/stream.bin.partial`)).toBe(false);
    expect((await failure(tracker.logArtifact(runId, { json: 1, table, name: 'x' }))).message).toContain(
      'exactly one of',
    );
  });

  it('says what it worked on', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const data = [
      { x: 1, kind: 'NOTE' },
      { x: 2, kind: 'BOND' },
    ];
    await tracker.logDataset(runId, { name: 'panel', data, source: 'bonds.csv' });
    await tracker.logDataset(runId, { name: 'panel', data: data.slice(1), role: 'test' });
    await tracker.logDataset(runId, { name: 'curve', digest: 'sha256:00', role: 'test' });
    await tracker.setNote(runId, 'first try');
    const run = await tracker.getRun(runId);
    expect(run.note).toBe('first try');
    expect(run.datasets.map(({ name, role, rowCount }) => [name, role, rowCount])).toEqual([
      ['panel', 'training', 2],
      ['panel', 'test', 1],
      ['curve', 'test', undefined],
    ]);
    expect(run.datasets[0]).toMatchObject({ schema: { x: 'numeric', kind: 'categorical' }, source: 'bonds.csv' });
    expect(await failure(tracker.logDataset(runId, { name: 'none' }))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('may have names that every object seems to have', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const [runId, without] = [
      await tracker.startRun({ experimentName: 'e' }),
      await tracker.startRun({ experimentName: 'e' }),
    ];
    const entries = (value: number) => ({ toString: value, valueOf: value }) as unknown as Record<string, number>;
    await tracker.logMetrics(runId, entries(3));
    await tracker.logParameters(runId, entries(1));
    const buffer = tracker.bufferRun(runId);
    buffer.logMetrics(entries(5));
    await buffer.close();
    const summary = { count: 2, last: 5, min: 3 };
    expect(Object.entries((await tracker.getRun(runId)).metrics)).toMatchObject([
      ['toString', summary],
      ['valueOf', summary],
    ]);
    const select = ['metrics.toString', 'params.valueOf', 'tags.toString'] as const;
    const { rows } = await tracker.searchRuns({ select, orderBy: 'metrics.toString' });
    expect(rows).toEqual([
      { 'metrics.toString': 5, 'params.valueOf': 1, 'tags.toString': null },
      { 'metrics.toString': null, 'params.valueOf': null, 'tags.toString': null },
    ]);
    const { parameters, metrics } = await tracker.compareRuns([runId, without]);
    expect(parameters.map(({ values }) => values)).toEqual([
      [1, null],
      [1, null],
    ]);
    expect(metrics.map(({ values }) => values[1])).toEqual([null, null]);
  });

  it('can be put beside that of other runs', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const ids: string[] = [];
    for (const [depth, mae] of [
      [3, 2],
      [8, 1.5],
    ] as const) {
      const runId = await tracker.startRun({ experimentName: 'e' });
      await tracker.logBatch(runId, {
        parameters: { depth, algorithm: 'cart' },
        metrics: [{ key: 'mae', value: mae }, ...(depth === 8 ? [{ key: 'rmse', value: 2 }] : [])],
      });
      ids.push(runId);
    }
    const comparison = await tracker.compareRuns(ids);
    expect(comparison.parameters).toEqual([
      { name: 'depth', values: [3, 8], isDifferent: true },
      { name: 'algorithm', values: ['cart', 'cart'], isDifferent: false },
    ]);
    expect(comparison.metrics.map(({ name, deltas }) => [name, deltas])).toEqual([
      ['mae', [0, -0.5]],
      ['rmse', [null, null]],
    ]);
    expect(await failure(tracker.compareRuns(ids.slice(1)))).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
