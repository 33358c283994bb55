import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ExperimentTracker, ModelRegistry, type AsyncModel, trainModel } from '@bondx/mlops';
import { toTable } from '../../src/data/table.js';
import type { Model } from '../../src/models/model.js';
import { type World, createWorld, failure, smallRows } from '../helpers.js';
import { ConstantModel } from '../../src/models/constant-model.js';

let world: World;
let registry: ModelRegistry;
let model: Model;

beforeEach(async () => {
  world = createWorld();
  registry = new ModelRegistry(world.config, world.options);
  model = (await trainModel(world.config, { modelType: 'spread', data: smallRows(200) })).model;
});

const register = (extra: object = {}): Promise<unknown> =>
  registry.register({
    modelName: 'spread',
    modelType: 'spread',
    featureColumns: ['x', 'kind'],
    targetColumn: 'y',
    performanceMetrics: { r2_score: 0.8 },
    model,
    ...extra,
  });

describe("a loader of somebody's own", () => {
  it.each([undefined, null, {}, { predictBatch: () => new Float64Array() }])(
    'that gives %j is told so',
    async (given) => {
      const path = join(mkdtempSync(join(tmpdir(), 'signature-')), 'model.mine');
      writeFileSync(path, 'mine');
      await register({ model: undefined, modelPath: path });
      const loaders = [{ ending: '.mine', open: () => Promise.resolve(given as never) }];
      const opened = registry.openModel('spread', { version: '1.0.0' }, loaders);
      expect(await failure(opened)).toMatchObject({
        code: 'INVALID_INPUT',
        message: 'the loader of model.mine gave no model: open resolves with one that has predictBatch and close',
      });
    },
  );

  it('may give a model that answers at once', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'signature-')), 'model.mine');
    writeFileSync(path, 'mine');
    await register({ model: undefined, modelPath: path });
    const loaders = [{ ending: '.mine', open: () => Promise.resolve(new ConstantModel(3) as never) }];
    const model = await registry.openModel('spread', { version: '1.0.0' }, loaders);
    expect(model.predict({ x: 1 })).toBe(3);
  });
});

describe('a signature', () => {
  const signature = {
    inputs: [
      { name: 'x', type: 'numeric' },
      { name: 'kind', type: 'categorical' },
    ],
    output: { name: 'y', task: 'regression' },
  };

  it('is that of the model, given as object or as file', async () => {
    await register();
    const path = join(mkdtempSync(join(tmpdir(), 'signature-')), 'model.json');
    writeFileSync(path, JSON.stringify(model.toJSON()));
    await register({ model: undefined, modelPath: path });
    for (const version of ['1.0.0', '1.0.1']) {
      expect((await registry.getModelVersion('spread', { version })).signature).toEqual(signature);
    }
  });

  it('holds rows and tables to it: what is not there or of another type is refused, what is missing is not', async () => {
    await register();
    const served = await registry.loadModel('spread', { version: '1.0.0' });
    const good = [
      { x: 1, kind: 'NOTE' },
      { x: null, kind: undefined },
      { x: NaN, kind: 'never seen' },
      { x: 1n, kind: true },
    ];
    for (const row of good) expect(served.predict(row)).toBe(model.predict(row));
    const bad: [Record<string, unknown>, string][] = [
      [{ kind: 'NOTE' }, 'the model needs the column "x"'],
      [{ X: 1, kind: 'NOTE' }, '"X" may be meant for it'],
      [{ x: '1', kind: 'NOTE' }, '"x" must be a number or null, got "1"'],
      [{ x: 1, kind: {} }, '"kind" must be a category or null'],
    ];
    for (const [row, words] of bad) {
      expect(() => served.predict(row), words).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }) as Error);
      expect(() => served.predict(row)).toThrow(words);
    }
    const rows = smallRows(50);
    expect(served.predictBatch(toTable(rows))).toEqual(model.predictBatch(toTable(rows)));
    expect(() => served.predictBatch(toTable(rows.map(({ x }) => ({ x }))))).toThrow(
      'the model needs the column "kind"',
    );
    const texts = rows.map((row) => ({ ...row, x: `${row.kind} ${row.x}` }));
    expect(() => served.predictBatch(toTable(texts))).toThrow('column "x" must be numeric, it is text');
    const empty = rows.map((row) => ({ ...row, x: null }));
    expect(served.predictBatch(toTable(empty))).toEqual(model.predictBatch(toTable(empty)));
    expect(served.toJSON()).toEqual(model.toJSON());
  });

  it('holds models of other formats to what was said of them', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'signature-')), 'model.safetensors');
    writeFileSync(path, 'not really');
    await register({ model: undefined, modelPath: path, signature });
    const other: AsyncModel = {
      ...{ format: 'safetensors', formatVersion: 1, task: 'regression', features: [], files: [] },
      predict: () => Promise.resolve(1),
      predictBatch: (table) => Promise.resolve(new Float64Array(table.rowCount)),
      close: () => Promise.resolve(),
    };
    const loader = { ending: '.safetensors', open: () => Promise.resolve(other) };
    const served = await registry.openModel('spread', { version: '1.0.0' }, [loader]);
    expect(await served.predict({ x: 1, kind: 'NOTE' })).toBe(1);
    expect(await failure(Promise.resolve(served.predict({ x: 1 })))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('that makes no sense is refused', async () => {
    const bad = [
      { inputs: 'x', output: { task: 'regression' } },
      { inputs: [{ name: 'x', type: 'text' }], output: { task: 'regression' } },
      { inputs: [], output: { task: 'guessing' } },
    ];
    for (const wrong of bad)
      expect(await failure(register({ signature: wrong }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect((await registry.getModels()).models).toEqual([]);
  });
});

describe('a version', () => {
  it('knows where it was trained: the environment of its run, else of this process', async () => {
    world = createWorld({ tracking: { logEnvironment: true, logGitSha: true } });
    registry = new ModelRegistry(world.config, world.options);
    await register();
    const own = (await registry.getModelVersion('spread', { version: '1.0.0' })).environment!;
    expect(own).toMatchObject({
      nodeVersion: process.version,
      packageLockDigest: expect.stringMatching(/^sha256:/) as string,
    });
    expect(own['git']).toMatchObject({ commit: expect.stringMatching(/^[0-9a-f]{40}$/) as string });
    const runId = await new ExperimentTracker(world.config, world.options).startRun({
      experimentName: 'e',
      heartbeat: false,
    });
    const record = (await world.storage.get('runs', runId))!;
    const value = { ...(record.value as object), environment: { nodeVersion: 'v18.0.0' } };
    await world.storage.commit([
      { kind: 'put', collection: 'runs', id: runId, value, index: {}, expect: record.version },
    ]);
    await register({ runId });
    expect((await registry.getModelVersion('spread', { version: '1.0.1' })).environment).toEqual({
      nodeVersion: 'v18.0.0',
    });
  });

  it('of a large ONNX file is looked into when it is opened, except for what it must never be', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'large-')), 'model.onnx');
    const large = Buffer.alloc(65 * 1024 * 1024);
    writeFileSync(path, large);
    await register({ model: undefined, modelPath: path });
    expect(await registry.getModelVersion('spread', { version: '1.0.0' })).not.toHaveProperty('declared');
    large.set([0x80, 4]);
    writeFileSync(path, large);
    expect(await failure(register({ model: undefined, modelPath: path }))).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('a Python pickle') as string,
    });
  });

  it('that was in production is kept as long as the audit trail', async () => {
    world = createWorld({ security: { auditLogRetentionDays: 30 } });
    registry = new ModelRegistry(world.config, world.options);
    for (const version of ['1.0.0', '1.0.1']) {
      await register();
      for (const targetStage of ['staging', 'production'] as const) {
        await registry.promoteModel({ modelName: 'spread', version, targetStage });
      }
    }
    const remove = () => registry.deleteModelVersion({ modelName: 'spread', version: '1.0.0' });
    expect(await failure(remove())).toMatchObject({
      code: 'ILLEGAL_STATE',
      message: expect.stringContaining('is kept until 2026-01-31T00:00:00.000Z') as string,
    });
    world.clock.advance(30 * 86_400_000);
    await remove();
    expect((await registry.listModels()).versions.map(({ version }) => version)).toEqual(['1.0.1']);
  });

  it('keeps the files that go with its evidence', async () => {
    await register();
    const about = { modelName: 'spread', version: '1.0.0', kind: 'explainability', passed: true } as const;
    await registry.recordEvidence({
      ...about,
      files: [
        { json: { mark: 'bar' }, name: 'importance.vl.json' },
        { content: '# validated', name: 'report.md' },
      ],
    });
    const { evidence } = await registry.getModelVersion('spread', { version: '1.0.0' });
    expect(evidence.explainability!.files!.map(({ path }) => path)).toEqual(['importance.vl.json', 'report.md']);
    const bytes = await registry.readEvidence('spread', '1.0.0', 'explainability', 'report.md');
    expect(Buffer.from(bytes).toString()).toBe('# validated');
    expect(await failure(registry.readEvidence('spread', '1.0.0', 'explainability', 'none'))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('importance.vl.json, report.md') as string,
    });
    const bad = [
      { content: 'x' },
      { content: 'x', name: '../x' },
      { content: 'x'.repeat(101 * 1024 * 1024), name: 'x' },
    ];
    for (const file of bad) {
      expect(await failure(registry.recordEvidence({ ...about, passed: false, files: [file] }))).toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
    expect((await registry.getModelVersion('spread', { version: '1.0.0' })).evidence.explainability!.passed).toBe(true);
  });
});

describe('a model', () => {
  it('is described, found, and listed', async () => {
    await register();
    await registry.describeModel({ modelName: 'spread', description: 'spreads to swaps', tags: { desk: 'rates' } });
    await registry.describeModel({ modelName: 'spread', tags: { tier: '1' } });
    const spread = await registry.getModel('spread');
    expect(spread).toEqual({
      modelName: 'spread',
      modelType: 'spread',
      createdAt: '2026-01-01T00:00:00.000Z',
      highestVersion: '1.0.0',
      aliases: {},
      description: 'spreads to swaps',
      tags: { desk: 'rates', tier: '1' },
    });
    await registry.register({ modelName: 'other', modelType: 'spread', featureColumns: ['x'], model });
    const first = await registry.getModels({ limit: 1 });
    const second = await registry.getModels({ limit: 1, cursor: first.cursor! });
    expect([...first.models, ...second.models].map(({ modelName }) => modelName).sort()).toEqual(['other', 'spread']);
    expect(await failure(registry.getModel('sprad'))).toMatchObject({
      message: expect.stringContaining('did you mean spread?') as string,
    });
    expect(await failure(registry.describeModel({ modelName: 'none' }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});
