import { beforeEach, describe, expect, it } from 'vitest';
import {
  AuditLog,
  CanaryDeploymentManager,
  DataProtection,
  ExperimentTracker,
  KeyAdministration,
  ModelRegistry,
  RetrainPipeline,
} from '@bondx/mlops';
import { PredictionLog } from '../../../src/canary/prediction-log.js';
import { ConstantModel } from '../../../src/models/constant-model.js';
import { type World, createWorld, failure, smallRows } from '../../helpers.js';

const hour = 3_600_000;
const day = 24 * hour;
const reason = 'request 17';
let world: World;
let manager: CanaryDeploymentManager;
let protection: DataProtection;

async function begin(policy: Parameters<typeof createWorld>[0] = {}): Promise<void> {
  world = createWorld({ canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] }, ...policy });
  // Memory that is shared, and keys too: everything below works on one store.
  const registry = new ModelRegistry(world.config, world.options);
  for (let i = 0; i < 2; i++) {
    await registry.register({
      ...{ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(i + 0.125) },
      performanceMetrics: { r2_score: 0.5 },
    });
  }
  for (const targetStage of ['staging', 'production'] as const) {
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  }
  manager = new CanaryDeploymentManager(world.config, registry);
  protection = new DataProtection(world.config, world.options);
  await manager.createCanaryDeployment({
    ...{ modelName: 'spread', candidateVersion: '1.0.1', labelWindowHours: 48, initialTrafficPercentage: 0.5 },
  });
  await manager.serve('spread');
}

const predict = (subject?: string): string =>
  manager.predict({ modelName: 'spread', features: { x: 1 }, segment: 'Banks', ...(subject && { subject }) }).requestId;

const stored = async (): Promise<string> => {
  const all = await Promise.all(
    ['canary_predictions', 'subject_keys'].map((collection) => world.storage.query(collection, { limit: 1000 })),
  );
  return JSON.stringify([all, await new AuditLog(world.config, world.options).list({ limit: 1000 })]);
};

/** What a process that serves does every hour. */
const purge = (): Promise<number> => {
  const minimumDays = world.config.policy.retention.predictionsMinimumDays;
  return new PredictionLog({ subjects: undefined as never, minimumDays }).purge(world.storage, world.clock.now());
};

beforeEach(() => begin());

describe('predictions about a subject', () => {
  it('are stored encrypted, under a pseudonym, and take their labels', async () => {
    const [plain, sealed] = [predict(), predict('client-4711')];
    await manager.flush();
    const record = await world.storage.get('canary_predictions', sealed);
    expect(record!.value).not.toHaveProperty('prediction');
    expect(JSON.stringify(record)).not.toMatch(/\.125|Banks|4711/);
    expect((await world.storage.get('canary_predictions', plain))!.value).toMatchObject({ segment: 'Banks' });
    expect(await manager.recordActual(sealed, 0.5)).toBe('joined');
    expect(await manager.recordActual(sealed, 0.5)).toBe('already_labelled');
    expect(await manager.recordActual(plain, 0.5)).toBe('joined');
    expect(await stored()).not.toContain('4711');
  });

  it('are not stored when the caller cannot say who it is', async () => {
    const requestId = predict(4711 as never);
    await manager.flush();
    expect(await manager.recordActual(requestId, 0.5)).toBe('unknown');
  });

  it('that were altered or moved to another request are not believed', async () => {
    const [one, two] = [predict('a'), predict('a')];
    await manager.flush();
    const [from, to] = [
      await world.storage.get('canary_predictions', one),
      await world.storage.get('canary_predictions', two),
    ];
    const payload = (from!.value as { payload: string }).payload;
    const value = { ...(to!.value as object), payload };
    await world.storage.commit([
      { kind: 'put', collection: 'canary_predictions', id: two, value, expect: to!.version },
    ]);
    expect(await failure(manager.recordActual(two, 1))).toMatchObject({ code: 'CORRUPT' });
    expect(await manager.recordActual(one, 1)).toBe('joined');
  });
});

describe('erasing a subject', () => {
  it('makes what is stored unreadable and takes nothing more of them, of nobody else', async () => {
    const [theirs, others] = [predict('client-4711'), predict('client-4712')];
    await manager.flush();
    const pending = predict('client-4711');
    const erased = await protection.eraseSubject('client-4711', { reason });
    expect(erased.erasedAt).toBeDefined();
    const late = predict('client-4711');
    expect(await manager.recordActual(theirs, 1)).toBe('erased');
    expect(await manager.recordActual(pending, 1)).toBe('unknown');
    expect(await manager.recordActual(late, 1)).toBe('unknown');
    expect(await manager.recordActual(others, 1)).toBe('joined');
    expect(await protection.eraseSubject('client-4711', { reason })).toEqual(erased);
  });

  it('leaves a record that names the pseudonym only, in a chain that verifies', async () => {
    predict('client-4711');
    await manager.flush();
    const { subject } = await protection.eraseSubject('client-4711', { reason });
    const audit = new AuditLog(world.config, world.options);
    const records = await audit.list({ action: 'privacy.erase_subject' });
    expect(records).toMatchObject([{ decision: 'allow', reason, resource: { type: 'subject', id: subject } }]);
    expect(await audit.verify()).toMatchObject({ status: 'ok' });
    expect(await stored()).not.toContain('4711');
  });

  it('finds subjects from before a pseudonym key was rotated and revoked, and keeps them erased', async () => {
    const before = predict('client-4711');
    await manager.flush();
    const keys = new KeyAdministration(world.config, world.options);
    const old = (await keys.list()).find(({ purpose, status }) => purpose === 'pseudonym' && status === 'active')!;
    await keys.rotate('pseudonym');
    await keys.revoke(old.id, 'leaked');
    await protection.eraseSubject('client-4711', { reason });
    expect(await manager.recordActual(before, 1)).toBe('erased');
    const late = predict('client-4711');
    expect(await manager.recordActual(late, 1)).toBe('unknown');
  });

  it('names the retrainings that have not ended, whose rows may be about the subject, until they have', async () => {
    const registry = new ModelRegistry(world.config, world.options);
    const tracker = new ExperimentTracker(world.config, world.options);
    const pipeline = new RetrainPipeline(world.config, tracker, registry);
    const stop = new AbortController();
    const stopped = pipeline.triggerRetraining({ modelName: 'rates' }, smallRows(300), {
      ...{ trigger: 'manual', modelType: 'spread', signal: stop.signal },
      onProgress: (_share, step) => (step === 'compare' ? stop.abort() : undefined),
    });
    expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });
    const { retrainingId } = (await pipeline.listRetrainings()).retrainings[0]!;
    for (const subject of ['a', 'b']) predict(subject);
    await manager.flush();
    expect(await protection.eraseSubject('a', { reason })).toMatchObject({ unfinishedRetrainings: [retrainingId] });
    const audit = new AuditLog(world.config, world.options);
    expect((await audit.list({ action: 'privacy.erase_subject' })).at(-1)).toMatchObject({
      detail: { unfinishedRetrainings: [retrainingId], count: 1 },
    });
    const { snapshot } = (await world.storage.get('retrainings', retrainingId))!.value as {
      snapshot: { digest: never };
    };
    expect(await world.artifacts.stat(snapshot.digest)).toBeDefined();
    await pipeline.resume(retrainingId);
    expect(await world.artifacts.stat(snapshot.digest)).toBeUndefined();
    expect(await protection.eraseSubject('b', { reason })).not.toHaveProperty('unfinishedRetrainings');
  });

  it('is refused for nobody, without a reason, and for a subject that nothing is stored of', async () => {
    expect(await failure(protection.eraseSubject('', { reason }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failure(protection.eraseSubject('a', { reason: ' ' }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failure(protection.eraseSubject('a', { reason }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('what stands against an erasure', () => {
  it('is a hold, until it is released; the predictions stay meanwhile, however old', async () => {
    const [held, free] = [predict('a'), predict('b')];
    await manager.flush();
    await protection.holdSubject('a', { reason: 'court order' });
    expect(await failure(protection.eraseSubject('a', { reason }))).toMatchObject({
      code: 'ILLEGAL_STATE',
      message: expect.stringMatching(/on hold since .*court order.*release it first/) as string,
    });
    const audit = new AuditLog(world.config, world.options);
    expect(await audit.list({ action: 'privacy.erase_subject' })).toMatchObject([{ decision: 'error' }]);
    world.clock.advance(30 * day);
    await purge();
    expect(await manager.recordActual(held, 1)).toBe('too_late');
    expect(await manager.recordActual(free, 1)).toBe('unknown');
    await protection.releaseSubject('a', { reason: 'case closed' });
    expect(await protection.eraseSubject('a', { reason })).toHaveProperty('erasedAt');
    expect(await failure(protection.holdSubject('a', { reason }))).toMatchObject({ code: 'ILLEGAL_STATE' });
  });

  it('is the minimum retention, counted from the newest prediction; nothing is deleted before either', async () => {
    await begin({
      retention: { predictionsMinimumDays: 10 },
      canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] },
    });
    predict('a');
    await manager.flush();
    world.clock.advance(5 * day);
    const requestId = predict('a');
    await manager.flush();
    world.clock.advance(9 * day);
    expect(await failure(protection.eraseSubject('a', { reason }))).toMatchObject({
      code: 'ILLEGAL_STATE',
      message: expect.stringContaining('predictions_minimum_days') as string,
    });
    await purge();
    expect(await manager.recordActual(requestId, 1)).toBe('too_late');
    world.clock.advance(day);
    expect(await protection.eraseSubject('a', { reason })).toHaveProperty('erasedAt');
  });
});
