import { describe, expect, it, vi } from 'vitest';
import {
  Alerts,
  AuditLog,
  DriftMonitor,
  ExperimentTracker,
  type ManagedModel,
  ModelRegistry,
  RetrainPipeline,
  type RetrainPipelineOptions,
  type Trainer,
} from '@bondx/mlops';
import { ConstantModel } from '../../../src/models/constant-model.js';
import type { Timer } from '../../../src/util/timer.js';
import { type World, createWorld, failure, smallRows } from '../../helpers.js';

const [hour, day] = [3_600_000, 86_400_000];
const rows = smallRows(300);
const monthly = { scheduledRetraining: { enabled: true, frequency: 'monthly' } } as const;

/** Two of these on one world stand for two hosts. */
function host({ config, options }: World, pipelineOptions: RetrainPipelineOptions = {}) {
  const tracker = new ExperimentTracker(config, options);
  const registry = new ModelRegistry(config, options);
  return { tracker, registry, pipeline: new RetrainPipeline(config, tracker, registry, pipelineOptions) };
}

function setUp(retraining: object = {}, pipelineOptions: RetrainPipelineOptions = {}) {
  const world = createWorld({
    retraining: { hyperparameterTuning: false, crossValidationFolds: 2, ...retraining },
  });
  let loads = 0;
  const models = [{ modelName: 'spread', trainingData: async () => (loads++, rows) }];
  return { ...world, world, ...host(world, pipelineOptions), models, loads: () => loads };
}

const drift = ({ config, options }: World, shift: number) =>
  new DriftMonitor(config, options).detectDrift({
    modelName: 'spread',
    baselineData: smallRows(1500),
    currentData: smallRows(1500, { seed: 2, shift }),
  });

async function inProduction(registry: ModelRegistry, value: number, metrics: Record<string, number>): Promise<void> {
  await registry.register({
    modelName: 'spread',
    modelType: 'spread',
    featureColumns: ['x', 'kind'],
    targetColumn: 'y',
    model: new ConstantModel(value),
    performanceMetrics: { r2_score: 0.1, ...metrics },
  });
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
}

describe('runDue', () => {
  it('refuses what is no list of models', async () => {
    const { pipeline } = setUp();
    const nothing = {} as Parameters<typeof pipeline.runDue>[0];
    expect((await failure(pipeline.runDue(nothing))).message).toContain('models must be a list');
    expect(() => pipeline.automate(nothing)).toThrow('models must be a list');
  });

  it('does nothing when nothing asks, and says why', async () => {
    const { pipeline, models, loads, world } = setUp();
    expect(await pipeline.runDue({ models })).toEqual([
      {
        modelName: 'spread',
        trigger: null,
        reason: 'there is no drift report; there is no performance report; no schedule is switched on',
      },
    ]);
    await drift(world, 0);
    expect((await pipeline.runDue({ models }))[0]!.reason).toContain('the newest drift report asks for nothing');
    expect(loads()).toBe(0);
  });

  it('follows the newest drift report once, and leaves trigger and reason in the lineage', async () => {
    const { pipeline, models, registry, world, loads, config, options, tracker } = setUp();
    const report = await drift(world, 4);
    const [outcome] = await pipeline.runDue({ models });
    expect(outcome).toMatchObject({ trigger: 'drift', result: { status: 'registered', newModelVersion: '1.0.0' } });
    const reason = `drift report ${report.reportId} (drifted: x)`;
    expect((await registry.getModelVersion('spread', { version: '1.0.0' })).origin).toMatchObject({
      trigger: 'drift',
      reason,
      driftReportId: report.reportId,
    });
    expect((await tracker.getRun(outcome!.result!.runId!)).tags).toMatchObject({ trigger: 'drift', reason });
    const [record] = await new AuditLog(config, options).list({ action: 'retraining.trigger' });
    expect(record!.detail).toMatchObject({ trigger: 'drift', reason });
    world.clock.advance(30 * day);
    expect((await pipeline.runDue({ models }))[0]).toMatchObject({ trigger: null });
    expect(loads()).toBe(1);
  });

  it('follows no report that a retraining by hand has answered, and none when switched off', async () => {
    const { pipeline, models, world, loads } = setUp();
    await pipeline.triggerRetraining(await drift(world, 4), rows);
    expect((await pipeline.runDue({ models }))[0]!.reason).toContain('was followed by retraining');
    const off = setUp({ autoRetrainOnDrift: false });
    await drift(off.world, 4);
    expect((await off.pipeline.runDue({ models: off.models }))[0]!.reason).toContain('drift alarms are switched off');
    expect(loads() + off.loads()).toBe(0);
  });

  it('retrains once a period of the calendar, unless something else has', async () => {
    const { pipeline, models, clock, loads } = setUp(monthly);
    const look = async () => (await pipeline.runDue({ models }))[0]!;
    clock.advance(Date.UTC(2026, 4, 20) - clock.now());
    expect(await look()).toMatchObject({ trigger: 'schedule', reason: 'monthly, for 2026-05' });
    clock.advance(5 * day);
    expect(await look()).toMatchObject({
      trigger: null,
      reason: expect.stringContaining('retrained in 2026-05') as string,
    });
    clock.advance(10 * day);
    await pipeline.triggerRetraining({ modelName: 'spread' }, rows, { trigger: 'manual', reason: 'asked for by Ada' });
    expect(await look()).toMatchObject({ trigger: null });
    clock.advance(30 * day);
    expect(await look()).toMatchObject({ trigger: 'schedule', reason: 'monthly, for 2026-07' });
    expect(loads()).toBe(2);
  });

  it('goes by the calendar and the newest report after a clock that was ahead is set right', async () => {
    const { pipeline, models, clock, world } = setUp({ ...monthly, cooldownHours: 6 });
    const look = async () => (await pipeline.runDue({ models }))[0]!;
    clock.advance(300 * day);
    await drift(world, 0); // asks for nothing
    expect(await look()).toMatchObject({ trigger: 'schedule', result: { status: 'registered' } });
    clock.advance(-300 * day);
    expect(await look()).toMatchObject({ trigger: 'schedule', reason: 'monthly, for 2026-01' });
    clock.advance(12 * hour);
    const { reportId } = await drift(world, 4);
    expect(await look()).toMatchObject({ trigger: 'drift', reason: expect.stringContaining(reportId) as string });
  });

  it('lets no model rest that failed by a clock that was ahead', async () => {
    const trainer: Trainer = { algorithm: 'flaky', train: () => Promise.reject(new Error('out of luck')) };
    const { pipeline, clock, models, world } = setUp({ cooldownHours: 2 }, { trainers: [trainer] });
    const flaky = models.map((model) => ({ ...model, algorithm: 'flaky' }));
    await drift(world, 4);
    clock.advance(300 * day);
    expect((await pipeline.runDue({ models: flaky }))[0]).toMatchObject({ error: { message: 'out of luck' } });
    clock.advance(-300 * day);
    expect((await pipeline.runDue({ models }))[0]).toMatchObject({ result: { status: 'registered' } });
  });

  it('goes by the schedule while an alarm rests for the cooldown', async () => {
    const { pipeline, models, clock, world, config, options } = setUp({
      scheduledRetraining: { enabled: true, frequency: 'weekly' },
      cooldownHours: 24 * 30,
    });
    const look = async () => (await pipeline.runDue({ models }))[0]!;
    await drift(world, 4);
    expect(await look()).toMatchObject({ trigger: 'drift', result: { status: 'registered' } });
    clock.advance(day);
    await drift(world, 4);
    const resting = await look();
    expect(resting).toMatchObject({ trigger: null, reason: expect.stringContaining('alarms rest') as string });
    expect(await new AuditLog(config, options).list({ action: 'retraining.trigger' })).toHaveLength(1);
    clock.advance(7 * day);
    expect(await look()).toMatchObject({ trigger: 'schedule', result: { status: 'registered' } });
  });

  it('trains once when two hosts call at once, whatever the trigger', async () => {
    for (const cause of ['schedule', 'drift'] as const) {
      const { world, pipeline, models, registry } = setUp(cause === 'schedule' ? monthly : {});
      if (cause === 'drift') await drift(world, 4);
      const other = host(world).pipeline;
      const outcomes = (await Promise.all([pipeline.runDue({ models }), other.runDue({ models })])).flat();
      expect(outcomes.filter(({ result }) => result?.status === 'registered')).toHaveLength(1);
      for (const { result, trigger } of outcomes) {
        if (result?.status !== 'registered' && trigger !== null)
          expect(result).toMatchObject({ skipped: 'in_progress' });
      }
      expect((await registry.listModels()).versions).toHaveLength(1);
      const named = await world.storage.namedDigests();
      for await (const { digest } of world.artifacts.list()) expect(named).toContain(digest);
    }
  });

  it('holds no model up by another that fails, and lets the failed one rest', async () => {
    const { pipeline, clock, world } = setUp({ ...monthly, cooldownHours: 2 });
    const broken = {
      modelName: 'broken',
      modelType: 'spread',
      trainingData: () => Promise.resolve(rows.slice(0, 5)),
    };
    const flaky = { ...broken, modelName: 'flaky', algorithm: 'flaky', trainingData: () => Promise.resolve(rows) };
    const trainer: Trainer = { algorithm: 'flaky', train: () => Promise.reject(new Error('out of luck')) };
    const models = [broken, flaky, { modelName: 'spread', trainingData: () => Promise.resolve(rows) }];
    const own = host(world, { trainers: [trainer] }).pipeline;
    const [first, second, third] = await own.runDue({ models });
    expect(first).toMatchObject({ trigger: 'schedule', error: { code: 'INVALID_INPUT' } });
    expect(second).toMatchObject({ trigger: 'schedule', error: { code: 'INTERNAL', message: 'out of luck' } });
    expect(third).toMatchObject({ result: { status: 'registered' } });
    clock.advance(hour);
    expect((await own.runDue({ models }))[1]!.reason).toContain('which failed; it rests');
    clock.advance(2 * hour);
    expect((await own.runDue({ models }))[1]).toMatchObject({ error: { message: 'out of luck' } });
    expect(await failure(pipeline.runDue({ model: [] } as never))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('alerts once of data that let nothing begin, however often it is asked, until something begins', async () => {
    const { pipeline, clock, world, config, options, models } = setUp({ ...monthly, cooldownHours: 2 });
    const alerts = new Alerts(config, options);
    const ask = async (trainingData: ManagedModel['trainingData']) => {
      const [outcome] = await pipeline.runDue({ models: [{ modelName: 'spread', trainingData }] });
      const events = await alerts.scan();
      clock.advance(hour / 4);
      return { error: outcome!.error?.message, told: events.map(({ notice, alert }) => [notice, alert.title]) };
    };
    const short = async () => rows.slice(0, 5);
    const [raised, again] = [await ask(short), await ask(short)];
    expect(raised.told).toEqual([['raised', 'spread: a retraining could not begin']]);
    expect(again).toEqual({ error: raised.error, told: [] });
    const { alerts: open } = await alerts.list({ status: 'open' });
    expect(open).toMatchObject([
      { key: 'retraining/spread', message: raised.error, evidence: { trigger: 'schedule' }, count: 1 },
    ]);
    const before = await new AuditLog(config, options).list({ action: 'monitoring.raise_alert' });
    expect(before).toHaveLength(1);
    await ask(() => Promise.reject(new Error('the warehouse is away')));
    expect((await alerts.list()).alerts).toMatchObject([{ message: 'the warehouse is away', count: 2 }]);
    clock.advance(5 * hour); // what goes on for longer than the cooldowns is told of again
    expect((await ask(() => Promise.reject(new Error('the warehouse is away')))).told).toEqual([
      ['repeated', 'spread: a retraining could not begin'],
    ]);
    expect((await ask(models[0]!.trainingData)).told).toEqual([['recovered', 'spread: a retraining could not begin']]);
    expect((await host(world).pipeline.listRetrainings()).retrainings).toHaveLength(1);
  });

  it('alerts of nobody who asked by hand and was told, nor where the policy wants none', async () => {
    const { pipeline, config, options } = setUp();
    const short = rows.slice(0, 5);
    await failure(pipeline.triggerRetraining({ modelName: 'spread' }, short, { trigger: 'manual' }));
    expect(await new Alerts(config, options).scan()).toEqual([]);
    const off = createWorld({ retraining: monthly, monitoring: { alertOnRetrainingFailure: false } });
    await host(off).pipeline.runDue({ models: [{ modelName: 'spread', trainingData: async () => short }] });
    expect(await new Alerts(off.config, off.options).scan()).toEqual([]);
  });

  it('alerts of a retraining that failed of a model that is not registered yet', async () => {
    const trainer: Trainer = { algorithm: 'flaky', train: () => Promise.reject(new Error('out of luck')) };
    const { pipeline, config, options, models } = setUp(monthly, { trainers: [trainer] });
    await pipeline.runDue({ models: models.map((model) => ({ ...model, algorithm: 'flaky' })) });
    expect(await new Alerts(config, options).scan()).toMatchObject([
      { notice: 'raised', alert: { key: 'retraining/spread', message: 'out of luck' } },
    ]);
  });

  it('holds no model up by one that the caller may not look at, and refuses what names none before any', async () => {
    const { world, models } = setUp({});
    const access = { bindings: [{ principal: 'ada', role: 'operator', models: ['spread'] }] };
    const { config } = createWorld({ access, retraining: { ...monthly, crossValidationFolds: 2 } });
    const { pipeline } = host({ ...world, config });
    const [first, second] = await pipeline.runDue({ models: [{ ...models[0]!, modelName: 'rates' }, ...models] });
    expect(first).toMatchObject({ modelName: 'rates', trigger: null, error: { code: 'FORBIDDEN' } });
    expect(second).toMatchObject({ trigger: 'schedule' });
    const misspelled: object = { ...models[0]!, modeltype: 'spread' };
    for (const wrong of [{ ...models[0]!, modelName: '' }, null, { modelName: 'rates' }, misspelled]) {
      const before = await pipeline.listRetrainings({ modelName: 'spread' });
      const refused = await failure(pipeline.runDue({ models: [models[0]!, wrong as never] }));
      expect(refused).toMatchObject({ code: 'INVALID_INPUT' });
      expect(await pipeline.listRetrainings({ modelName: 'spread' })).toEqual(before);
    }
  });
});

describe('checkPerformance', () => {
  it('asks for a retraining when the loss has provably grown, which runDue follows', async () => {
    const { pipeline, models, registry } = setUp();
    await inProduction(registry, 12, { mae: 3 });
    const report = await pipeline.checkPerformance({ modelName: 'spread', data: smallRows(500) });
    expect(report).toMatchObject({
      verdict: 'dropped',
      requiresRetraining: true,
      metric: 'mae',
      registered: 3,
      rows: 500,
    });
    expect(report.limit).toBeCloseTo(3.3, 12);
    expect(report.lower).toBeGreaterThan(3.3);
    expect(report.current).toBeGreaterThan(report.lower!);
    const [outcome] = await pipeline.runDue({ models });
    expect(outcome).toMatchObject({
      trigger: 'performance',
      result: { status: 'registered', newModelVersion: '1.1.0' },
    });
    expect((await registry.getModelVersion('spread', { version: '1.1.0' })).origin).toMatchObject({
      trigger: 'performance',
      performanceReportId: report.reportId,
    });
    expect((await pipeline.runDue({ models }))[0]).toMatchObject({ trigger: null });
  });

  it('does not when it held, when nobody can tell, or when there is nothing to compare with', async () => {
    const verdict = async (metrics: Record<string, number>, data: number | readonly object[]) => {
      const { pipeline, registry } = setUp();
      await inProduction(registry, 12, metrics);
      const report = await pipeline.checkPerformance({
        modelName: 'spread',
        data: typeof data === 'number' ? smallRows(data) : data,
      });
      expect(report.requiresRetraining).toBe(false);
      return report.verdict;
    };
    expect(await verdict({ mae: 6 }, 500)).toBe('held');
    expect(await verdict({ mae: 4.7 }, 60)).toBe('inconclusive');
    expect(await verdict({ mae: 1 }, 20)).toBe('not_assessed');
    expect(await verdict({}, 500)).toBe('not_assessed');
    expect(await verdict({ mae: 1 }, [])).toBe('not_assessed');
    const unlabelled = rows.map((row) => ({ ...row, y: null })); // outcomes often arrive late
    expect(await verdict({ mae: 1 }, unlabelled)).toBe('not_assessed');
    const huge = rows.map((row) => ({ ...row, y: Number.MAX_VALUE }));
    expect(await verdict({ mae: 1 }, huge)).toBe('not_assessed');
    const { pipeline } = setUp();
    expect(await failure(pipeline.checkPerformance({ modelName: 'spread', data: rows }))).toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('is replayed to the same bits, and follows the switch and the threshold of the policy', async () => {
    const reportOf = async (policy: object) => {
      const world = createWorld(policy);
      const { registry, pipeline } = host(world);
      await inProduction(registry, 12, { mae: 4 });
      const { policyDigest: _, ...report } = await pipeline.checkPerformance({ modelName: 'spread', data: rows });
      const models = [{ modelName: 'spread', trainingData: async () => rows }];
      return { report, outcome: (await pipeline.runDue({ models }))[0]! };
    };
    const first = await reportOf({});
    expect(first.report.verdict).toBe('dropped');
    expect((await reportOf({})).report).toEqual(first.report);
    expect((await reportOf({ monitoring: { performanceDropThreshold: 1 } })).report.verdict).toBe('held');
    const off = await reportOf({ retraining: { autoRetrainOnPerformanceDrop: false } });
    expect(off.outcome.reason).toContain('performance alarms are switched off');
  });
});

describe('automate', () => {
  it('tells of each model once it is done, also when stopped at the next or when told in vain', async () => {
    let tick: () => void = () => undefined;
    const timer: Timer = { every: (_ms, task) => ((tick = task), () => undefined) };
    const { world } = setUp(monthly);
    const { pipeline } = host(world, { timer });
    let isAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    const told: string[] = [];
    const errors: unknown[] = [];
    const model = { modelName: 'spread', trainingData: async () => rows };
    const automation = pipeline.automate({
      models: [
        model,
        { ...model, modelName: 'rates', modelType: 'spread', trainingData: async () => (isAsked(), rows) },
      ],
      onOutcome: ({ modelName }) => {
        told.push(modelName);
        throw new Error('told in vain');
      },
      onError: (error) => errors.push(error),
    });
    tick();
    await asked;
    expect(told).toEqual(['spread']);
    expect(errors).toMatchObject([{ message: 'told in vain' }]);
    await automation.stop();
  });

  it('outlives onOutcome and onError that fail later, as asynchronous ones do', async () => {
    let tick: () => void = () => undefined;
    const timer: Timer = { every: (_ms, task) => ((tick = task), () => undefined) };
    const { world } = setUp(monthly);
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { pipeline } = host(world, { timer });
    const failLater = (): Promise<never> => Promise.reject(new Error('the chat is away'));
    const automation = pipeline.automate({
      models: [{ modelName: 'spread', trainingData: async () => rows }],
      onOutcome: failLater,
      onError: failLater,
    });
    tick();
    await vi.waitFor(
      () =>
        expect(warned.mock.calls).toContainEqual([
          'onError of automatic retraining failed: Error: the chat is away',
          'MLOpsWarning',
        ]),
      5_000,
    );
    await automation.stop();
    warned.mockRestore();
  });

  it('warns of what fails where nobody is told', async () => {
    let tick: () => void = () => undefined;
    const timer: Timer = { every: (_ms, task) => ((tick = task), () => undefined) };
    const { world } = setUp(monthly);
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { pipeline } = host(world, { timer });
    const trainingData = () => Promise.reject(new Error('the warehouse is away'));
    const automation = pipeline.automate({ models: [{ modelName: 'spread', trainingData }] });
    tick();
    await vi.waitFor(() => expect(warned).toHaveBeenCalled(), { timeout: 20_000 });
    expect(warned.mock.calls[0]![0]).toBe('retraining: spread (schedule) failed: the warehouse is away');
    await automation.stop();
    warned.mockRestore();
  });

  it('looks again and again, a little out of step, and is stopped with what is under way', async () => {
    let tick: () => void = () => undefined;
    const intervals: number[] = [];
    let isStopped = false;
    const timer: Timer = {
      every: (ms, task) => ((tick = task), intervals.push(ms), () => (isStopped = true)),
    };
    const patient: Trainer = {
      algorithm: 'patient',
      train: ({ signal }) =>
        new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error))),
    };
    const { world, clock } = setUp(monthly);
    const { pipeline } = host(world, { trainers: [patient], timer });
    const outcomes: string[] = [];
    const models = [{ modelName: 'spread', trainingData: async () => rows }];
    const automation = pipeline.automate({
      models,
      everyMs: 60_000,
      onOutcome: ({ modelName, result }) => outcomes.push(`${modelName} ${result?.status}`),
    });
    tick();
    tick(); // while the first look is under way
    await automation.stop();
    expect(isStopped).toBe(true);
    expect(intervals[0]).toBeGreaterThanOrEqual(60_000);
    expect(intervals[0]).toBeLessThan(66_000);

    clock.advance(31 * day);
    const slow = pipeline.automate({ models: [{ ...models[0]!, algorithm: 'patient' }], everyMs: 60_000 });
    tick();
    while ((await pipeline.listRetrainings({ status: 'running' })).retrainings.length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await slow.stop();
    expect((await pipeline.listRetrainings()).retrainings[0]!.status).not.toBe('running');
    expect(() => pipeline.automate({ models, everyMs: 1 })).toThrow('everyMs');
  });
});
