import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AuditLog, ExperimentTracker } from '@bondx/mlops';
import { digestBytes } from '../../src/util/digest.js';
import { createWorld, failure } from '../helpers.js';

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

describe('a run', () => {
  it('keeps what was said about it', async () => {
    const { config, options, clock } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({
      experimentName: 'spreads',
      modelType: 'spread',
      runName: 'first',
      tags: { team: 'rates' },
    });
    await tracker.logParameters(runId, { depth: 8, features: ['a', 'b'] });
    await tracker.logMetrics(runId, { mae: 2, rmse: 3 });
    await tracker.setTags(runId, { reviewed: 'yes' });
    clock.advance(60_000);
    await tracker.endRun(runId, 'failed', 'out of memory');
    expect(await tracker.getRun(runId)).toMatchObject({
      runId,
      experimentName: 'spreads',
      modelType: 'spread',
      runName: 'first',
      status: 'failed',
      error: 'out of memory',
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:01:00.000Z',
      startedBy: 'ada',
      parameters: { depth: 8, features: ['a', 'b'] },
      tags: { team: 'rates', reviewed: 'yes' },
      metrics: { mae: { count: 1, last: 2 }, rmse: { last: 3 } },
    });
  });

  it('keeps metrics over steps with NaN and the infinities, and sums them up', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    for (const [step, loss] of [3, NaN, -Infinity, 1].entries()) await tracker.logMetrics(runId, { loss }, { step });
    const points = await tracker.getMetricHistory(runId, 'loss');
    expect(points.map(({ step, value }) => [step, value])).toEqual([
      [0, 3],
      [1, NaN],
      [2, -Infinity],
      [3, 1],
    ]);
    expect(await tracker.getMetricHistory(runId, 'loss', { from: 1, limit: 2 })).toHaveLength(2);
    for (const range of [{ to: 2 }, { from: '1' }, { limit: null }, { limit: -1 }] as never[]) {
      expect(await failure(tracker.getMetricHistory(runId, 'loss', range))).toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect((await tracker.getRun(runId)).metrics['loss']).toMatchObject({
      count: 4,
      last: 1,
      lastStep: 3,
      min: -Infinity,
      max: 3,
    });
  });

  it('loses no point of concurrent calls, in one tracker or in two', async () => {
    const { config, options } = createWorld();
    const trackers = [new ExperimentTracker(config, options), new ExperimentTracker(config, options)];
    const runId = await trackers[0]!.startRun({ experimentName: 'e' });
    await Promise.all(
      Array.from({ length: 60 }, (_, step) => trackers[step % 2]!.logMetrics(runId, { loss: step }, { step })),
    );
    const points = await trackers[0]!.getMetricHistory(runId, 'loss');
    expect(new Set(points.map(({ value }) => value)).size).toBe(60);
    expect((await trackers[1]!.getRun(runId)).metrics['loss']!.count).toBe(60);
  });

  it('accepts a parameter again with the same value and refuses another', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.logParameters(runId, { depth: 8, grid: { a: 1, b: 2 } });
    await tracker.logParameters(runId, { grid: { b: 2, a: 1 } });
    expect(await failure(tracker.logParameters(runId, { fresh: 1, depth: 9 }))).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect((await tracker.getRun(runId)).parameters).not.toHaveProperty('fresh');
  });

  it('is closed by its end', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.endRun(runId);
    expect(await failure(tracker.logMetrics(runId, { a: 1 }))).toMatchObject({ code: 'ILLEGAL_STATE' });
    expect(await failure(tracker.endRun(runId))).toMatchObject({ code: 'ILLEGAL_STATE' });
  });

  it('says in its end how many points there are, with a digest that anyone can recompute', async () => {
    const { config, options, clock } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.logMetrics(runId, { loss: 1 });
    await tracker.logMetrics(runId, { loss: NaN }, { step: 1 });
    await tracker.endRun(runId);
    const first = digestBytes(JSON.stringify([0, clock.now(), 1]));
    const second = digestBytes(`${first}${JSON.stringify([1, clock.now(), 'NaN'])}`);
    const [record] = await new AuditLog(config, options).list({ action: 'tracking.end_run' });
    expect(record!.detail).toEqual({ status: 'completed', metrics: { loss: { count: 2, digest: second } } });
  });

  it('belongs to a parent that exists', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const parentRunId = await tracker.startRun({ experimentName: 'e' });
    const runId = await tracker.startRun({ experimentName: 'e', parentRunId });
    expect((await tracker.getRun(runId)).parentRunId).toBe(parentRunId);
    expect(await failure(tracker.startRun({ experimentName: 'e', parentRunId: 'none' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('artifacts of a run', () => {
  it('are files, folders and content, copied and listed', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const folder = mkdtempSync(join(tmpdir(), 'artifacts-'));
    mkdirSync(join(folder, 'plots'));
    writeFileSync(join(folder, 'plots', 'roc.json'), '{"auc": 0.8}');
    writeFileSync(join(folder, 'notes.txt'), 'fine');
    await tracker.logArtifact(runId, { path: folder });
    await tracker.logArtifact(runId, { path: join(folder, 'notes.txt'), name: 'copy.txt' });
    await tracker.logArtifact(runId, { content: 'hello', name: 'greeting.txt' });
    await tracker.logArtifact(runId, { content: 'hello again', name: 'greeting.txt' });
    const { artifacts } = await tracker.getRun(runId);
    expect(artifacts.map(({ name }) => name).sort()).toEqual([
      'copy.txt',
      'greeting.txt',
      'notes.txt',
      'plots/roc.json',
    ]);
    expect(await collect(tracker.readArtifact(runId, 'greeting.txt'))).toBe('hello again');
    expect(await collect(tracker.readArtifact(runId, 'plots/roc.json'))).toBe('{"auc": 0.8}');
    expect(await failure(collect(tracker.readArtifact(runId, 'nothing')))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['a link', (path: string) => symlinkSync('/etc/passwd', path)],
    ['nothing', () => undefined],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
  ])('do not come from %s that takes the place of a file while a folder is stored', async (_what, replace) => {
    const folder = mkdtempSync(join(tmpdir(), 'artifacts-'));
    for (const name of ['a', 'b']) writeFileSync(join(folder, name), name);
    const { config, options, artifacts } = createWorld();
    const put: typeof artifacts.put = async (...args) => {
      rmSync(join(folder, 'b'), { recursive: true, force: true });
      replace(join(folder, 'b'));
      return artifacts.put(...args);
    };
    const altering = Object.assign(Object.create(artifacts) as typeof artifacts, { put });
    const tracker = new ExperimentTracker(config, { ...options, artifacts: altering });
    const runId = await tracker.startRun({ experimentName: 'e' });
    const error = await failure(tracker.logArtifact(runId, { path: folder }));
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('changed while') as string });
    expect((await tracker.getRun(runId)).artifacts).toEqual([]);
  });

  it('of a folder are below the name given', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const folder = mkdtempSync(join(tmpdir(), 'artifacts-'));
    mkdirSync(join(folder, 'plots'));
    writeFileSync(join(folder, 'plots', 'roc.json'), '{}');
    writeFileSync(join(folder, 'notes.txt'), 'fine');
    const stored = await tracker.logArtifact(runId, { path: folder, name: 'eval/first' });
    expect(stored.map(({ name }) => name)).toEqual(['eval/first/notes.txt', 'eval/first/plots/roc.json']);
  });

  it('are downloaded by several at once, beside files of other people', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.logArtifact(runId, { content: Buffer.alloc(3_000_000, 'x'), name: 'model' });
    const path = join(mkdtempSync(join(tmpdir(), 'artifacts-')), 'model');
    writeFileSync(`${path}.partial`, 'mine');
    await Promise.all(Array.from({ length: 4 }, () => tracker.downloadArtifact(runId, 'model', path)));
    expect(readFileSync(path).length).toBe(3_000_000);
    expect(readFileSync(`${path}.partial`, 'utf8')).toBe('mine');
    expect(readdirSync(dirname(path)).sort()).toEqual(['model', 'model.partial']);
  });

  it('are refused when one would be inside of another, which no folder could hold', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.logArtifact(runId, { content: 'x', name: 'a/b' });
    for (const name of ['a', 'a/b/c']) {
      const error = await failure(tracker.logArtifact(runId, { content: 'x', name }));
      expect(error).toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining('inside of the file') as string,
      });
    }
    await tracker.logArtifact(runId, { content: 'y', name: 'a/b' });
    await tracker.logArtifact(runId, { content: 'z', name: 'a/c' });
    const names = (await tracker.getRun(runId)).artifacts.map(({ name }) => name);
    expect(names).toEqual(['a/b', 'a/c']);
  });

  it('are refused when too large, linked, missing or badly named, and nothing is recorded', async () => {
    const { config, options, artifacts } = createWorld({
      tracking: { maxArtifactSizeMb: 1, logEnvironment: false, logGitSha: false },
    });
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const folder = mkdtempSync(join(tmpdir(), 'artifacts-'));
    symlinkSync('/etc/passwd', join(folder, 'link'));
    const calls: [Parameters<ExperimentTracker['logArtifact']>[1], string][] = [
      [{ content: Buffer.alloc(1024 * 1024 + 1), name: 'big' }, 'INVALID_INPUT'],
      [{ path: folder }, 'INVALID_INPUT'],
      [{ path: join(folder, 'none') }, 'NOT_FOUND'],
      [{ path: mkdtempSync(join(tmpdir(), 'empty-')) }, 'INVALID_INPUT'],
      [{ content: 'x', name: '../x' }, 'INVALID_INPUT'],
      [{ content: 'x' }, 'INVALID_INPUT'],
      [{ content: 'x', path: folder, name: 'x' }, 'INVALID_INPUT'],
    ];
    for (const [call, code] of calls)
      expect(await failure(tracker.logArtifact(runId, call)), JSON.stringify(call)).toMatchObject({ code });
    expect(await failure(tracker.logArtifact('none', { content: 'x', name: 'x' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await tracker.getRun(runId)).artifacts).toEqual([]);
    const stored = [];
    for await (const artifact of artifacts.list()) stored.push(artifact);
    expect(stored).toEqual([]);
  });
});

describe('the tracking policy', () => {
  it('switches off what is not to be recorded', async () => {
    const { config, options } = createWorld({
      tracking: {
        logParameters: false,
        logMetrics: false,
        logArtifacts: false,
        logEnvironment: false,
        logGitSha: false,
      },
    });
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.logParameters(runId, { a: 1 });
    await tracker.logMetrics(runId, { b: 1 });
    expect(await tracker.logArtifact(runId, { content: 'c', name: 'c' })).toEqual([]);
    const run = await tracker.getRun(runId);
    expect(run).toMatchObject({ parameters: {}, metrics: {}, artifacts: [] });
    expect(run.environment).toBeUndefined();
  });

  it('records the environment and the commit when asked to', async () => {
    const { config, options } = createWorld({ tracking: { logEnvironment: true, logGitSha: true } });
    const tracker = new ExperimentTracker(config, options);
    const { environment } = await tracker.getRun(await tracker.startRun({ experimentName: 'e' }));
    expect(environment).toMatchObject({ nodeVersion: process.version, cpuCount: expect.any(Number) as number });
    expect(JSON.stringify(environment)).not.toContain(process.env['PATH']);
  });
});

describe('listing runs', () => {
  it('pages through an experiment, newest first', async () => {
    const { config, options, clock } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      clock.advance(1000);
      ids.unshift(await tracker.startRun({ experimentName: 'e' }));
    }
    await tracker.startRun({ experimentName: 'other' });
    await tracker.endRun(ids[0]!);
    const first = await tracker.listRuns({ experimentName: 'e', limit: 3 });
    const rest = await tracker.listRuns({ experimentName: 'e', limit: 3, cursor: first.cursor! });
    expect([...first.runs, ...rest.runs].map(({ runId }) => runId)).toEqual(ids);
    expect(rest.cursor).toBeUndefined();
    expect((await tracker.listRuns({ status: 'completed' })).runs.map(({ runId }) => runId)).toEqual([ids[0]]);
  });
});

describe('bad input', () => {
  it('is refused before anything is written', async () => {
    const { config, options, storage } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const before = JSON.stringify(await storage.read('audit'));
    const calls: (() => Promise<unknown>)[] = [
      () => tracker.startRun({ experimentName: '' }),
      () => tracker.startRun({ experimentName: 'a\nb' }),
      () => tracker.startRun({ experimentName: 'e', typo: 1 } as never),
      () => tracker.startRun({ experimentName: 'e', tags: { a: 1 } as never }),
      () => tracker.logMetrics(runId, { a: '1' as never }),
      () => tracker.logMetrics(runId, { ['__proto__x'.slice(0, 9)]: 1 }),
      () => tracker.logMetrics(runId, { a: 1 }, { step: 0.5 }),
      () => tracker.logMetrics(runId, { a: 1 }, { timestamp: NaN }),
      () => tracker.logMetrics(runId, { a: 1 }, { timestamp: 1e300 }),
      () => tracker.logBatch(runId, { metrics: { a: 1 } as never }),
      () => tracker.logParameters(runId, { a: NaN }),
      () => tracker.logParameters(runId, JSON.parse('{"a": {"__proto__": 1}}') as never),
      () => tracker.endRun(runId, 'done' as never),
    ];
    for (const call of calls) expect(await failure(call()), String(call)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failure(tracker.getRun('none'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(JSON.stringify(await storage.read('audit'))).toBe(before);
  });
});
