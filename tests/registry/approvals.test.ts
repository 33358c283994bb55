import { userInfo } from 'node:os';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AuditLog,
  CanaryDeploymentManager,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  type Principal,
  type PromotionRequest,
} from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { type World, createWorld, failure } from '../helpers.js';

const hour = 3_600_000;
const person = (id: string): Principal => ({ id, type: 'person', authentication: 'application' });

let world: World;
let registry: ModelRegistry;

/** A world where two people must approve, and a version by `ada` that waits in Staging. */
async function begin(promotion: Record<string, unknown> = {}): Promise<void> {
  world = createWorld({
    promotion: {
      minAccuracy: 0.7,
      maxDrift: 1,
      requireExplainability: false,
      requireFeatureImportance: false,
      requireBiasTesting: false,
      requireComplianceCheck: false,
      requiredApprovals: 2,
      ...promotion,
    },
  });
  registry = new ModelRegistry(world.config, world.options);
  await stage({});
}

async function stage(extra: { r2?: number; runId?: string }): Promise<string> {
  const { version } = await registry.register({
    modelName: 'spread',
    modelType: 'spread',
    featureColumns: ['x'],
    performanceMetrics: { r2_score: extra.r2 ?? 0.8 },
    model: new ConstantModel(1),
    ...(extra.runId !== undefined && { runId: extra.runId }),
  });
  await registry.promoteModel({ modelName: 'spread', version, targetStage: 'staging' });
  return version;
}

const as = (id: string): ModelRegistry => registry.withPrincipal(person(id));
const ask = (who = 'ada', version = '1.0.0'): Promise<PromotionRequest> =>
  as(who).approvals.request({ modelName: 'spread', version, reason: 'lower error' });
const promote = (version = '1.0.0') =>
  registry.promoteModel({ modelName: 'spread', version, targetStage: 'production' });

beforeEach(() => begin());

describe('a promotion that needs approvals', () => {
  it('is refused until enough people approved, then happens, once', async () => {
    expect(await promote()).toMatchObject({
      status: 'refused',
      failures: [
        { gate: 'approval', status: 'not_assessed', message: expect.stringContaining('approvals.request') as string },
      ],
    });
    const { requestId, status } = await ask();
    expect(status).toBe('open');
    expect(await as('bob').approvals.approve({ requestId })).toMatchObject({ status: 'open' });
    expect(await registry.approvals.execute({ requestId })).toMatchObject({
      status: 'refused',
      failures: [{ gate: 'approval', message: expect.stringContaining('1 of 2') as string }],
    });
    expect(await as('carol').approvals.approve({ requestId, comment: 'fine' })).toMatchObject({ status: 'approved' });
    expect(await registry.approvals.execute({ requestId })).toMatchObject({ status: 'promoted', version: '1.0.0' });
    expect(await registry.approvals.get(requestId)).toMatchObject({ status: 'executed', closedBy: 'ada' });
    expect(await registry.approvals.execute({ requestId })).toMatchObject({
      status: 'refused',
      failures: [{ gate: 'approval', message: expect.stringContaining('executed by ada') as string }],
    });
  });

  it('has one open request, however many ask at once', async () => {
    const asked = await Promise.all(['ada', 'bob', 'ada', 'carol'].map((who) => ask(who)));
    const requests = await Promise.all(asked.map(({ requestId }) => registry.approvals.get(requestId)));
    expect(requests.map(({ status }) => status).sort()).toEqual(['open', 'withdrawn', 'withdrawn', 'withdrawn']);
    expect(await registry.approvals.list({ isOpen: true })).toHaveLength(1);
    expect((await registry.getModelVersion('spread', { version: '1.0.0' })).stage).toBe('Staging');
  });

  it('may go by promoteModel as well, which uses the approval up', async () => {
    const { requestId } = await ask();
    for (const id of ['bob', 'carol']) await as(id).approvals.approve({ requestId });
    expect(await promote()).toMatchObject({ status: 'promoted' });
    expect(await registry.approvals.get(requestId)).toMatchObject({ status: 'executed' });
    const event = (await registry.getHistory('spread')).at(-1)!;
    expect(event.gates!.find(({ gate }) => gate === 'approval')!.message).toContain('approved by bob, carol');
  });

  it('holds for canaries too', async () => {
    const first = { requestId: (await ask()).requestId };
    for (const id of ['bob', 'carol']) await as(id).approvals.approve(first);
    await registry.approvals.execute(first);
    const version = await stage({});
    const manager = new CanaryDeploymentManager(world.config, registry, { clock: world.clock });
    const deploymentId = await manager.createCanaryDeployment({ modelName: 'spread', candidateVersion: version });
    expect(await manager.promoteCanary(deploymentId)).toMatchObject({
      status: 'refused',
      failures: [{ gate: 'approval' }],
    });
    const { requestId } = await ask('ada', version);
    for (const id of ['bob', 'carol']) await as(id).approvals.approve({ requestId });
    expect(await manager.promoteCanary(deploymentId)).toMatchObject({ status: 'promoted', version });
    expect(await registry.approvals.get(requestId)).toMatchObject({ status: 'executed' });
    await manager.close();
  });

  it('cannot be approved by who asked, registered or trained, by a service, or twice by one person', async () => {
    const tracker = new ExperimentTracker(world.config, world.options).withPrincipal(person('trainer'));
    const runId = await tracker.startRun({ experimentName: 'e' });
    const version = await stage({ runId });
    const { requestId } = await ask('requester', version);
    const refused = async (principal: Principal): Promise<string> => {
      const error = await failure(registry.withPrincipal(principal).approvals.approve({ requestId }));
      expect(error).toMatchObject({ code: 'FORBIDDEN' });
      return error.message;
    };
    expect(await refused(person('requester'))).toContain('made the request');
    expect(await refused(person('Requester '))).toContain('made the request');
    expect(await refused(person('ada'))).toContain('registered the version');
    expect(await refused(person('trainer'))).toContain('trained the version');
    expect(await refused({ id: 'robot', type: 'service', authentication: 'application' })).toContain('not a person');
    await as('bob').approvals.approve({ requestId });
    expect(await refused(person('ｂｏｂ'))).toContain('has voted');
    const denials = (await new AuditLog(world.config, world.options).list({ limit: 1000 })).filter(
      ({ action, decision }) => action === 'registry.approve_promotion' && decision === 'deny',
    );
    expect(denials.map(({ actor }) => actor.id)).toEqual([
      'requester',
      'Requester ',
      'ada',
      'trainer',
      'robot',
      'ｂｏｂ',
    ]);
  });

  it('cannot be approved by another name of who asked, nor by whoever runs the process of who asked', async () => {
    const bindings = [{ principal: 'requester', role: 'validator', aliases: ['req2', userInfo().username] }];
    const config = MLOpsConfig.fromObject(
      { ...world.config.policy, access: { bindings }, security: { requireAuthorization: false } },
      { environment: {} },
    );
    const { principal: _principal, ...ambient } = world.options;
    const by = (id: string) => new ModelRegistry(config, { ...world.options, principal: person(id) });
    const { requestId } = await by('requester').approvals.request({
      ...{ modelName: 'spread', version: '1.0.0', reason: 'lower error' },
    });
    for (const self of [by('req2'), new ModelRegistry(config, ambient)]) {
      expect(await failure(self.approvals.approve({ requestId }))).toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringContaining('made the request') as string,
      });
    }
    await by('bob').approvals.approve({ requestId });
    expect(await by('carol').approvals.approve({ requestId })).toMatchObject({ status: 'approved' });
  });

  it('ends with one rejection, and with being withdrawn', async () => {
    const first = await ask();
    expect(await as('bob').approvals.reject({ requestId: first.requestId, comment: 'no' })).toMatchObject({
      status: 'rejected',
      votes: [{ verdict: 'reject', by: 'bob', comment: 'no' }],
    });
    expect(await failure(as('carol').approvals.approve({ requestId: first.requestId }))).toMatchObject({
      code: 'ILLEGAL_STATE',
    });
    const second = await ask();
    expect(await registry.approvals.withdraw({ requestId: second.requestId })).toMatchObject({ status: 'withdrawn' });
    const third = await ask();
    const fourth = await ask();
    expect((await registry.approvals.list({ modelName: 'spread' })).map(({ status }) => status).sort()).toEqual([
      'open',
      'rejected',
      'withdrawn',
      'withdrawn',
    ]);
    expect((await registry.approvals.list({ isOpen: true })).map(({ requestId }) => requestId)).toEqual([
      fourth.requestId,
    ]);
    expect(await registry.approvals.get(third.requestId)).toMatchObject({ status: 'withdrawn' });
  });

  it('does not outlive its hours', async () => {
    const { requestId } = await ask();
    for (const id of ['bob', 'carol']) await as(id).approvals.approve({ requestId });
    world.clock.advance(72 * hour);
    expect(await promote()).toMatchObject({
      status: 'refused',
      failures: [{ gate: 'approval', status: 'failed', message: expect.stringContaining('expired') as string }],
    });
    expect(await failure(as('dave').approvals.approve({ requestId }))).toMatchObject({ code: 'ILLEGAL_STATE' });
  });

  it('holds for the bytes, the gates and the policy it was given for', async () => {
    const { requestId } = await ask();
    for (const id of ['bob', 'carol']) await as(id).approvals.approve({ requestId });
    const reason = async (on: ModelRegistry): Promise<unknown> => {
      const result = await on.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'production' });
      return result.status === 'refused'
        ? result.failures.find(({ gate }) => gate === 'approval')?.message
        : 'promoted';
    };
    const { policy } = world.config;
    const edited = MLOpsConfig.fromObject(
      { ...policy, promotion: { ...policy.promotion, requiredApprovals: 1 } },
      { environment: {} },
    );
    expect(await reason(new ModelRegistry(edited, world.options))).toContain('the policy changed since');
    const record = (await world.storage.get('model_versions', 'spread/1.0.0'))!;
    const value = { ...(record.value as object), digest: `sha256:${'0'.repeat(64)}` };
    await world.storage.commit([
      { kind: 'put', collection: 'model_versions', id: record.id, value, index: {}, expect: record.version },
    ]);
    expect(await reason(registry)).toContain('the files of the version and what the gates say changed since');
  });

  it('refuses what cannot be asked for', async () => {
    const request = (options: object) =>
      registry.approvals.request({ modelName: 'spread', version: '1.0.0', reason: 'r', ...options });
    const bad: [object, string][] = [
      [{ reason: ' ' }, 'INVALID_INPUT'],
      [{ version: '9.9.9' }, 'NOT_FOUND'],
      [{ overrides: [{ gate: 'nonsense', reason: 'r' }] }, 'INVALID_INPUT'],
      [{ overrides: [{ gate: 'min_accuracy', reason: 'r' }] }, 'INVALID_INPUT'],
      [{ overrides: [{ gate: 'security_scan', reason: 'r' }] }, 'INVALID_INPUT'],
      [{ misspelled: true }, 'INVALID_INPUT'],
    ];
    for (const [options, code] of bad) {
      expect(await failure(request(options)), JSON.stringify(options)).toMatchObject({ code });
    }
    expect(await registry.approvals.list()).toEqual([]);
    await begin({ requiredApprovals: 0 });
    expect(await failure(request({}))).toMatchObject({ code: 'ILLEGAL_STATE' });
  });
});

describe('overriding a gate', () => {
  beforeEach(() => begin({ requiredApprovals: 0, minAccuracy: 0.9 }));

  it('needs a reason and a second person, and shows', async () => {
    expect(await promote()).toMatchObject({ status: 'refused', failures: [{ gate: 'min_accuracy' }] });
    const overrides = [{ gate: 'min_accuracy', reason: 'the crisis of March is in the test data' }];
    const options = { modelName: 'spread', version: '1.0.0', reason: 'urgent', overrides };
    const { requestId, requiredApprovals } = await registry.approvals.request(options);
    expect(requiredApprovals).toBe(1);
    expect(await promote()).toMatchObject({ status: 'refused' });
    await as('risk').approvals.approve({ requestId });
    const override = { reason: overrides[0]!.reason, requestId, requestedBy: 'ada', approvedBy: ['risk'] };
    expect((await registry.checkGates('spread', '1.0.0')).find(({ gate }) => gate === 'min_accuracy')).toMatchObject({
      status: 'failed',
      override,
    });
    expect(await registry.approvals.execute({ requestId })).toMatchObject({ status: 'promoted' });
    const { gates } = (await registry.getHistory('spread')).at(-1)!;
    expect(gates!.find(({ gate }) => gate === 'min_accuracy')).toMatchObject({ status: 'failed', override });
    expect(await registry.getModelCard('spread', { version: '1.0.0' })).toContain(
      'past min\\_accuracy (the crisis of March is in the test data; approved by risk)',
    );
  });
});

describe('custom gates', () => {
  const gated = (gates: Record<string, (version: { version: string }) => unknown>): ModelRegistry =>
    new ModelRegistry(world.config, { ...world.options, gates: gates as never });

  beforeEach(() => begin({ requiredApprovals: 0, customGates: ['latency'] }));

  it('must pass, may fail or break, and are not forgotten where their code is missing', async () => {
    const found = async (on: ModelRegistry): Promise<unknown> => {
      const gates = await on.checkGates('spread', '1.0.0');
      return gates
        .filter(({ gate }) => gate === 'latency' || gate === 'size')
        .map(({ gate, status }) => [gate, status]);
    };
    expect(await found(registry)).toEqual([['latency', 'not_assessed']]);
    const passes = { passed: true, message: 'fine' };
    expect(await found(gated({ latency: () => passes }))).toEqual([['latency', 'passed']]);
    expect(await found(gated({ latency: () => ({ ...passes, passed: false }) }))).toEqual([['latency', 'failed']]);
    expect(await found(gated({ latency: () => Promise.reject(new Error('down')) }))).toEqual([
      ['latency', 'not_assessed'],
    ]);
    expect(await found(gated({ latency: () => undefined }))).toEqual([['latency', 'not_assessed']]);
    expect(await found(gated({ latency: () => passes, size: () => passes }))).toEqual([
      ['latency', 'passed'],
      ['size', 'passed'],
    ]);
  });

  it('have names of their own: an override of one would be that of another', async () => {
    const passes = { passed: true, message: 'fine' };
    for (const name of ['max_drift', 'approval', 'bias_testing'])
      expect(() => gated({ [name]: () => passes })).toThrow(`gates: ${name} is a gate of the package`);
  });

  it('see the version and can open its model', async () => {
    const own = new ModelRegistry(world.config, {
      ...world.options,
      gates: {
        latency: async ({ version, performanceMetrics }, open) => {
          const value = await (await open()).predict({});
          return { passed: value === 1, message: `${version} r2 ${performanceMetrics['r2_score']} predicts ${value}` };
        },
      },
    });
    expect((await own.checkGates('spread', '1.0.0')).at(-1)).toEqual({
      gate: 'latency',
      status: 'passed',
      message: '1.0.0 r2 0.8 predicts 1',
    });
    expect(await own.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'production' })).toMatchObject({
      status: 'promoted',
    });
  });

  it('hold for canaries made from the registry', async () => {
    let isPassing = true;
    const own = gated({ latency: () => ({ passed: isPassing, message: '' }) });
    await own.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'production' });
    const version = await stage({});
    isPassing = false;
    const manager = new CanaryDeploymentManager(world.config, own, { clock: world.clock });
    const deploymentId = await manager.createCanaryDeployment({ modelName: 'spread', candidateVersion: version });
    expect(await manager.promoteCanary(deploymentId)).toMatchObject({
      status: 'refused',
      failures: [{ gate: 'latency' }],
    });
    await manager.close();
  });
});

it('never promotes without a quorum, whatever people do in whatever order', async () => {
  const people = ['ada', 'bob', 'carol', 'dave'] as const;
  const action = fc.record({
    kind: fc.constantFrom('request', 'approve', 'reject', 'withdraw', 'execute', 'promote', 'evidence', 'wait'),
    who: fc.constantFrom(...people),
    nth: fc.nat(3),
  });
  const drift = (era: number): Promise<void> => {
    const detail = { overallDriftScore: era / 100 };
    return registry.recordEvidence({ modelName: 'spread', version: '1.0.0', kind: 'drift', passed: true, detail });
  };
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      await begin({ maxDrift: 0.5 });
      await drift(0);
      const requests: { id: string; by: string; at: number; era: number; approvals: Set<string>; isOver: boolean }[] =
        [];
      let era = 0;
      let isLive = false;
      const attempt = async <T>(work: Promise<T>): Promise<T | undefined> => work.catch(() => undefined);
      for (const { kind, who, nth } of actions) {
        if (isLive) break;
        const now = world.clock.now();
        const request = requests[nth % Math.max(requests.length, 1)];
        const may = request !== undefined && !request.isOver && now < request.at + 72 * hour;
        if (kind === 'request') {
          const { requestId } = await ask(who);
          for (const other of requests) other.isOver = true;
          requests.push({ id: requestId, by: who, at: now, era, approvals: new Set(), isOver: false });
        } else if (kind === 'wait') {
          world.clock.advance(40 * hour);
        } else if (kind === 'evidence') {
          await drift(++era); // the gates pass as before, and say something else
        } else if (request !== undefined && (kind === 'approve' || kind === 'reject')) {
          const done = await attempt(as(who).approvals[kind]({ requestId: request.id }));
          const isSame = kind === 'reject' || request.era === era;
          const isAllowed = may && isSame && who !== request.by && who !== 'ada' && !request.approvals.has(who);
          expect(done !== undefined, `${kind} by ${who}`).toBe(isAllowed);
          if (done !== undefined && kind === 'approve') request.approvals.add(who);
          if (done !== undefined && kind === 'reject') request.isOver = true;
        } else if (request !== undefined && kind === 'withdraw') {
          if ((await attempt(registry.approvals.withdraw({ requestId: request.id }))) !== undefined)
            request.isOver = true;
        } else if (kind === 'execute' || kind === 'promote') {
          const by = kind === 'promote' ? requests.at(-1) : request;
          const work = kind === 'promote' ? promote() : by && as(who).approvals.execute({ requestId: by.id });
          const isDue =
            by !== undefined && !by.isOver && by.era === era && now < by.at + 72 * hour && by.approvals.size >= 2;
          const result = await attempt(Promise.resolve(work));
          expect(result?.status === 'promoted', `${kind} by ${who}`).toBe(isDue);
          isLive = isDue;
        }
      }
    }),
    { numRuns: 60 },
  );
});
