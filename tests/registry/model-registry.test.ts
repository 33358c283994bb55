import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AuditLog,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  ModelStage,
  type RegisterModelOptions,
} from '@bondx/mlops';
import { openFilesystemStorage } from '../../src/adapters/filesystem/filesystem-storage.js';
import { transitions } from '../../src/registry/stage.js';
import { type World, createWorld, failure } from '../helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'registry-'));
const modelPath = join(folder, 'model.json');
writeFileSync(modelPath, JSON.stringify({ kind: 'constant', value: 1.5 }));

const registration = (extra: Partial<RegisterModelOptions> = {}): RegisterModelOptions => ({
  modelName: 'spread',
  modelType: 'spread',
  featureColumns: ['x'],
  targetColumn: 'y',
  performanceMetrics: { r2_score: 0.8 },
  modelPath,
  ...extra,
});

let world: World;
let registry: ModelRegistry;
beforeEach(() => {
  world = createWorld();
  registry = new ModelRegistry(world.config, world.options);
});

async function toProduction(version: string): Promise<void> {
  for (const targetStage of ['staging', 'production'] as const) {
    expect(await registry.promoteModel({ modelName: 'spread', version, targetStage })).toMatchObject({
      status: 'promoted',
    });
  }
}

describe('registering', () => {
  it('copies the bytes: the file may change or vanish afterwards', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'model-')), 'model.json');
    writeFileSync(path, JSON.stringify({ kind: 'constant', value: 7 }));
    await registry.registerModel(registration({ modelPath: path, version: '1.0.0' }));
    writeFileSync(path, 'changed');
    const model = await registry.loadModel('spread', { version: '1.0.0' });
    expect(model.predict({})).toBe(7);
  });

  it('numbers versions by itself', async () => {
    const versions = [];
    for (let i = 0; i < 3; i++) versions.push((await registry.register(registration())).version);
    versions.push((await registry.register(registration(), 'minor')).version);
    await registry.registerModel(registration({ version: '3.0.0' }));
    versions.push((await registry.register(registration())).version);
    expect(versions).toEqual(['1.0.0', '1.0.1', '1.0.2', '1.1.0', '3.0.1']);
  });

  it('says when no number comes after the highest', async () => {
    await registry.registerModel(registration({ version: `1.0.${Number.MAX_SAFE_INTEGER}` }));
    expect(await failure(registry.registerModel(registration()))).toMatchObject({
      ...{ code: 'INVALID_INPUT', message: expect.stringContaining('no version comes after') as string },
    });
    await registry.registerModel(registration({ version: '1.1.0' }));
    expect((await registry.register(registration())).version).toBe('1.1.1');
  });

  it('gives sixteen concurrent registrations sixteen versions', async () => {
    const versions = await Promise.all(
      Array.from({ length: 16 }, async () => (await registry.register(registration())).version),
    );
    expect(new Set(versions)).toEqual(new Set(Array.from({ length: 16 }, (_, i) => `1.0.${i}`)));
  });

  it('keeps a folder as it is, metadata and all', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'model-')), 'm');
    mkdirSync(join(path, 'deep'), { recursive: true });
    writeFileSync(join(path, 'model.json'), '{"kind":"constant","value":1}');
    writeFileSync(join(path, 'deep', 'notes.md'), '# notes');
    await registry.registerModel(registration({ modelPath: path }));
    const { files } = await registry.getModelVersion('spread', { version: '1.0.0' });
    expect(files.map((file) => file.path)).toEqual(['deep/notes.md', 'model.json']);
  });

  it('links to the run it came from, which must exist', async () => {
    const runId = await new ExperimentTracker(world.config, world.options).startRun({ experimentName: 'e' });
    await registry.registerModel(registration({ runId }));
    expect((await registry.getModelVersion('spread', { version: '1.0.0' })).runId).toBe(runId);
    expect(await failure(registry.registerModel(registration({ runId: 'none' })))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses what is malformed, and leaves nothing behind', async () => {
    const bad: [Partial<RegisterModelOptions> & Record<string, unknown>, string][] = [
      [{ version: '1' }, 'INVALID_INPUT'],
      [{ version: 'v1.0.0' }, 'INVALID_INPUT'],
      [{ modelName: '' }, 'INVALID_INPUT'],
      [{ featureColumns: [] }, 'INVALID_INPUT'],
      [{ performanceMetrics: { mae: NaN } }, 'INVALID_INPUT'],
      [{ modelPath: join(folder, 'none.json') }, 'NOT_FOUND'],
      [{ modelPath: undefined as never }, 'INVALID_INPUT'],
      [
        {
          modelPath: undefined as never,
          modelFiles: ['model.json', 'model.json/weights'].map((path) => ({ path, bytes: Buffer.from('{}') })),
        },
        'INVALID_INPUT',
      ],
      [{ modelPath: undefined as never, model: {} as never }, 'INVALID_INPUT'],
      [{ modelPath: undefined as never, model: { predict: () => 1, toJSON: () => ({}) } as never }, 'INVALID_INPUT'],
      [{ misspelled: 1 }, 'INVALID_INPUT'],
      [{ hyperparameters: { a: undefined as never } }, 'INVALID_INPUT'],
    ];
    for (const [extra, code] of bad)
      expect(await failure(registry.registerModel(registration(extra))), JSON.stringify(extra)).toMatchObject({ code });
    expect((await registry.listModels()).versions).toEqual([]);
  });

  it('refuses a version that is there, and a type that is not the model’s', async () => {
    await registry.registerModel(registration({ version: '1.0.0' }));
    expect(await failure(registry.registerModel(registration({ version: '1.0.0' })))).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(await failure(registry.registerModel(registration({ modelType: 'downgrade' })))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('keeps to max_artifact_size_mb', async () => {
    world = createWorld({ tracking: { maxArtifactSizeMb: 1 } });
    registry = new ModelRegistry(world.config, world.options);
    const path = join(folder, 'large.json');
    writeFileSync(path, 'x'.repeat(1024 * 1024 + 1));
    expect(await failure(registry.registerModel(registration({ modelPath: path })))).toMatchObject({
      code: 'INVALID_INPUT',
    });
    writeFileSync(join(folder, 'a-small-one.json'), '{}'); // comes before the large one, and is not stored either
    const error = await failure(registry.registerModel(registration({ modelPath: folder })));
    expect(error.message).toContain('large.json has 1048577 bytes, and tracking.max_artifact_size_mb allows 1048576');
    for await (const ref of world.artifacts.list()) throw new Error(`${ref.digest} was stored`);
  });
});

describe('stages', () => {
  it('refuse a promotion that names another version to replace than the one in production', async () => {
    await registry.registerModel(registration());
    await registry.registerModel(registration());
    const promote = (version: string, replaces: string | null) =>
      registry.promoteModel({ modelName: 'spread', version, targetStage: 'production', replaces });
    for (const version of ['1.0.0', '1.0.1']) {
      await registry.promoteModel({ modelName: 'spread', version, targetStage: 'staging' });
    }
    expect(await promote('1.0.0', null)).toMatchObject({ status: 'promoted' });
    expect(await failure(promote('1.0.1', null))).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('has 1.0.0 in production, expected none') as string,
    });
    expect(await promote('1.0.1', '1.0.0')).toMatchObject({ status: 'promoted', archivedVersion: '1.0.0' });
  });

  it('swap production in one step and tell the story', async () => {
    await registry.registerModel(registration());
    await registry.registerModel(registration());
    await toProduction('1.0.0');
    await registry.promoteModel({ modelName: 'spread', version: '1.0.1', targetStage: 'staging' });
    const result = await registry.promoteModel({
      modelName: 'spread',
      version: '1.0.1',
      targetStage: ModelStage.PRODUCTION,
      deployedBy: 'bob',
      reason: 'better',
    });
    expect(result).toMatchObject({ status: 'promoted', from: 'Staging', to: 'Production', archivedVersion: '1.0.0' });
    const history = await registry.getHistory('spread');
    expect(history.map(({ version, from, to, reason }) => [version, from, to, reason])).toEqual([
      ['1.0.0', undefined, 'Development', undefined],
      ['1.0.1', undefined, 'Development', undefined],
      ['1.0.0', 'Development', 'Staging', undefined],
      ['1.0.0', 'Staging', 'Production', undefined],
      ['1.0.1', 'Development', 'Staging', undefined],
      ['1.0.0', 'Production', 'Archived', 'replaced by 1.0.1'],
      ['1.0.1', 'Staging', 'Production', 'better'],
    ]);
    expect(history.at(-1)).toMatchObject({ by: 'ada', onBehalfOf: 'bob' });
  });

  it('are told as what nobody can alter, from a store on disk as well', async () => {
    const storage = await openFilesystemStorage(mkdtempSync(join(tmpdir(), 'history-')));
    await using registry = new ModelRegistry(world.config, { ...world.options, storage });
    await using log = new AuditLog(world.config, { ...world.options, storage });
    await registry.registerModel(registration());
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'staging' });
    const events = await registry.getHistory('spread');
    expect(events).toHaveLength(2);
    const [record] = await log.list({ action: 'registry.promote' });
    for (const told of [events, ...events, record!, record!.resource, record!.detail!]) {
      expect(Object.isFrozen(told)).toBe(true);
    }
    await storage.close();
  });

  it('allow exactly the transitions of the table', async () => {
    const stages = Object.values(ModelStage);
    for (const from of stages) {
      for (const to of stages) {
        world = createWorld();
        registry = new ModelRegistry(world.config, world.options);
        await registry.registerModel(registration());
        const path: Record<ModelStage, ModelStage[]> = {
          Development: [],
          Staging: ['Staging'],
          Production: ['Staging', 'Production'],
          Archived: ['Archived'],
        };
        for (const targetStage of path[from])
          await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
        const attempt = registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: to });
        if (transitions[from].includes(to))
          await expect(attempt, `${from} → ${to}`).resolves.toMatchObject({ status: 'promoted' });
        else expect(await failure(attempt), `${from} → ${to}`).toMatchObject({ code: 'ILLEGAL_STATE' });
      }
    }
  });

  it('never show two production versions, whatever is done in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(2), fc.constantFrom(...Object.values(ModelStage), 'rollback' as const)), {
          maxLength: 25,
        }),
        async (steps) => {
          world = createWorld();
          registry = new ModelRegistry(world.config, world.options);
          for (let i = 0; i < 3; i++) await registry.registerModel(registration());
          await Promise.all(
            steps.map(async ([i, step]) => {
              const version = `1.0.${i}`;
              await (
                step === 'rollback'
                  ? registry.rollbackModel({ modelName: 'spread' })
                  : registry.promoteModel({ modelName: 'spread', version, targetStage: step })
              ).catch(() => undefined);
              const { versions } = await registry.listModels({ stage: 'production' });
              expect(versions.length).toBeLessThanOrEqual(1);
            }),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('let one of two racing promotions win at a time and lose none of the history', async () => {
    for (let i = 0; i < 8; i++) {
      await registry.registerModel(registration());
      await registry.promoteModel({ modelName: 'spread', version: `1.0.${i}`, targetStage: 'staging' });
    }
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        registry.promoteModel({ modelName: 'spread', version: `1.0.${i}`, targetStage: 'production' }),
      ),
    );
    const { versions } = await registry.listModels({ stage: 'production' });
    expect(versions).toHaveLength(1);
    expect((await registry.listModels({ stage: 'archived' })).versions).toHaveLength(7);
    expect((await registry.getHistory('spread')).filter(({ to }) => to === 'Production')).toHaveLength(8);
  });

  it('roll back to the version before, or a named former one, and to no other', async () => {
    for (let i = 0; i < 4; i++) await registry.registerModel(registration());
    for (let i = 0; i < 3; i++) await toProduction(`1.0.${i}`);
    expect(await registry.rollbackModel({ modelName: 'spread' })).toMatchObject({
      version: '1.0.1',
      stage: 'Production',
    });
    expect(await registry.rollbackModel({ modelName: 'spread', version: '1.0.0', deployedBy: 'bob' })).toMatchObject({
      version: '1.0.0',
    });
    for (const version of ['1.0.0', '1.0.3', '9.9.9']) {
      expect(await failure(registry.rollbackModel({ modelName: 'spread', version }))).toMatchObject({
        code: 'ILLEGAL_STATE',
      });
    }
    expect((await registry.listModels({ stage: 'production' })).versions.map(({ version }) => version)).toEqual([
      '1.0.0',
    ]);
  });
});

describe('a rollback that is asked for again', () => {
  const back = async (version?: string): Promise<string> =>
    (await registry.rollbackModel({ modelName: 'spread', ...(version !== undefined && { version }) })).version;

  it('goes further back, and never to the version that was rolled back from', async () => {
    for (let i = 0; i < 4; i++) await registry.registerModel(registration());
    for (let i = 0; i < 3; i++) await toProduction(`1.0.${i}`);
    expect([await back(), await back()]).toEqual(['1.0.1', '1.0.0']);
    const { code, message } = await failure(registry.rollbackModel({ modelName: 'spread' }));
    expect({ code, message }).toMatchObject({
      code: 'ILLEGAL_STATE',
      message: expect.stringMatching(/name the one that you mean: 1\.0\.1, 1\.0\.2$/) as string,
    });
    expect(await back('1.0.2')).toBe('1.0.2'); // who names it means it
    await toProduction('1.0.3');
    expect(await back()).toBe('1.0.2');
  });

  it('may go to a version that was promoted anew after it had been rolled back from', async () => {
    for (let i = 0; i < 3; i++) await registry.registerModel(registration());
    for (const version of ['1.0.0', '1.0.1']) await toProduction(version);
    expect(await back()).toBe('1.0.0');
    await registry.promoteModel({ modelName: 'spread', version: '1.0.1', targetStage: 'development' });
    for (const version of ['1.0.1', '1.0.2']) await toProduction(version);
    expect([await back(), await back()]).toEqual(['1.0.1', '1.0.0']);
  });
});

describe('a rollback', () => {
  it('goes to archived versions only: what was taken up again, or is a candidate, passes the gates', async () => {
    for (let i = 0; i < 3; i++) await registry.registerModel(registration());
    for (const version of ['1.0.0', '1.0.1', '1.0.2']) await toProduction(version);
    for (const targetStage of ['development', 'staging'] as const)
      await registry.promoteModel({ modelName: 'spread', version: '1.0.1', targetStage });
    const { code, message } = await failure(registry.rollbackModel({ modelName: 'spread', version: '1.0.1' }));
    expect({ code, message }).toEqual({
      code: 'ILLEGAL_STATE',
      message:
        'spread can only roll back to a former production version that is archived: 1.0.0; ' +
        '1.0.1 is in Staging: promote it past the gates, or archive it first',
    });
    expect((await registry.rollbackModel({ modelName: 'spread' })).version).toBe('1.0.0');
  });

  it('passes over a version that was deleted', async () => {
    const { config, options, clock } = createWorld({ security: { auditLogRetentionDays: 1 } });
    registry = new ModelRegistry(config, options);
    for (let i = 0; i < 3; i++) await registry.registerModel(registration());
    for (const version of ['1.0.0', '1.0.1', '1.0.2']) await toProduction(version);
    clock.advance(86_400_000);
    await registry.deleteModelVersion({ modelName: 'spread', version: '1.0.1' });
    expect((await registry.rollbackModel({ modelName: 'spread' })).version).toBe('1.0.0');
  });
});

describe('gates', () => {
  const strict = {
    promotion: {
      minAccuracy: 0.7,
      maxDrift: 0.1,
      requireExplainability: true,
      requireFeatureImportance: true,
      requireBiasTesting: true,
      requireSecurityScan: true,
      requireComplianceCheck: true,
    },
  };

  it('are all reported at once, and missing evidence is not a pass', async () => {
    registry = new ModelRegistry(createWorld(strict).config, world.options);
    await registry.registerModel(registration({ performanceMetrics: { r2_score: 0.5 } }));
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'staging' });
    const result = await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'production' });
    expect(result.status === 'refused' && result.failures.map(({ gate, status }) => [gate, status])).toEqual([
      ['min_accuracy', 'failed'],
      ['max_drift', 'not_assessed'],
      ['explainability', 'not_assessed'],
      ['feature_importance', 'not_assessed'],
      ['bias_testing', 'not_assessed'],
      ['compliance', 'not_assessed'],
    ]);
    expect((await registry.getModelVersion('spread', { version: '1.0.0' })).stage).toBe('Staging');
  });

  it.each(Array.from({ length: 32 }, (_, bits) => [bits]))(
    'required in combination %i are exactly those that fail',
    async (bits) => {
      const required = (bit: number): boolean => (bits & (1 << bit)) !== 0;
      const { config } = createWorld({
        promotion: {
          minAccuracy: 0,
          maxDrift: 1,
          requireExplainability: required(0),
          requireFeatureImportance: required(1),
          requireBiasTesting: required(2),
          requireSecurityScan: required(3),
          requireComplianceCheck: required(4),
        },
      });
      registry = new ModelRegistry(config, world.options);
      const path = join(folder, 'pickled.json');
      writeFileSync(path, Buffer.from([0x80, 4, 1, 2]));
      await registry.registerModel(registration({ modelPath: path }));
      const names = ['explainability', 'feature_importance', 'bias_testing', 'security_scan', 'compliance'];
      const failed = (await registry.checkGates('spread', '1.0.0'))
        .filter(({ status }) => status !== 'passed')
        .map(({ gate }) => gate);
      expect(failed.sort()).toEqual(names.filter((_, bit) => required(bit)).sort());
    },
  );

  it('pass with evidence, and fail with evidence that says so', async () => {
    registry = new ModelRegistry(createWorld(strict).config, world.options);
    await registry.registerModel(registration());
    for (const kind of ['explainability', 'feature_importance', 'bias_testing', 'compliance'] as const) {
      await registry.recordEvidence({
        modelName: 'spread',
        version: '1.0.0',
        kind,
        passed: kind !== 'bias_testing',
        detail: { by: 'x' },
      });
    }
    await registry.recordEvidence({
      modelName: 'spread',
      version: '1.0.0',
      kind: 'drift',
      passed: true,
      detail: { overallDriftScore: 0.05 },
    });
    const gates = await registry.checkGates('spread', '1.0.0');
    expect(gates.filter(({ status }) => status !== 'passed')).toMatchObject([
      { gate: 'bias_testing', status: 'failed' },
    ]);
    await registry.recordEvidence({
      modelName: 'spread',
      version: '1.0.0',
      kind: 'drift',
      passed: false,
      detail: { overallDriftScore: 0.2 },
    });
    expect((await registry.checkGates('spread', '1.0.0')).find(({ gate }) => gate === 'max_drift')).toMatchObject({
      status: 'failed',
    });
  });

  it('judge classifiers by accuracy', async () => {
    const { config } = createWorld({
      promotion: { ...strict.promotion, minAccuracy: 0.9 },
      models: { downgrade: { task: 'classification' } },
    });
    registry = new ModelRegistry(config, world.options);
    await registry.registerModel(
      registration({ modelName: 'downgrade', modelType: 'downgrade', performanceMetrics: { accuracy: 0.95 } }),
    );
    expect((await registry.checkGates('downgrade', '1.0.0'))[0]).toMatchObject({
      gate: 'min_accuracy',
      status: 'passed',
    });
    await registry.registerModel(
      registration({ modelName: 'downgrade', modelType: 'downgrade', performanceMetrics: { r2_score: 1 } }),
    );
    expect((await registry.checkGates('downgrade', '1.0.1'))[0]).toMatchObject({ status: 'not_assessed' });
  });

  it('refuse bytes that are gone or not those registered, and formats that execute', async () => {
    await registry.registerModel(registration());
    const { files } = await registry.getModelVersion('spread', { version: '1.0.0' });
    await world.artifacts.delete(files[0]!.digest);
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'staging' });
    expect(
      await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'production' }),
    ).toMatchObject({
      status: 'refused',
      failures: [{ gate: 'security_scan', status: 'failed' }],
    });
    expect(await failure(registry.loadModel('spread', { version: '1.0.0' }))).toMatchObject({ code: 'NOT_FOUND' });
    const pickle = join(folder, 'model.pkl');
    writeFileSync(pickle, 'x');
    await registry.registerModel(registration({ modelPath: pickle }));
    expect(
      (await registry.checkGates('spread', '1.0.1')).find(({ gate }) => gate === 'security_scan')!.message,
    ).toContain('format not allowed');
    expect(await failure(registry.loadModel('spread', { version: '1.0.1' }))).toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('looking things up', () => {
  it('finds versions by number and by stage', async () => {
    await registry.registerModel(registration());
    await registry.registerModel(registration());
    await toProduction('1.0.0');
    expect((await registry.getModelVersion('spread', { stage: 'production' })).version).toBe('1.0.0');
    expect((await registry.getModelVersion('spread', { stage: 'Development' })).version).toBe('1.0.1');
    expect(await failure(registry.getModelVersion('spread', { stage: 'archived' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await failure(registry.getModelVersion('spread', { version: '9.9.9' }))).message).toContain(
      'the latest are',
    );
    expect((await failure(registry.getHistory('sprad'))).message).toContain('did you mean spread?');
    expect((await registry.listModels({ modelName: 'spread', limit: 1 })).cursor).toBeDefined();
  });

  it('says what is wrong with a stage', async () => {
    await registry.registerModel(registration());
    const error = await failure(
      registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'nowhere' as never }),
    );
    expect(error.message).toBe('targetStage must be one of Development, Staging, Production, Archived, got "nowhere"');
  });

  it('refuses files that are not models', async () => {
    const path = join(folder, 'broken.json');
    writeFileSync(path, '{');
    await registry.registerModel(registration({ modelPath: path }));
    expect(await failure(registry.loadModel('spread', { version: '1.0.0' }))).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('instances of one config', () => {
  it('share their stores until the last is closed', async () => {
    const config = MLOpsConfig.fromObject(
      { storage: { kind: 'memory' }, tracking: { logEnvironment: false, logGitSha: false } },
      { environment: {} },
    );
    const tracker = new ExperimentTracker(config);
    const shared = new ModelRegistry(config);
    await shared.registerModel(registration({ runId: await tracker.startRun({ experimentName: 'e' }) }));
    await tracker.withPrincipal({ id: 'bob', type: 'person', authentication: 'application' }).close();
    expect((await tracker.listRuns()).runs).toHaveLength(1);
    await tracker.close();
    expect(await failure(tracker.listRuns())).toMatchObject({ code: 'CLOSED' });
    expect((await shared.listModels()).versions).toHaveLength(1);
    await shared.close();
    await shared.close();
    expect(await failure(shared.listModels())).toMatchObject({ code: 'CLOSED' });
  });
});
