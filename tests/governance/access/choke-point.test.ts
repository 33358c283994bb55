import { describe, expect, it } from 'vitest';
import { AccessControl, AuditLog, ConflictError, MLOpsConfig, MLOpsError, type Principal } from '@bondx/mlops';
import { Denials } from '../../../src/governance/access/denials.js';
import { experimentScope, scopeOfRecord } from '../../../src/governance/access/scope.js';
import { ControlPlane, retryConflicts } from '../../../src/governance/control-plane.js';
import { type Context, createContext } from '../../../src/runtime/context.js';
import { createWorld, failure } from '../../helpers.js';

const as = (id: string): Principal => ({ id, type: 'person', authentication: 'application' });
const bindings = [
  { principal: 'dev', role: 'developer' },
  { principal: 'aud', role: 'auditor' },
];

function open(policy: Parameters<typeof createWorld>[0] = { access: { bindings } }, more: Partial<Context> = {}) {
  const { config, options, clock, storage } = createWorld(policy);
  const context: Context = { ...createContext(config, { ...options, principal: as('dev') }), ...more };
  const list = () => new AuditLog(config, { ...options, principal: as('aud') }).list();
  return { config, options, clock, storage, context, control: new ControlPlane(context), list };
}

const resource = { type: 'run', id: 'r1' } as const;
const scope = { model: 'spread' } as const;
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
    ['CORRUPT', []],
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

  it('that is no error of this package leaves no record', async () => {
    const { control, list } = open({ access: { bindings }, security: { auditedReads: ['registry.read'] } });
    const fails = async (): Promise<never> => {
      throw new TypeError('a bug');
    };
    expect(await failure(control.change('tracking.end_run', { resource, scope }, fails))).toBeInstanceOf(TypeError);
    expect(await failure(control.access('registry.read', scope, fails))).toBeInstanceOf(TypeError);
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

  it('of denials tells callers apart, who have no name too', async () => {
    const { context, list } = open();
    for (const id of ['eve', 'eve', 'mallory']) {
      const plane = new ControlPlane({ ...context, principal: as(id) });
      await failure(plane.access('registry.read', scope, async () => undefined));
    }
    const nameless = new ControlPlane({ ...context, principal: undefined });
    for (let i = 0; i < 2; i++) {
      expect(await failure(nameless.access('registry.read', scope, async () => undefined))).toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    }
    expect((await list()).map(({ actor }) => actor.id)).toEqual(['eve', 'eve', 'mallory', 'anonymous']);
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

  it('and what others do is told to the log, how long it took and what came of it', async () => {
    const told: Record<string, unknown>[] = [];
    const log = (line: object): void => void told.push({ ...line });
    const { context } = open(undefined, { log: log });
    const control = new ControlPlane(context);
    await control.access('registry.read', scope, () => new Promise((resolve) => setTimeout(resolve, 5)));
    const error = new MLOpsError('NOT_FOUND', 'no');
    await failure(control.access('registry.read', scope, () => Promise.reject(error)));
    const nothing = control.access('registry.read', scope, () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw undefined;
    });
    expect(
      await nothing.then(
        () => 'done',
        (thrown: unknown) => thrown,
      ),
    ).toBeUndefined();
    await new ControlPlane({ ...context, principal: undefined }, 'library').access(
      'registry.read',
      scope,
      async () => undefined,
    );
    const durations = told.map(({ durationMs }) => durationMs as number);
    expect(durations[0]).toBeGreaterThanOrEqual(4);
    expect(durations.every((ms) => ms >= 0 && ms < 600_000)).toBe(true);
    expect(told.map(({ durationMs: _ms, ...line }) => line)).toEqual([
      { operation: 'registry.read', actor: 'dev' },
      { operation: 'registry.read', actor: 'dev', error },
      { operation: 'registry.read', actor: 'dev', error: 'unknown' },
      { operation: 'registry.read' },
    ]);
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

describe('denials that are alike', () => {
  it('are noted once in sixty seconds, with the number of those in between', () => {
    const denials = new Denials();
    expect([0, 1, 59_999].map((now) => denials.note('a', now))).toEqual([0, undefined, undefined]);
    expect(denials.note('b', 59_999)).toBe(0);
    expect(denials.note('a', 60_000)).toBe(2);
    expect(denials.note('a', 60_001)).toBeUndefined();
    expect(denials.note('a', 200_000)).toBe(1);
    expect(denials.note('a', 300_000)).toBe(0);
  });

  it('are remembered of the thousand callers that were noted last', () => {
    const denials = new Denials();
    for (let i = 0; i < 1_000; i++) expect(denials.note(`k${i}`, i)).toBe(0);
    expect(denials.note('k0', 1_000)).toBeUndefined(); // all of them are known
    expect(denials.note('new', 1_000)).toBe(0); // and the oldest makes room
    expect(denials.note('k1', 1_000)).toBeUndefined();
    expect(denials.note('k0', 1_000)).toBe(0);
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
