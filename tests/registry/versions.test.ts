import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AuditLog,
  ExperimentTracker,
  MemoryArtifactStore,
  ModelRegistry,
  type RegisterModelOptions,
  openFilesystemStorage,
  where,
} from '@bondx/mlops';
import { loadModel } from '../../src/models/model.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { type World, createWorld, failure } from '../helpers.js';

const registration = (extra: Partial<RegisterModelOptions> = {}): RegisterModelOptions => ({
  modelName: 'spread',
  modelType: 'spread',
  featureColumns: ['x'],
  targetColumn: 'y',
  performanceMetrics: { r2_score: 0.8 },
  model: loadModel({ kind: 'constant', value: 1.5 }),
  ...extra,
});

let world: World;
let registry: ModelRegistry;
beforeEach(() => {
  world = createWorld();
  registry = new ModelRegistry(world.config, world.options);
});

async function toProduction(version: string, by = registry): Promise<void> {
  for (const targetStage of ['staging', 'production'] as const) {
    const result = await by.promoteModel({ modelName: 'spread', version, targetStage });
    expect(result.status).toBe('promoted');
  }
}

describe('an alias', () => {
  beforeEach(async () => {
    for (let i = 0; i < 2; i++) await registry.registerModel(registration());
  });

  it('names a version, moves, and goes, and history tells of it', async () => {
    const champion = { modelName: 'spread', alias: 'champion' };
    await registry.setAlias({ ...champion, version: '1.0.0', reason: 'first' });
    expect((await registry.getModelVersion('spread', { alias: 'champion' })).version).toBe('1.0.0');
    await registry.setAlias({ ...champion, version: '1.0.1' });
    expect((await registry.getModelVersion('spread', { alias: 'champion' })).version).toBe('1.0.1');
    expect((await registry.loadModel('spread', { alias: 'champion' })).predict({ x: 1 })).toBe(1.5);
    expect(await failure(registry.removeAlias({ ...champion, version: '1.0.0' }))).toMatchObject({ code: 'NOT_FOUND' });
    await registry.removeAlias({ ...champion, version: '1.0.1' });
    expect((await failure(registry.getModelVersion('spread', { alias: 'champion' }))).message).toContain('it has none');
    const events = (await registry.getHistory('spread')).filter(({ alias }) => alias === 'champion');
    expect(events.map(({ kind, version, reason }) => [kind, version, reason])).toEqual([
      ['alias_set', '1.0.0', 'first'],
      ['alias_set', '1.0.1', undefined],
      ['alias_removed', '1.0.1', undefined],
    ]);
  });

  it.each(['latest', 'latest ', 'v1', 'V12', '1.0.0', '1.0.0-rc.1', 'v2.0.0-rc.1', '', '__proto__', 'a\nb'])(
    'cannot be called %j',
    async (alias) => {
      const refused = registry.setAlias({ modelName: 'spread', version: '1.0.0', alias });
      expect(await failure(refused)).toMatchObject({ code: 'INVALID_INPUT' });
    },
  );

  it('needs a version that exists', async () => {
    const refused = registry.setAlias({ modelName: 'spread', version: '9.0.0', alias: 'champion' });
    expect(await failure(refused)).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('what was in production', () => {
  it('can be asked for any moment', async () => {
    const { clock } = world;
    for (let i = 0; i < 2; i++) await registry.registerModel(registration());
    const live = async (at: string) => (await registry.getModelVersion('spread', { at })).version;
    clock.advance(60_000); // 00:01
    await toProduction('1.0.0');
    clock.advance(60_000); // 00:02
    await toProduction('1.0.1');
    clock.advance(60_000); // 00:03
    await registry.rollbackModel({ modelName: 'spread' });
    clock.advance(60_000); // 00:04
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'archived' });
    expect((await failure(live('2026-01-01T00:00:59.999Z'))).message).toContain('no version in production');
    expect(await live('2026-01-01T00:01:00Z')).toBe('1.0.0');
    expect(await live('2026-01-01T00:02:30Z')).toBe('1.0.1');
    expect(await live('2026-01-01T00:03:59Z')).toBe('1.0.0');
    expect(await failure(live('2026-01-01T00:04:00Z'))).toMatchObject({ code: 'NOT_FOUND' });
    for (const at of ['yesterday', '2026-02-30', '5'])
      expect(await failure(live(at))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('is one version at every instant, whoever looks, while four handles promote', async () => {
    const folder = await temporaryDirectory();
    const artifacts = new MemoryArtifactStore();
    const open = async () => {
      const storage = await openFilesystemStorage(folder, { durability: 'process' });
      return { storage, registry: new ModelRegistry(world.config, { ...world.options, storage, artifacts }) };
    };
    const handles = await Promise.all(Array.from({ length: 5 }, open));
    const [reader, ...writers] = handles as [(typeof handles)[0], ...typeof handles];
    for (let i = 0; i < 8; i++) await reader.registry.registerModel(registration());
    for (let i = 0; i < 8; i++) {
      await reader.registry.promoteModel({ modelName: 'spread', version: `1.0.${i}`, targetStage: 'staging' });
    }
    await reader.registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'production' });
    const over = new AbortController();
    const seen: number[] = [];
    const polling = (async () => {
      while (!over.signal.aborted) {
        const { versions } = await reader.registry.listModels({ stage: 'production' });
        seen.push(versions.length);
        await setImmediate(); // the writers get their turn
      }
    })();
    await Promise.all(
      writers.map(({ registry: writer }, w) =>
        Promise.all(
          [1 + w, 5 + (w % 3)].map((n) =>
            writer
              .promoteModel({ modelName: 'spread', version: `1.0.${n}`, targetStage: 'production' })
              .catch((error: unknown) => expect(error).toMatchObject({ code: 'ILLEGAL_STATE' })),
          ),
        ),
      ),
    );
    over.abort();
    await polling;
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen)).toEqual(new Set([1]));
    await Promise.all(handles.map(({ storage }) => storage.close()));
  });
});

describe('versions', () => {
  it('are found by metrics, tags and attributes', async () => {
    await registry.registerModel(registration({ performanceMetrics: { mae: 2 }, tags: { team: 'rates' } }));
    await registry.registerModel(registration({ performanceMetrics: { mae: 1 }, tags: { team: 'credit' } }));
    const finds = async (filter: string) =>
      (await registry.listModels({ filter })).versions.map(({ version }) => version);
    expect(await finds('metrics.mae < 2')).toEqual(['1.0.1']);
    expect(await finds("tags.team like 'r%' or version = '1.0.1'")).toHaveLength(2);
    expect(await finds("stage = 'DEVELOPMENT' and name = 'spread' and registered_at >= '2026-01-01'")).toHaveLength(2);
    expect((await registry.listModels({ filter: where.tag('team').eq('credit') })).versions).toHaveLength(1);
    expect((await failure(finds("stages = 'x'"))).message).toContain('did you mean stage?');
    expect((await failure(finds('params.x = 1'))).message).toContain('use metrics, tags and attributes');
    expect((await failure(finds("registered_at > 'x'"))).message).toContain('a date that exists');
    expect(await failure(finds("version > '1.0.9'"))).toMatchObject({ code: 'INVALID_INPUT' }); // 1.0.10 is, as a number
  });

  it.each([undefined, null, '1.0.0', {}, { versoin: '1.0.0' }, { version: '1.0.0', stage: 'Production' }, { at: 5 }])(
    'are chosen by one thing, which %j is not',
    async (selector) => {
      await registry.registerModel(registration());
      for (const ask of [
        () => registry.loadModel('spread', selector as never),
        () => registry.getModelCard('spread', selector as never),
      ])
        expect(await failure(ask())).toMatchObject({ code: 'INVALID_INPUT' });
    },
  );

  it('can be described after registration', async () => {
    await registry.registerModel(registration({ tags: { a: '1' } }));
    await registry.describeVersion({
      modelName: 'spread',
      version: '1.0.0',
      description: 'the first',
      tags: { b: '2' },
    });
    expect(await registry.getModelVersion('spread', { version: '1.0.0' })).toMatchObject({
      description: 'the first',
      tags: { a: '1', b: '2' },
    });
    expect((await registry.listModels({ filter: "tags.b = '2'" })).versions).toHaveLength(1);
  });

  it('differ in what they differ in', async () => {
    const first = { performanceMetrics: { mae: 2 }, hyperparameters: { depth: 3 } };
    await registry.registerModel(registration(first));
    await registry.registerModel(
      registration({ performanceMetrics: { mae: 1.5 }, hyperparameters: { depth: 3, leaves: 8 } }),
    );
    expect(await registry.compareVersions('spread', { version: '1.0.0' }, { version: '1.0.1' })).toEqual([
      { field: 'hyperparameters.leaves', values: [null, 8] },
      { field: 'metrics.mae', values: [2, 1.5], delta: -0.5 },
    ]);
  });

  it('are deleted unless something depends on them; numbers are not given again', async () => {
    for (let i = 0; i < 3; i++) await registry.registerModel(registration());
    await toProduction('1.0.0');
    await registry.setAlias({ modelName: 'spread', version: '1.0.1', alias: 'champion' });
    const remove = (version: string) =>
      registry.deleteModelVersion({ modelName: 'spread', version, reason: 'mistake' });
    expect((await failure(remove('1.0.0'))).message).toContain('is in Production; archive it first');
    expect((await failure(remove('1.0.1'))).message).toContain('has the alias champion; remove that first');
    await remove('1.0.2');
    expect(await failure(registry.getModelVersion('spread', { version: '1.0.2' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await registry.register(registration())).version).toBe('1.0.3');
    // Nor to who asks for it: what history says of it would be said of other files.
    expect(await failure(registry.register(registration({ version: '1.0.2' })))).toMatchObject({
      ...{ code: 'ALREADY_EXISTS', message: expect.stringContaining('was deleted') as string },
    });
    expect((await registry.register(registration({ version: '0.9.0' }))).version).toBe('0.9.0');
    expect((await registry.getHistory('spread')).find(({ kind }) => kind === 'deleted')).toMatchObject({
      version: '1.0.2',
      reason: 'mistake',
      by: 'ada',
    });
  });

  it('keep the reason of each change in the audit log', async () => {
    for (let i = 0; i < 2; i++) await registry.registerModel(registration());
    const [modelName, version] = ['spread', '1.0.0'];
    for (const targetStage of ['Staging', 'Production'] as const)
      await registry.promoteModel({ modelName, version, targetStage, reason: `to ${targetStage}` });
    await toProduction('1.0.1');
    await registry.rollbackModel({ modelName, reason: 'wrong on Fridays' });
    await registry.setAlias({ modelName, version, alias: 'champion', reason: 'won' });
    await registry.deleteModelVersion({
      modelName,
      version: (await registry.register(registration())).version,
      reason: 'lost',
    });
    const records = await new AuditLog(world.config, world.options).list();
    expect(records.flatMap(({ reason }) => reason ?? [])).toEqual(
      expect.arrayContaining(['to Staging', 'to Production', 'wrong on Fridays', 'won', 'lost']),
    );
  });

  it('are moved and described with texts', async () => {
    await registry.registerModel(registration());
    const version = { modelName: 'spread', version: '1.0.0' };
    for (const text of [5, { a: 1 }, null, '\ud800'] as unknown as string[]) {
      for (const work of [
        registry.promoteModel({ ...version, targetStage: 'Staging', reason: text }),
        registry.describeVersion({ ...version, description: text }),
        registry.register(registration({ description: text })),
        registry.deleteModelVersion({ ...version, reason: text }),
      ]) {
        expect(await failure(work)).toMatchObject({ code: 'INVALID_INPUT' });
      }
    }
    expect(await registry.getHistory('spread')).toHaveLength(1);
  });

  it('have a card that says what is known and what is not', async () => {
    const tracker = new ExperimentTracker(world.config, world.options);
    const runId = await tracker.startRun({ experimentName: 'e', heartbeat: false });
    await registry.registerModel(
      registration({ runId, hyperparameters: { depth: 8 }, description: '# [x](http://y) <b>' }),
    );
    await toProduction('1.0.0');
    const card = await registry.getModelCard('spread', { stage: 'production' });
    expect(card).toContain('# spread 1.0.0\n');
    expect(card).toContain('- **depth**: 8\n');
    expect(card).toContain('## Training data\n\nNot recorded.');
    expect(card).toContain('Staging → Production, by ada');
    expect(card).toContain('\\# \\[x\\](http://y) \\<b\\>');
    expect(card).toMatch(/\*\*security\\_scan\*\*: passed/);
  });
});
