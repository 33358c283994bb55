import { describe, expect, it } from 'vitest';
import { AccessControl, AuditLog, ConflictError, MLOpsConfig, MLOpsError } from '@bondx/mlops';
import { experimentScope, scopeOfRecord } from '../../../src/governance/access/scope.js';
import { ControlPlane, retryConflicts } from '../../../src/governance/control-plane.js';
import { createWorld, failure } from '../../helpers.js';
import { as, bindings, open, resource, scope } from './plane-fixture.js';

const conflict = (): ConflictError =>
  new ConflictError({ kind: 'record', collection: 'runs', id: 'r', expected: 1, actual: 2 });

describe('a race', () => {
  it('that is lost is tried again, fifty times in all; other failures are not', async () => {
    for (const [lost, outcome] of [
      [49, 'won'],
      [50, 'CONFLICT'],
    ] as const) {
      let attempts = 0;
      const result = await retryConflicts(async () => {
        if (attempts++ < lost) throw conflict();
        return 'won';
      }).catch((error: unknown) => (error as MLOpsError).code);
      expect([result, attempts]).toEqual([outcome, 50]);
    }
    let attempts = 0;
    const broken = retryConflicts(async () => {
      attempts++;
      throw new Error('medium gone');
    });
    expect((await failure(broken)).message).toBe('medium gone');
    expect(attempts).toBe(1);
  });

  it('is won by each of three hundred in the same process, one after the other', async () => {
    let version = 0;
    let attempts = 0;
    const write = () =>
      retryConflicts(async () => {
        attempts++;
        const read = version;
        await new Promise((resolve) => setImmediate(resolve));
        if (read !== version) throw conflict();
        version++;
      });
    await Promise.all(Array.from({ length: 300 }, write));
    expect(version).toBe(300);
    expect(attempts).toBeLessThan(1_000);
  });

  it('is planned anew from what is stored now', async () => {
    const { control, storage } = open();
    const seen: (number | undefined)[] = [];
    await control.change('tracking.end_run', { resource, scope }, async () => {
      const found = await storage.get('runs', 'r');
      seen.push(found?.version);
      if (seen.length === 1) {
        await storage.commit([{ kind: 'put', collection: 'runs', id: 'r', value: 1, expect: 'absent' }]);
      }
      const put = { kind: 'put', collection: 'runs', id: 'r', value: 2, expect: found?.version ?? 'absent' } as const;
      return { changes: [put], result: undefined };
    });
    expect(seen).toHaveLength(2);
    expect((await storage.get('runs', 'r'))!.value).toBe(2);
  });
});

describe('a failure', () => {
  it.each([
    ['INVALID_INPUT', ['error']],
    ['NOT_FOUND', ['error']],
    ['FORBIDDEN', ['deny']],
    ['UNAUTHENTICATED', ['deny']],
    ['STORAGE_FULL', []],
    ['CLOSED', []],
    ['CORRUPT', ['error']],
  ])('with %s is recorded as %j, of a change and of a read that is audited', async (code, decisions) => {
    const { control, list } = open({ access: { bindings }, security: { auditedReads: ['registry.read'] } });
    const fails = async (): Promise<never> => {
      throw new MLOpsError(code as 'CLOSED', 'no');
    };
    await failure(control.change('tracking.end_run', { resource, scope, onBehalfOf: 'bob' }, fails));
    await failure(control.access('registry.read', scope, fails));
    const expected = decisions.flatMap((decision) => [
      { action: 'tracking.end_run', decision, reason: 'no', resource, actor: { id: 'dev', onBehalfOf: 'bob' } },
      { action: 'registry.read', decision: 'error', reason: 'no', resource: { type: 'model', id: 'spread' } },
    ]);
    expect(await list()).toMatchObject(expected);
  });

  it('that is no error of this package is recorded as well', async () => {
    const { control, list } = open({ access: { bindings }, security: { auditedReads: ['registry.read'] } });
    const fails = async (): Promise<never> => {
      throw new TypeError('a bug');
    };
    expect(await failure(control.change('tracking.end_run', { resource, scope }, fails))).toBeInstanceOf(TypeError);
    expect(await failure(control.access('registry.read', scope, fails))).toBeInstanceOf(TypeError);
    const recorded = { decision: 'error', reason: 'a bug' };
    expect(await list()).toMatchObject([
      { ...recorded, action: 'tracking.end_run', resource },
      { ...recorded, action: 'registry.read' },
    ]);
  });

  it('of what is damaged is told also where it cannot be recorded', async () => {
    const { control, storage, list } = open();
    storage.commit = () => Promise.reject(new MLOpsError('STORAGE_FULL', 'no space'));
    const fails = async (): Promise<never> => {
      throw new MLOpsError('CORRUPT', 'not what was stored');
    };
    expect(await failure(control.change('tracking.end_run', { resource, scope }, fails))).toMatchObject({
      code: 'CORRUPT',
    });
    expect(await list()).toEqual([]);
  });

  it('of a read that nobody audits is not recorded', async () => {
    const { control, list } = open();
    const fails = async (): Promise<never> => {
      throw new MLOpsError('NOT_FOUND', 'no');
    };
    await failure(control.access('registry.read', scope, fails));
    expect(await list()).toEqual([]);
  });
});

describe('what is recorded', () => {
  it('is what the plan knows more than the request', async () => {
    const { control, list } = open();
    const planned = { type: 'run', id: 'r1', digest: 'sha256:x' };
    const about = { reason: 'why', detail: { a: 1 }, resource: planned, decision: 'deny' } as const;
    expect(
      await control.change('tracking.end_run', { resource, scope }, async () => ({ changes: [], result: 7, ...about })),
    ).toBe(7);
    await control.change('tracking.end_run', { resource, scope }, async () => ({ changes: [], result: 8 }));
    const [first, second] = await list();
    expect(first).toMatchObject(about);
    expect(second).toMatchObject({ decision: 'allow', resource });
    expect(second).not.toHaveProperty('reason');
    expect(second).not.toHaveProperty('detail');
    expect(second).not.toHaveProperty('requestId');
  });

  it('of a read that took a raising, or was denied, names what it reached', async () => {
    const { control, context, config, options, list } = open({ access: { bindings, breakGlass: { role: 'admin' } } });
    const raised = await new AccessControl(config, { ...options, principal: as('dev') }).breakGlass({ reason: 'x' });
    for (const reached of ['store', 'self', scope, { models: ['a', 'b'] }, async () => scope] as const) {
      await control.access('audit.read', reached, async () => undefined);
    }
    const nobody = new ControlPlane({ ...context, principal: as('eve') });
    const ends = failure(
      nobody.access(
        'registry.read',
        async () => scope,
        async () => undefined,
      ),
    );
    expect(await ends).toMatchObject({ code: 'FORBIDDEN' });
    await failure(nobody.access('audit.read', 'self', async () => undefined));
    const records = (await list()).slice(1);
    expect(records.map(({ resource: { type, id } }) => `${type} ${id}`)).toEqual([
      ...['store the whole store', 'principal oneself', 'model spread', 'model a, b', 'model spread'],
      ...['store the whole store', 'principal oneself'],
    ]);
    expect(records.map(({ actor }) => actor.breakGlass)).toEqual([
      ...Array.from({ length: 5 }, () => raised.breakGlassId),
      ...[undefined, undefined],
    ]);
  });
});

describe('what the library does by itself', () => {
  it('is not held to permissions; a caller is, also while there is no store', async () => {
    const { context } = open();
    const nobody = { ...context, principal: undefined };
    expect(await new ControlPlane(nobody, 'library').authorize('access.review', 'store')).toEqual({});
    expect(await failure(new ControlPlane(nobody).authorize('access.review', 'store'))).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(await failure(new ControlPlane(context).authorizeWithoutStore('access.review'))).toMatchObject({
      code: 'FORBIDDEN',
    });
    await new ControlPlane({ ...context, principal: as('aud') }).authorizeWithoutStore('access.review');
  });
});

describe('callers without a name in production', () => {
  it('are refused by every method, and told so', async () => {
    const { storage, artifacts } = createWorld().options;
    const config = MLOpsConfig.fromObject({ environment: 'production', access: { bindings } }, { environment: {} });
    const control = new AccessControl(config, { storage: storage!, artifacts: artifacts! });
    const review = { principal: 'dev', type: 'person', raisedAt: 0, expiresAt: 1, review: null };
    await storage!.commit([
      { kind: 'put', collection: 'access.break_glass', id: 'b', value: review, expect: 'absent' },
    ]);
    for (const call of [
      ...[
        control.createToken(),
        control.revokeToken('t'),
        control.listTokens(),
        control.listTokens({ principal: 'dev' }),
      ],
      ...[control.breakGlass({ reason: 'x' }), control.review('b', 'fine'), control.listBreakGlass()],
    ]) {
      expect(await failure(call)).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('are denied the tokens of everybody, not their own: there is nobody whose own they were', async () => {
    const { storage, artifacts } = createWorld().options;
    const config = MLOpsConfig.fromObject({ environment: 'production', access: { bindings } }, { environment: {} });
    const options = { storage: storage!, artifacts: artifacts! };
    expect(await failure(new AccessControl(config, options).listTokens())).toMatchObject({ code: 'UNAUTHENTICATED' });
    const records = await new AuditLog(config, { ...options, principal: as('aud') }).list();
    expect(records).toMatchObject([{ decision: 'deny', resource: { type: 'store' }, actor: { id: 'anonymous' } }]);
  });
});

describe('an instance', () => {
  it('lets go of its storage', async () => {
    const { context, config } = open();
    let released = 0;
    const stores = {
      ...context.stores,
      release: async () => {
        released++;
      },
    };
    {
      await using control = new AccessControl(config, { ...context, stores });
      await control.listTokens({ principal: 'dev' });
    }
    expect(released).toBe(1);
  });
});

describe('the scope', () => {
  it('of an experiment is the model of its name', () => {
    expect(['spread', 'spread_retraining', 'a_retraining_b'].map(experimentScope)).toEqual([
      { model: 'spread' },
      { model: 'spread' },
      { model: 'a_retraining_b' },
    ]);
  });

  it('of a record is what it tells; of one that is not there, the whole store', async () => {
    const { storage } = createWorld();
    await storage.commit([{ kind: 'put', collection: 'c', id: 'x', value: { m: 'spread' }, expect: 'absent' }]);
    const of = (id: string) => {
      const source = scopeOfRecord('c', id, ({ m }: { m: string }) => ({ model: m }));
      return typeof source === 'function' ? source(storage) : source;
    };
    expect([await of('x'), await of('y')]).toEqual([{ model: 'spread' }, 'store']);
  });
});
