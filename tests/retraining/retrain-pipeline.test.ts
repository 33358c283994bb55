import { describe, expect, it, vi } from 'vitest';
import {
  AuditLog,
  DriftMonitor,
  ExperimentTracker,
  ModelRegistry,
  RetrainPipeline,
  trainModel,
  type DriftReport,
  type RetrainResult,
} from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createRandom, shuffle } from '../../src/util/random.js';
import { type SmallRow, type World, createWorld, failure, smallRows } from '../helpers.js';

interface Setup extends World {
  readonly tracker: ExperimentTracker;
  readonly registry: ModelRegistry;
  readonly pipeline: RetrainPipeline;
  readonly report: DriftReport;
}

async function setUp(policy: object = {}): Promise<Setup> {
  const world = createWorld(policy);
  const { config, options } = world;
  const tracker = new ExperimentTracker(config, options);
  const registry = new ModelRegistry(config, options);
  const pipeline = new RetrainPipeline(config, tracker, registry);
  const report = await new DriftMonitor(config, options).detectDrift({
    modelName: 'spread',
    baselineData: smallRows(2000),
    currentData: smallRows(2000, { seed: 2, shift: 4 }),
  });
  return { ...world, tracker, registry, pipeline, report };
}

const fail = (): never => {
  throw new Error('the terminal is gone');
};

async function install(
  registry: ModelRegistry,
  model: Parameters<ModelRegistry['register']>[0]['model'],
): Promise<void> {
  const { version } = await registry.register({
    modelName: 'spread',
    modelType: 'spread',
    featureColumns: ['x', 'kind'],
    targetColumn: 'y',
    model: model!,
    performanceMetrics: { r2_score: 0.1, accuracy: 0.5 },
  });
  for (const targetStage of ['staging', 'production'] as const)
    expect(await registry.promoteModel({ modelName: 'spread', version, targetStage })).toMatchObject({
      status: 'promoted',
    });
}

describe('triggerRetraining', () => {
  it.each([
    ['throws', (): never => fail()],
    ['throws at the very end', (share: number): unknown => (share === 1 ? fail() : undefined)],
    ['rejects', async (): Promise<never> => fail()],
  ])('trains and registers all the same when whoever watches %s', async (_how, onProgress) => {
    const { pipeline } = await setUp();
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const result = await pipeline.triggerRetraining({ modelName: 'spread' }, smallRows(500), {
      trigger: 'manual',
      onProgress,
    });
    expect(result).toMatchObject({ status: 'registered', newModelVersion: '1.0.0' });
    expect(warned.mock.calls).toEqual([['onProgress failed: Error: the terminal is gone', 'MLOpsWarning']]);
    warned.mockRestore();
    expect((await pipeline.listRetrainings()).retrainings).toMatchObject([{ status: 'registered' }]);
  });

  it('registers a challenger that is proved better, with where it came from', async () => {
    const { pipeline, registry, tracker, report, config, options } = await setUp();
    await install(registry, new ConstantModel(10));
    const progress: number[] = [];
    const result = await pipeline.triggerRetraining(report, smallRows(1500), {
      onProgress: (share) => progress.push(share),
    });
    expect(result).toMatchObject({ success: true, status: 'registered', newModelVersion: '1.1.0' });
    expect(result.challenge).toMatchObject({ championVersion: '1.0.0', split: 'the latest 0.2 by date' });
    expect(result.challenge!.comparison!.upper).toBeLessThan(0);
    expect(progress.at(-1)).toBe(1);
    const version = await registry.getModelVersion('spread', { version: '1.1.0' });
    expect(version).toMatchObject({
      stage: 'Development',
      runId: result.runId,
      origin: { driftReportId: report.reportId, championVersion: '1.0.0' },
      trainingData: { from: '2020-01-01T00:00:00.000Z' },
      performanceMetrics: result.challenge!.challengerMetrics,
    });
    expect(version.trainingData!.rowCount + result.challenge!.holdoutRows).toBe(1500);
    expect(version.evidence.feature_importance!.detail['importance']).toMatchObject([
      { feature: 'x' },
      { feature: 'kind' },
    ]);
    expect(version.evidence.explainability).toMatchObject({ passed: true, detail: { method: 'tree_shap' } });
    const model = await registry.loadModel('spread', { version: '1.1.0' });
    expect(model.predict({ x: 5, kind: 'BOND' })).toBeGreaterThan(13);
    expect(await tracker.getRun(result.runId!)).toMatchObject({
      status: 'completed',
      parameters: { algorithm: 'cart' },
    });
    const [record] = await new AuditLog(config, options).list({ action: 'retraining.complete' });
    expect(record!.detail).toMatchObject({ status: 'registered', newModelVersion: '1.1.0', reportId: report.reportId });
  });

  it('goes by the section of the type that the model is of, whatever it is called', async () => {
    const { pipeline, registry } = await setUp();
    const about = { modelName: 'desk', modelType: 'spread', featureColumns: ['x', 'kind'], targetColumn: 'y' };
    await registry.register({ ...about, model: new ConstantModel(10), performanceMetrics: { r2_score: 0.1 } });
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'desk', version: '1.0.0', targetStage });
    const result = await pipeline.triggerRetraining({ modelName: 'desk' }, smallRows(1500), { trigger: 'manual' });
    expect(result).toMatchObject({ status: 'registered', newModelVersion: '1.1.0' });
    expect(await registry.getModelVersion('desk', { version: '1.1.0' })).toMatchObject({ modelType: 'spread' });
  });

  it('rejects a challenger that learned from shuffled labels', async () => {
    const { pipeline, registry, report } = await setUp();
    const rows = smallRows(1500);
    const { model } = await trainModel(createWorld().config, { modelType: 'spread', data: rows });
    await install(registry, model);
    const order = Int32Array.from(rows, (_, i) => i);
    shuffle(order, createRandom(1));
    const poisoned: SmallRow[] = rows.map((row, i) => ({ ...row, y: i < 1200 ? rows[order[i]!]!.y : row.y }));
    const result = await pipeline.triggerRetraining(report, poisoned);
    expect(result).toMatchObject({ success: false, status: 'rejected', newModelVersion: null });
    expect(result.findings).toMatchObject([{ check: 'shuffled_labels', severity: 'blocking' }]);
    expect(result.challenge).toBeUndefined();
    expect((await registry.listModels()).versions).toHaveLength(1);
  });

  it('rejects a challenger that is only as good as the champion', async () => {
    const { pipeline, registry, report, config } = await setUp();
    const { model } = await trainModel(config, { modelType: 'spread', data: smallRows(1500) });
    await install(registry, model);
    expect(await pipeline.triggerRetraining(report, smallRows(1500, { seed: 9 }))).toMatchObject({
      status: 'rejected',
    });
  });

  it('takes the first model as it is', async () => {
    const { pipeline, report } = await setUp();
    const result = await pipeline.triggerRetraining(report, smallRows(400));
    expect(result).toMatchObject({ status: 'registered', newModelVersion: '1.0.0' });
    expect(result.challenge!.comparison).toBeUndefined();
  });

  it('trains in a thread where there are many rows', async () => {
    const { pipeline } = await setUp({
      retraining: { hyperparameterTuning: false, crossValidationFolds: 2, maxIterations: 3 },
      models: { spread: { featureColumns: ['x', 'kind'], targetColumn: 'y', algorithm: 'gradient_boosting' } },
    });
    const result = await pipeline.triggerRetraining({ modelName: 'spread' }, smallRows(65_000), { trigger: 'manual' });
    expect(result).toMatchObject({ status: 'registered', newModelVersion: '1.0.0' });
  }, 60_000);

  it('does nothing for a quiet report or when switched off, unless told by hand', async () => {
    const { pipeline, report } = await setUp({ retraining: { autoRetrainOnDrift: false } });
    expect((await pipeline.triggerRetraining(report, smallRows(400))).reason).toContain('auto_retrain_on_drift is off');
    expect(await pipeline.triggerRetraining({ ...report, requiresRetraining: false }, smallRows(400))).toMatchObject({
      status: 'skipped',
      trainingTimeSeconds: 0,
    });
    const { reason } = await pipeline.triggerRetraining({ modelName: 'spread' }, smallRows(400));
    expect(reason).toBe("there is no report that asks for it; pass { trigger: 'manual' } to train all the same");
    expect(await pipeline.triggerRetraining(report, smallRows(400), { trigger: 'manual' })).toMatchObject({
      status: 'registered',
    });
  });

  it('gives the same bytes for the same seed', async () => {
    const digestOf = async (): Promise<string> => {
      const { pipeline, report, registry } = await setUp();
      await pipeline.triggerRetraining(report, smallRows(500), {
        algorithm: 'random_forest',
        hyperparameters: { n_estimators: 3 },
      });
      return (await registry.getModelVersion('spread', { version: '1.0.0' })).digest;
    };
    expect(await digestOf()).toBe(await digestOf());
  });

  it('splits at random without a time column, with test_size', async () => {
    const { pipeline, report } = await setUp({ retraining: { testSize: 0.5 } });
    const rows = smallRows(400).map(({ x, kind, y }) => ({ x, kind, y }));
    expect((await pipeline.triggerRetraining(report, rows)).challenge).toMatchObject({
      holdoutRows: 200,
      split: 'a random 0.5 of the rows',
    });
  });

  it('leaves rows without a target out', async () => {
    const { pipeline, report, registry } = await setUp();
    const rows = smallRows(400).map((row, i) => (i % 2 === 0 ? { ...row, y: null } : row));
    const result: RetrainResult = await pipeline.triggerRetraining(report, rows);
    const { trainingData } = await registry.getModelVersion('spread', { version: '1.0.0' });
    expect(trainingData!.rowCount + result.challenge!.holdoutRows).toBe(200);
  });

  it('stops when told to, and the run says so', async () => {
    const { pipeline, report, tracker, registry } = await setUp();
    const controller = new AbortController();
    controller.abort();
    expect(
      await failure(pipeline.triggerRetraining(report, smallRows(400), { signal: controller.signal })),
    ).toMatchObject({ code: 'ABORTED' });
    expect((await tracker.listRuns()).runs[0]).toMatchObject({ status: 'aborted' });
    expect((await registry.listModels()).versions).toEqual([]);
  });

  it('refuses data it cannot learn from, and registers nothing', async () => {
    const { pipeline, report, tracker, registry } = await setUp();
    const cases: [readonly object[], object][] = [
      [smallRows(400).map(({ y: _, ...row }) => row), {}],
      [smallRows(400).map(({ x: _, ...row }) => row), {}],
      [smallRows(400).map((row) => ({ ...row, y: 'high' })), {}],
      [smallRows(30), {}],
      [[], {}],

      [smallRows(400), { timeColumn: 'when' }],
      [smallRows(400), { typo: 1 }],
    ];
    for (const [rows, extra] of cases) {
      expect(
        await failure(pipeline.triggerRetraining(report, rows as never, extra)),
        JSON.stringify(extra),
      ).toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect(await failure(pipeline.triggerRetraining(report, smallRows(400), { algorithm: 'oracle' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await registry.listModels()).versions).toEqual([]);
    for (const run of (await tracker.listRuns()).runs) expect(run.status).toBe('failed');
  });

  it('works for a classification', async () => {
    const { pipeline, report, registry } = await setUp({
      models: { spread: { featureColumns: ['x', 'kind'], targetColumn: 'y', task: 'classification' } },
    });
    const rows = (seed: number) => smallRows(1000, { seed }).map((row) => ({ ...row, y: row.y > 12 ? 1 : 0 }));
    await install(registry, new ConstantModel(0.5, 'classification'));
    const result = await pipeline.triggerRetraining(report, rows(3));
    expect(result.challenge!.comparison!.loss).toBe('log_loss');
    expect(result.challenge!.challengerMetrics['accuracy']).toBeGreaterThan(0.9);
    expect(result.success).toBe(true);
  });
});

describe("a trainer of somebody's own", () => {
  it('may say any progress; what is passed on lies between 0 and 1', async () => {
    const { config, tracker, registry } = await setUp();
    const mine = {
      algorithm: 'mine',
      train: async ({ onProgress }: { onProgress?: (fraction: number) => void }) => {
        for (const fraction of [NaN, 70, -30]) onProgress?.(fraction);
        return { model: new ConstantModel(1), warnings: [] };
      },
    };
    const pipeline = new RetrainPipeline(config, tracker, registry, { trainers: [mine] });
    const seen: number[] = [];
    await pipeline.triggerRetraining({ modelName: 'spread' }, smallRows(400), {
      trigger: 'manual',
      algorithm: 'mine',
      onProgress: (fraction) => seen.push(fraction),
    });
    expect(seen.filter((fraction) => !(fraction >= 0 && fraction <= 1))).toEqual([]);
  });

  it.each<[unknown, RegExp]>([
    [undefined, /the trainer mine gave no model: train resolves with \{ model, warnings \}/],
    [{ model: { predict: () => 1 }, warnings: [] }, /the trainer mine gave no model/],
    [{ model: new ConstantModel(1) }, /the trainer mine gave no model/],
    [{ model: new ConstantModel(1e308), warnings: [] }, /of the challenger is Infinity: its predictions are too large/],
  ])('that gives %o is told what is wrong with it', async (given, expected) => {
    const { config, tracker, registry } = await setUp();
    const trainers = [{ algorithm: 'mine', train: async () => given as never }];
    const pipeline = new RetrainPipeline(config, tracker, registry, { trainers });
    const error = await failure(
      pipeline.triggerRetraining({ modelName: 'spread' }, smallRows(400), { trigger: 'manual', algorithm: 'mine' }),
    );
    expect(error).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringMatching(expected) as string });
  });
});

describe('trainModel', () => {
  it('refuses a target among the features, missing columns and misspelled options', async () => {
    const { config } = createWorld();
    const features = (featureColumns: unknown) =>
      failure(trainModel(config, { modelType: 'spread', data: smallRows(100), featureColumns } as never));
    expect((await features('x')).message).toContain('featureColumns must be a list of names, got "x"');
    expect((await features(['x', 'x'])).message).toContain('featureColumns names "x" twice');
    const misspelled = { modelType: 'spread', data: smallRows(100), hyperParameters: { max_depth: 2 } };
    expect((await failure(trainModel(config, misspelled))).message).toContain('no option "hyperParameters"');
    expect(
      (await failure(trainModel(config, { modelType: 'spread', data: smallRows(100), featureColumns: ['x', 'y'] })))
        .message,
    ).toContain('must not see it');
    expect((await failure(trainModel(config, { modelType: 'other', data: smallRows(100) }))).message).toContain(
      'models.other.feature_columns',
    );
    expect(
      (await failure(trainModel(config, { modelType: 'other', data: smallRows(100), featureColumns: ['x'] }))).message,
    ).toContain('models.other.target_column');
    expect(
      (
        await failure(
          trainModel(config, { modelType: 'spread', data: smallRows(100).map((row) => ({ ...row, y: null })) }),
        )
      ).message,
    ).toContain('no row has a value');
  });
  it('says how many targets are infinite, and refuses those that no quality can be computed of', async () => {
    const { config } = createWorld();
    const withTarget = (y: number) =>
      trainModel(config, {
        modelType: 'spread',
        data: smallRows(100).map((row, i) => (i === 7 ? { ...row, y } : row)),
      });
    expect((await withTarget(-Infinity)).warnings[0]).toBe(
      'target "y" is infinite in 1 of 100 rows, which were left out: no measurement is',
    );
    expect((await failure(withTarget(1e160))).message).toContain('target "y" is 1e+160 in row 7, beyond 1e+150');
  });
});
