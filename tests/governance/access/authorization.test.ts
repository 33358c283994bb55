import { describe, expect, it } from 'vitest';
import {
  AuditLog,
  DriftMonitor,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  PolicyError,
  type Principal,
} from '@bondx/mlops';
import { ConstantModel } from '../../../src/models/constant-model.js';
import { createWorld, failure } from '../../helpers.js';

const as = (id: string, type: Principal['type'] = 'person'): Principal => ({ id, type, authentication: 'application' });

const access = {
  roles: { watcher: ['read', 'monitor'] },
  bindings: [
    { principal: 'dev', role: 'developer', models: ['spread'] },
    { principal: 'old', role: 'developer', expires: '2000-01-01' },
    { principal: 'prod-only', role: 'developer', environments: ['production'] },
    { principal: 'batch', type: 'service', role: 'watcher', aliases: ['batch-2'] },
    { principal: 'lead', role: 'developer' },
    { principal: 'aud', role: 'auditor' },
  ],
  forbids: [{ principal: 'lead', permissions: ['track'], models: ['secret'] }],
} as const;

const world = () => createWorld({ access });

describe('authorization', () => {
  it('permits what a role gives within its models, and denies everything else', async () => {
    const { config, options } = world();
    const tracker = new ExperimentTracker(config, { ...options, principal: as('dev') });
    const runId = await tracker.startRun({ experimentName: 'spread' });
    await tracker.logMetrics(runId, { mae: 1 });
    await tracker.startRun({ experimentName: 'spread_retraining' });
    expect(await failure(tracker.startRun({ experimentName: 'liquidity' }))).toMatchObject({
      code: 'FORBIDDEN',
      message:
        'tracking.start_run is denied in development: dev has the permission track for spread only, not for liquidity',
    });
    await tracker.startRun({ experimentName: 'spread_training' }); // of the command train
    expect((await failure(tracker.listRuns())).message).toContain('not for the whole store');
    expect((await tracker.listRuns({ experimentName: 'spread' })).runs.map((run) => run.runId)).toEqual([runId]);
    expect((await failure(tracker.listRuns({ experimentName: 'liquidity' }))).message).toContain('not for liquidity');
    const mine = "metrics.mae > 0 and (experiment_name = 'spread' and status = 'running')";
    expect((await tracker.searchRuns({ filter: mine })).runs.map((run) => run.runId)).toEqual([runId]);
    for (const filter of [`${mine} or metrics.mae > 0`, `not (${mine})`, "experiment_name like 'spread'"]) {
      expect((await failure(tracker.searchRuns({ filter }))).message).toContain('not for the whole store');
    }
    const registry = new ModelRegistry(config, { ...options, principal: as('dev') });
    expect((await failure(registry.rollbackModel({ modelName: 'spread' }))).message).toContain(
      'dev has not the permission rollback: none of the roles of dev has it',
    );
  });

  it('finds the model of what is named by an id, and tells nobody else whether it is there', async () => {
    const { config, options } = world();
    const lead = new ExperimentTracker(config, { ...options, principal: as('lead') });
    const [own, other] = [
      await lead.startRun({ experimentName: 'spread' }),
      await lead.startRun({ experimentName: 'liquidity' }),
    ];
    const dev = lead.withPrincipal(as('dev'));
    expect((await dev.getRun(own)).experimentName).toBe('spread');
    expect(await failure(dev.getRun(other))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(dev.getRun('nothing'))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(lead.getRun('nothing'))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('registers no version from a run that one may not read', async () => {
    const { config, options } = world();
    const lead = new ExperimentTracker(config, { ...options, principal: as('lead') });
    const own = await lead.startRun({ experimentName: 'spread_training' });
    const other = await lead.startRun({ experimentName: 'liquidity' });
    const registry = new ModelRegistry(config, { ...options, principal: as('dev') });
    const version = { modelName: 'spread', modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(1) };
    const register = (by: ModelRegistry, runId: string) => by.register({ ...version, runId });
    expect(await failure(register(registry, other))).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('dev has the permission read for spread only, not for liquidity') as string,
    });
    expect((await register(registry, own)).runId).toBe(own);
    expect((await register(registry.withPrincipal(as('lead')), other)).runId).toBe(other);
    const records = await new AuditLog(config, { ...options, principal: as('aud') }).list({
      action: 'registry.register',
    });
    expect(records.map(({ actor, decision }) => [actor.id, decision])).toEqual([
      ['dev', 'deny'],
      ['dev', 'allow'],
      ['lead', 'allow'],
    ]);
  });

  it('ends a binding at its time, and keeps it to its environments', async () => {
    const { config, options } = world();
    const tracker = new ExperimentTracker(config, options);
    expect((await failure(tracker.withPrincipal(as('old')).listRuns())).message).toContain(
      'the binding to developer expired at 2000-01-01',
    );
    expect((await failure(tracker.withPrincipal(as('prod-only')).listRuns())).message).toContain(
      'no binding in access.bindings is for the person prod-only here',
    );
  });

  it('lets a forbid beat a permit, also through whatever reaches more than is forbidden', async () => {
    const { config, options } = world();
    const lead = new ExperimentTracker(config, { ...options, principal: as('lead') });
    expect((await failure(lead.startRun({ experimentName: 'secret' }))).message).toContain(
      'access.forbids denies track to lead',
    );
    await lead.startRun({ experimentName: 'spread' });
  });

  it('takes nobody for a service, nor a service for somebody', async () => {
    const { config, options } = world();
    const monitor = new DriftMonitor(config, { ...options, principal: as('batch-2', 'service') });
    expect((await monitor.listReports()).reports).toEqual([]);
    expect(await failure(monitor.withPrincipal(as('batch')).listReports())).toMatchObject({ code: 'FORBIDDEN' });
    expect(
      await failure(monitor.withPrincipal(as('dev', 'service')).listReports({ modelName: 'spread' })),
    ).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('records denials, those of reads once a minute', async () => {
    const { config, options, clock } = world();
    const registry = new ModelRegistry(config, { ...options, principal: as('eve') });
    for (let i = 0; i < 5; i++) await failure(registry.listModels());
    clock.advance(61_000);
    await failure(registry.listModels());
    await failure(registry.rollbackModel({ modelName: 'spread' }));
    await failure(registry.rollbackModel({ modelName: 'spread' }));
    const records = await new AuditLog(config, { ...options, principal: as('aud') }).list({ actor: 'eve' });
    expect(records.map(({ action, decision, detail }) => [action, decision, detail])).toEqual([
      ['registry.read', 'deny', undefined],
      ['registry.read', 'deny', { unrecorded: 4 }],
      ['registry.rollback', 'deny', undefined],
      ['registry.rollback', 'deny', undefined],
    ]);
  });

  it('is off without bindings, and where the policy says so', async () => {
    for (const policy of [{}, { access, security: { requireAuthorization: false } }] as never[]) {
      const { config, options } = createWorld(policy);
      await new ExperimentTracker(config, { ...options, principal: as('anybody') }).startRun({ experimentName: 'e' });
    }
  });

  it('is needed to start in production', () => {
    const config = MLOpsConfig.fromObject({ environment: 'production' }, { environment: {} });
    const start = (): unknown => new ExperimentTracker(config);
    expect(start).toThrow(PolicyError);
    expect(start).toThrow('access.bindings: production needs to know who may do what: add bindings such as');
    const open = { environment: 'production', security: { requireAuthorization: false } } as const;
    expect(() => new ExperimentTracker(MLOpsConfig.fromObject(open, { environment: {} }))).not.toThrow();
  });

  it('is a copy of what was given, which others may fill anew, and ties records to requests by short texts only', async () => {
    const { config, options } = createWorld();
    const principal = { ...as('ada') };
    const tracker = new ExperimentTracker(config, { ...options, principal });
    const other = tracker.withPrincipal(principal);
    principal.id = 'bob';
    for (const one of [tracker, other]) await one.startRun({ experimentName: 'e' });
    const records = await new AuditLog(config, options).list();
    expect(records.map(({ actor }) => actor.id)).toEqual(['ada', 'ada']);
    for (const requestId of [{}, 5, null, 'a\ud800', 'x'.repeat(501)]) {
      expect(() => tracker.withPrincipal({ ...principal, requestId: requestId as string })).toThrow('requestId');
    }
  });

  it('audits the reads that the policy names, and ties records to requests', async () => {
    const { config, options } = createWorld({ security: { auditedReads: ['registry.read'] } });
    const principal = { ...as('ada'), requestId: 'req-7' };
    const registry = new ModelRegistry(config, { ...options, principal });
    await registry.listModels({ modelName: 'spread' });
    await failure(registry.getModel('spread'));
    const records = await new AuditLog(config, options).list();
    expect(records).toMatchObject([
      { action: 'registry.read', decision: 'allow', resource: { type: 'model', id: 'spread' }, requestId: 'req-7' },
      { action: 'registry.read', decision: 'error', reason: expect.stringContaining('no model spread') as string },
    ]);
    const quiet = createWorld({ security: { auditedReads: ['registry.read'], logAllOperations: false } });
    await new ModelRegistry(quiet.config, quiet.options).listModels();
    expect(await new AuditLog(quiet.config, quiet.options).list()).toEqual([]);
  });
});
