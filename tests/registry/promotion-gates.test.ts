import { beforeEach, describe, expect, it } from 'vitest';
import { AuditLog, MLOpsConfig, ModelRegistry, type Principal, type RegisterModelOptions } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { type World, createWorld, failure } from '../helpers.js';

const person = (id: string): Principal => ({ id, type: 'person', authentication: 'application' });

let world: World;
let registry: ModelRegistry;
const begin = (promotion: object = {}): void => {
  world = createWorld({ promotion: { ...lenient, ...promotion } });
  registry = new ModelRegistry(world.config, world.options);
};
const lenient = {
  ...{ minAccuracy: 0.7, maxDrift: 1, requireExplainability: false, requireFeatureImportance: false },
  ...{ requireBiasTesting: false, requireComplianceCheck: false },
};

const register = async (r2: number, more: Partial<RegisterModelOptions> = {}): Promise<string> => {
  const { version } = await registry.register({
    ...{ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(1) },
    performanceMetrics: { r2_score: r2 },
    ...more,
  });
  await registry.promoteModel({ modelName: 'spread', version, targetStage: 'staging' });
  return version;
};
const as = (id: string) => registry.withPrincipal(person(id)).approvals;
const promote = (version = '1.0.0', by = registry) =>
  by.promoteModel({ modelName: 'spread', version, targetStage: 'production' });
const ask = (more: object = {}) => as('ada').request({ modelName: 'spread', version: '1.0.0', reason: 'r', ...more });
const past = (gate: string, reason = 'known') => ({ overrides: [{ gate, reason }] });

beforeEach(() => begin());

describe('a request that is under way', () => {
  it('binds, whatever a policy edited since says of the quorum', async () => {
    begin({ requiredApprovals: 2 });
    await register(0.8);
    const { requestId } = await ask();
    await as('bob').approve({ requestId });
    const config = MLOpsConfig.fromObject(
      {
        promotion: { ...lenient, requiredApprovals: 0 },
        models: { spread: { featureColumns: ['x'], targetColumn: 'y' } },
      },
      { environment: {} },
    );
    const edited = new ModelRegistry(config, world.options);
    expect(await promote('1.0.0', edited)).toMatchObject({
      status: 'refused',
      failures: [
        { gate: 'approval', status: 'failed', message: expect.stringContaining('the policy changed') as string },
      ],
    });
    expect((await failure(edited.withPrincipal(person('carol')).approvals.approve({ requestId }))).message).toContain(
      'the policy changed since',
    );
    // Saying no, or taking it back, is possible all the same.
    await edited.withPrincipal(person('carol')).approvals.reject({ requestId });
    expect(await promote('1.0.0', edited)).toMatchObject({ status: 'promoted' });
  });
});

describe('a gate that people go past', () => {
  beforeEach(async () => {
    await register(0.2);
  });

  it('is in the way until they approved, and is passed with their names', async () => {
    const { requestId, requiredApprovals } = await ask(past('min_accuracy', 'x'.repeat(4_000)));
    expect(requiredApprovals).toBe(1);
    const refused = await promote();
    expect(refused.status === 'refused' && refused.failures.map(({ gate }) => gate)).toEqual([
      ...['min_accuracy', 'approval'],
    ]);
    await as('bob').approve({ requestId });
    const promoted = await promote();
    expect(promoted.status).toBe('promoted');
    expect(promoted.gates.filter(({ override }) => override !== undefined)).toMatchObject([
      { gate: 'min_accuracy', status: 'failed', override: { requestId, requestedBy: 'ada', approvedBy: ['bob'] } },
    ]);
    const [record] = (await new AuditLog(world.config, world.options).list({ action: 'registry.promote' })).slice(-1);
    expect(record).toMatchObject({
      ...{ decision: 'allow', resource: { type: 'model_version', id: 'spread', version: '1.0.0' } },
      detail: { from: 'Staging', to: 'Production', gates: [{ gate: 'min_accuracy' }, {}, {}, { gate: 'approval' }] },
    });
    expect(record!.resource.digest).toMatch(/^sha256:/);
  });

  it('is the one that was named, and no other', async () => {
    begin({ maxDrift: 0.1 });
    await register(0.2);
    const { requestId } = await ask(past('min_accuracy'));
    await as('bob').approve({ requestId });
    const refused = await promote();
    expect(refused.status === 'refused' && refused.failures.map(({ gate }) => gate)).toEqual(['max_drift']);
  });

  it('is not gone past once what was approved has changed', async () => {
    const { requestId } = await ask(past('min_accuracy'));
    await as('bob').approve({ requestId });
    world.clock.advance(1000 * 3_600_000);
    const refused = await promote();
    expect(refused.status === 'refused' && refused.failures.map(({ gate, status }) => [gate, status])).toEqual([
      ...[
        ['min_accuracy', 'failed'],
        ['approval', 'failed'],
      ],
    ]);
  });

  it.each([
    [past('security_scan'), 'security_scan cannot be overridden'],
    [past('approval'), 'approval cannot be overridden'],
    [past('max_drift'), 'max_drift passes; leave it out'],
    [past('nothing'), 'there is no gate "nothing" to override; the gates are min_accuracy, max_drift, security_scan'],
    [past('min_accuracy', ' '), 'the reason to override min_accuracy must be a text'],
    [past('min_accuracy', 'x'.repeat(4_001)), 'must be a text of at most 4,000 characters'],
    [past('min_accuracy', '\ud800'), 'must be a text of at most 4,000 characters'],
    [past('min_accuracy', 7 as never), 'must be a text of at most 4,000 characters'],
    [{ reason: '' }, 'reason must be a text'],
    [{ why: 'x' }, 'request has no option "why"'],
  ])('cannot be %j', async (more, why) => {
    const error = await failure(ask(more));
    expect(error.message).toContain(why);
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('requests', () => {
  beforeEach(async () => {
    begin({ requiredApprovals: 1 });
    await register(0.8);
  });

  it('are recorded with what they are about', async () => {
    const { requestId } = await ask();
    await as('bob').approve({ requestId, comment: 'fine' });
    await as('ada').withdraw({ requestId });
    await failure(as('bob').approve({ requestId: 'none' }));
    const records = await new AuditLog(world.config, world.options).list({ from: 2 });
    const about = { type: 'promotion_request', id: requestId };
    expect(records).toMatchObject([
      {
        ...{ action: 'registry.request_promotion', reason: 'r', detail: { requestId, requiredApprovals: 1 } },
        resource: { type: 'model_version', id: 'spread', version: '1.0.0' },
      },
      { resource: about, detail: { modelName: 'spread', version: '1.0.0', status: 'approved' } },
      { resource: about, detail: { modelName: 'spread', version: '1.0.0', status: 'withdrawn' } },
      { decision: 'error', resource: { type: 'promotion_request', id: 'none' } },
    ]);
    expect(records[0]!.detail).toMatchObject({ overrides: [] });
    for (const { resource } of records.slice(0, 3)) expect(resource.digest).toMatch(/^sha256:/);
    await failure(as('ada').request({ modelName: 'spread', version: '9.0.0', reason: 'r' }));
    const [last] = await new AuditLog(world.config, world.options).list({ from: 6 });
    expect(last).toMatchObject({ decision: 'error', resource: { id: 'spread', version: '9.0.0' } });
    await as('ada').execute({ requestId });
    const [denied] = await new AuditLog(world.config, world.options).list({ from: 7 });
    expect(denied).toMatchObject({
      decision: 'deny',
      resource: { type: 'model_version', id: 'spread', version: '1.0.0' },
    });
  });

  it('are for those who may see the model', async () => {
    const { requestId } = await ask();
    const bindings = [
      { principal: 'val', role: 'validator', models: ['spread'] },
      { principal: 'ops', role: 'operator', models: ['spread'] },
      { principal: 'dev', role: 'developer', models: ['spread'] },
      { principal: 'eve', role: 'validator', models: ['liquidity'] },
    ];
    const { options } = world;
    const { config } = createWorld({ promotion: { ...lenient, requiredApprovals: 1 }, access: { bindings } });
    const of = (id: string) => new ModelRegistry(config, { ...options, principal: person(id) }).approvals;
    expect((await of('val').get(requestId)).requestId).toBe(requestId);
    expect(await of('val').list({ modelName: 'spread' })).toHaveLength(1);
    expect(await failure(of('eve').get(requestId))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(of('eve').reject({ requestId }))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(of('val').list())).toMatchObject({ code: 'FORBIDDEN' });
    const made = await of('dev').request({ modelName: 'spread', version: '1.0.0', reason: 'r' });
    await of('val').approve({ requestId: made.requestId });
    expect(await of('ops').execute({ requestId: made.requestId })).toMatchObject({ status: 'promoted' });
  });

  it('are listed newest first, of one model or all, those that are open or have ended', async () => {
    await registry.register({
      ...{ modelName: 'other', modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(1) },
      performanceMetrics: { r2_score: 0.8 },
    });
    const first = await ask();
    world.clock.advance(1000);
    const second = await as('ada').request({ modelName: 'other', version: '1.0.0', reason: 'r' });
    world.clock.advance(1000);
    const third = await ask(); // withdraws the first
    const ids = async (options = {}) => (await as('ada').list(options)).map(({ requestId }) => requestId);
    expect(await ids()).toEqual([third, second, first].map(({ requestId }) => requestId));
    expect(await ids({ modelName: 'spread' })).toEqual([third.requestId, first.requestId]);
    expect(await ids({ isOpen: true })).toEqual([third.requestId, second.requestId]);
    expect(await ids({ isOpen: false })).toEqual([first.requestId]);
    expect(await ids({ limit: 1 })).toEqual([third.requestId]);
    expect((await failure(as('bob').approve({ requestId: first.requestId }))).message).toContain('is withdrawn');
    expect((await failure(as('ada').get('none'))).message).toContain('there is no promotion request none');
  });
});

describe('the stages of versions', () => {
  it('leave production empty when its version is archived, and let another in', async () => {
    for (let i = 0; i < 2; i++) await register(0.8);
    expect(await promote('1.0.0')).toMatchObject({ status: 'promoted', from: 'Staging', to: 'Production' });
    expect((await failure(promote('1.0.0'))).message).toContain('is in Production; from there');
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'archived' });
    const result = await registry.promoteModel({
      ...{ modelName: 'spread', version: '1.0.1', targetStage: 'production', replaces: null },
    });
    expect(result).toMatchObject({ status: 'promoted', version: '1.0.1' });
    expect(result).not.toHaveProperty('archivedVersion');
    const history = await registry.getHistory('spread');
    expect(history.map(({ version, to }) => `${version} ${to}`).slice(-3)).toEqual([
      ...['1.0.0 Production', '1.0.0 Archived', '1.0.1 Production'],
    ]);
    expect(history.filter(({ gates }) => gates !== undefined).map(({ to }) => to)).toEqual([
      'Production',
      'Production',
    ]);
  });

  it('that are not there are told with those that are, newest first', async () => {
    for (let i = 0; i < 12; i++) {
      world.clock.advance(1000);
      await register(0.8);
    }
    const error = await failure(promote('9.0.0'));
    const latest = Array.from({ length: 10 }, (_, i) => `1.0.${11 - i}`).join(', ');
    expect(error.message).toBe(`spread has no version 9.0.0; the latest are ${latest}`);
    const unknown = registry.promoteModel({ modelName: 'zzz', version: '1.0.0', targetStage: 'staging' });
    expect((await failure(unknown)).message).toBe('there is no model zzz; register a version of it first');
    const other = await registry.register({
      ...{ modelName: 'other', modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(1) },
    });
    const missing = registry.promoteModel({ modelName: 'other', version: '9.0.0', targetStage: 'staging' });
    expect((await failure(missing)).message).toContain(`the latest are ${other.version}`);
  });
});
