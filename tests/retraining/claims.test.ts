import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type AsyncModel,
  DriftMonitor,
  ExperimentTracker,
  ModelRegistry,
  RetrainPipeline,
  type Trainer,
} from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { LeaseKeeper, putLease, readLease } from '../../src/retraining/lease.js';
import type { Timer } from '../../src/util/timer.js';
import { type World, createWorld, failure, lenient, smallRows } from '../helpers.js';

const hour = 3_600_000;
const rows = smallRows(300);

/** A trainer that waits in mid-training until it is let go. */
function patientTrainer() {
  let goOn: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (goOn = resolve));
  let begun: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (begun = resolve));
  const trainer: Trainer = {
    algorithm: 'patient',
    async train() {
      begun();
      await gate;
      return { model: new ConstantModel(12), warnings: [] };
    },
  };
  return { trainer, started, goOn: () => goOn() };
}

async function setUp(policy: object = {}, promotion: object = lenient.promotion) {
  const retraining = { hyperparameterTuning: false, crossValidationFolds: 2, ...policy };
  const world = createWorld({ retraining, promotion });
  const patient = patientTrainer();
  return { ...world, patient, ...pipelineOf(world, [patient.trainer]) };
}

function pipelineOf({ config, options }: World, trainers: readonly Trainer[] = []) {
  const tracker = new ExperimentTracker(config, options);
  const registry = new ModelRegistry(config, options);
  return { tracker, registry, pipeline: new RetrainPipeline(config, tracker, registry, { trainers }) };
}

const alarm = ({ config, options }: World, seed = 2) =>
  new DriftMonitor(config, options).detectDrift({
    modelName: 'spread',
    baselineData: smallRows(1500),
    currentData: smallRows(1500, { seed, shift: 4 }),
  });

describe('one retraining a model at a time', () => {
  it('leaves a model alone that another is at, and begins when that process has gone', async () => {
    const world = await setUp();
    const { pipeline, patient, clock, registry, tracker } = world;
    const manual = { trigger: 'manual' } as const;
    const slow = pipeline.triggerRetraining({ modelName: 'spread' }, rows, { ...manual, algorithm: 'patient' });
    await patient.started;
    const { pipeline: other } = pipelineOf(world);
    expect(await other.triggerRetraining({ modelName: 'spread' }, rows, manual)).toMatchObject({
      status: 'skipped',
      skipped: 'in_progress',
    });
    clock.advance(hour); // nobody renewed: the first counts as dead
    const second = await other.triggerRetraining({ modelName: 'spread' }, rows, manual);
    expect(second).toMatchObject({ status: 'registered', newModelVersion: '1.0.0' });
    patient.goOn(); // it was not dead: what it does is void
    expect(await failure(slow)).toMatchObject({ code: 'CONFLICT' });
    expect((await registry.listModels()).versions).toHaveLength(1);
    const { retrainings } = await other.listRetrainings({ modelName: 'spread' });
    expect(retrainings.map(({ status }) => status).sort()).toEqual(['abandoned', 'registered']);
    expect((await tracker.listRuns()).runs.map(({ status }) => status).sort()).toEqual(['completed', 'killed']);
  });

  it('gives one up whose process dies every time without getting further', async () => {
    const world = await setUp();
    const { clock, options, tracker } = world;
    const wish = { trigger: 'manual', idempotencyKey: 'key', algorithm: 'patient' } as const;
    const die = async (): Promise<void> => {
      const { trainer, started } = patientTrainer();
      void pipelineOf(world, [trainer]).pipeline.triggerRetraining({ modelName: 'spread' }, rows, wish);
      await started;
      clock.advance(hour); // nobody renews: it counts as dead
    };
    for (let attempt = 1; attempt <= 4; attempt++) await die(); // the first completed the steps before training
    const { pipeline } = pipelineOf(world, [world.patient.trainer]);
    expect((await pipeline.listRetrainings()).retrainings).toMatchObject([{ status: 'running', attempt: 4 }]);
    const given = await pipeline.triggerRetraining({ modelName: 'spread' }, rows, wish);
    expect(given).toMatchObject({ status: 'skipped', skipped: 'given_up' });
    expect(given.reason).toContain('the process died in 3 attempts in a row (4 in all)');
    const [failed] = (await pipeline.listRetrainings()).retrainings;
    expect(failed).toMatchObject({ status: 'failed', attempt: 4, error: expect.stringContaining('memory') as string });
    expect((await tracker.listRuns()).runs.map(({ status }) => status)).toEqual(['killed']);
    for await (const left of options.artifacts!.list()) throw new Error(`left ${left.digest}`);
    await die(); // asked again, it begins anew
    expect((await pipeline.listRetrainings()).retrainings).toHaveLength(2);
  });

  it('does not wait for a process that died while its clock was ahead', async () => {
    const world = await setUp();
    const { pipeline, patient, clock } = world;
    const manual = { trigger: 'manual' } as const;
    clock.advance(300 * 24 * hour);
    const slow = pipeline.triggerRetraining({ modelName: 'spread' }, rows, { ...manual, algorithm: 'patient' });
    await patient.started;
    const { pipeline: other } = pipelineOf(world);
    clock.advance(-hour); // hosts may differ by as much, and leases are believed
    const early = await other.triggerRetraining({ modelName: 'spread' }, rows, manual);
    expect(early).toMatchObject({ skipped: 'in_progress' });
    clock.advance(-299 * 24 * hour);
    const second = await other.triggerRetraining({ modelName: 'spread' }, rows, manual);
    expect(second).toMatchObject({ status: 'registered' });
    patient.goOn();
    expect(await failure(slow)).toMatchObject({ code: 'CONFLICT' });
  });

  it('renews its lease while it works', async () => {
    const { storage, clock } = createWorld();
    let tick: () => void = () => undefined;
    const timer: Timer = { every: (_ms, task) => ((tick = task), () => undefined) };
    const lease = { retrainingId: 'r', holder: 'h', expiresAt: clock.now() + 9000 };
    await storage.commit([putLease('spread', lease, 'absent')]);
    const keeper = new LeaseKeeper(storage, 'spread', lease, 9000, clock, timer);
    clock.advance(3000);
    tick();
    await keeper.stop();
    expect((await readLease(storage, 'spread')).value!.expiresAt).toBe(clock.now() + 9000);
    const { recordVersion } = await readLease(storage, 'spread');
    await storage.commit([putLease('spread', { ...lease, holder: 'other' }, recordVersion)]);
    clock.advance(3000);
    await keeper.renewIfDue();
    expect(keeper.lost.aborted).toBe(true);
  });
});

describe('alarm storms', () => {
  it('are one retraining for one report on the same data', async () => {
    const world = await setUp();
    const report = await alarm(world);
    const first = await world.pipeline.triggerRetraining(report, rows);
    expect(first.status).toBe('registered');
    world.clock.advance(48 * hour);
    expect(await world.pipeline.triggerRetraining(report, rows)).toEqual(first);
    expect((await world.pipeline.listRetrainings()).retrainings).toHaveLength(1);
  });

  it('rest for the cooldown while production is the same, unless told by hand', async () => {
    const world = await setUp({ cooldownHours: 6 });
    await world.pipeline.triggerRetraining(await alarm(world), rows);
    const again = await alarm(world, 3);
    world.clock.advance(5 * hour);
    expect(await world.pipeline.triggerRetraining(again, rows)).toMatchObject({ skipped: 'cooldown' });
    world.clock.advance(2 * hour);
    expect(await world.pipeline.triggerRetraining(again, rows)).toMatchObject({ status: 'registered' });
  });

  it('rest as long where data were refused meanwhile', async () => {
    const world = await setUp({ cooldownHours: 6 });
    await world.pipeline.triggerRetraining(await alarm(world), rows);
    const spoilt = rows.map((row) => ({ ...row, y: 7 }));
    world.clock.advance(hour);
    const refused = await world.pipeline.triggerRetraining(await alarm(world, 3), spoilt, { trigger: 'manual' });
    expect(refused).toMatchObject({ status: 'rejected', reason: expect.stringContaining('refused') as string });
    world.clock.advance(hour);
    expect(await world.pipeline.triggerRetraining(await alarm(world, 4), rows)).toMatchObject({ skipped: 'cooldown' });
  });

  it('are told apart by a key of the caller, which asks for data only once', async () => {
    const { pipeline } = await setUp();
    let loads = 0;
    const load = () => Promise.resolve((loads++, rows));
    const options = { trigger: 'schedule', idempotencyKey: 'spread/2026-01' } as const;
    const first = await pipeline.triggerRetraining({ modelName: 'spread' }, load, options);
    expect(await pipeline.triggerRetraining({ modelName: 'spread' }, load, options)).toEqual(first);
    expect(loads).toBe(1);
  });
});

describe('a retraining that is stopped', () => {
  it('is resumed; one that failed is not', async () => {
    const { pipeline } = await setUp();
    const controller = new AbortController();
    const stopped = pipeline.triggerRetraining({ modelName: 'spread' }, rows, {
      trigger: 'manual',
      signal: controller.signal,
      onProgress: (_share, step) => (step === 'compare' ? controller.abort() : undefined),
    });
    expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });
    const [interrupted] = (await pipeline.listRetrainings()).retrainings;
    expect(interrupted!.status).toBe('interrupted');
    expect(await pipeline.resume(interrupted!.retrainingId)).toMatchObject({ status: 'registered' });

    const broken: Trainer = { algorithm: 'broken', train: () => Promise.reject(new Error('out of luck')) };
    const world = createWorld();
    const { pipeline: failing, tracker } = pipelineOf(world, [broken]);
    const options = { trigger: 'manual', algorithm: 'broken' } as const;
    expect((await failure(failing.triggerRetraining({ modelName: 'spread' }, rows, options))).message).toBe(
      'out of luck',
    );
    const [failed] = (await failing.listRetrainings({ status: 'failed' })).retrainings;
    expect(failed!.error).toBe('out of luck');
    expect((await tracker.listRuns()).runs[0]).toMatchObject({ status: 'failed' });
    expect(await failing.resume(failed!.retrainingId)).toMatchObject({ status: 'skipped' });
    expect(await failure(failing.resume('nowhere'))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is left to a host that has its trainer by one that has not', async () => {
    const world = await setUp();
    const { pipeline, patient } = world;
    const wish = { trigger: 'manual', idempotencyKey: 'key' } as const;
    const controller = new AbortController();
    const stopped = pipeline.triggerRetraining({ modelName: 'spread' }, rows, {
      ...wish,
      algorithm: 'patient',
      signal: controller.signal,
    });
    await patient.started;
    controller.abort();
    patient.goOn();
    expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });
    const [interrupted] = (await pipeline.listRetrainings()).retrainings;

    const { pipeline: without } = pipelineOf(world);
    for (const refused of [
      without.resume(interrupted!.retrainingId),
      without.triggerRetraining({ modelName: 'spread' }, rows, wish),
    ]) {
      const { code, message } = await failure(refused);
      expect({ code, message }).toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining('patient') as string,
      });
    }
    expect(await pipeline.getRetraining(interrupted!.retrainingId)).toEqual(interrupted);
    expect(await pipeline.resume(interrupted!.retrainingId)).toMatchObject({ status: 'rejected' }); // it is constant
  });

  it('is left to a host that can read the production version by one that cannot', async () => {
    const world = await setUp({}, { ...lenient.promotion, requireSecurityScan: false });
    const { config, patient, registry, tracker } = world;
    const modelPath = join(mkdtempSync(join(tmpdir(), 'claims-')), 'model.mine');
    writeFileSync(modelPath, 'mine');
    const about = { modelName: 'spread', modelType: 'spread', version: '1.0.0', featureColumns: ['x'] };
    await registry.register({ ...about, targetColumn: 'y', modelPath, performanceMetrics: { r2_score: 1 } });
    for (const targetStage of ['staging', 'production'] as const)
      expect(await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage })).toMatchObject({
        status: 'promoted',
      });
    const mine = new ConstantModel(12) as unknown as AsyncModel;
    const loaders = [{ ending: '.mine', open: () => Promise.resolve(mine) }];
    const trainers = [patient.trainer];
    const able = new RetrainPipeline(config, tracker, registry, { loaders, trainers });
    const controller = new AbortController();
    const wish = { trigger: 'manual', algorithm: 'patient' } as const;
    const stopped = able.triggerRetraining({ modelName: 'spread' }, rows, { ...wish, signal: controller.signal });
    await patient.started;
    controller.abort();
    patient.goOn();
    expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });
    const { retrainingId } = (await able.listRetrainings()).retrainings[0]!;

    const unable = new RetrainPipeline(config, tracker, registry, { trainers });
    const { code, message } = await failure(unable.resume(retrainingId));
    expect({ code, message }).toEqual({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/model\.mine .*is left as it is: resume it on a host that has/) as string,
    });
    expect(await able.getRetraining(retrainingId)).toMatchObject({ status: 'interrupted' });
    expect(await able.resume(retrainingId)).toMatchObject({ status: 'rejected' });
    // Where it began there is nobody to leave it to.
    expect(await failure(unable.triggerRetraining({ modelName: 'spread' }, rows, wish))).toMatchObject({
      code: 'UNSUPPORTED',
    });
    expect((await able.listRetrainings({ status: 'failed' })).retrainings).toHaveLength(1);
  });
});
