import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MLOpsConfig, type Principal } from '@bondx/mlops';
import { type Permission, builtInRoles } from '../../../src/config/roles.js';
import { AccessRules, accessRulesOf } from '../../../src/governance/access/access-rules.js';
import { type Scope, modelOrStore, modelsOf, sayScope } from '../../../src/governance/access/scope.js';

type Policy = Parameters<typeof MLOpsConfig.fromObject>[0];
type Access = NonNullable<Policy['access']>;
type Binding = NonNullable<Access['bindings']>[number];
type Forbid = NonNullable<Access['forbids']>[number];

const as = (id: string, type: Principal['type'] = 'person'): Principal => ({ id, type, authentication: 'jwt' });
const rulesOf = (access: Access): AccessRules =>
  new AccessRules(MLOpsConfig.fromObject({ access }, { environment: {} }).policy);
const now = Date.UTC(2026, 5, 1);

const decide = (rules: AccessRules, principal: Principal, permission: Permission, scope: Scope, at = now) =>
  rules.decide({ principal, permission, scope: () => Promise.resolve(scope), now: at });

async function reasonOf(...asked: Parameters<typeof decide>): Promise<string> {
  const verdict = await decide(...asked);
  return verdict.isAllowed ? 'allowed' : verdict.reason;
}

const names = ['ada', 'bob'];
const aliasOf: Readonly<Record<string, string>> = { ada: 'ada-2', bob: 'bob-2' };
const models = ['spread', 'liquidity', 'secret'];
const environments = ['development', 'staging'] as const;
const roles = ['developer', 'validator', 'operator', 'desk'];
const asked: readonly Permission[] = ['read', 'track', 'evidence', 'approve', 'promote'];
const types = fc.constantFrom('person' as const, 'person' as const, 'service' as const);
const ownRole: readonly Permission[] = ['read', 'approve', 'promote'];
const permissionsOf = (role: string): readonly Permission[] => (role === 'desk' ? ownRole : builtInRoles[role]!);

const someOf = <T>(all: readonly T[]): fc.Arbitrary<T[]> =>
  fc.oneof(fc.constant<T[]>([]), fc.subarray([...all], { minLength: 1 }));
const cover = { models: someOf(models), environments: someOf(environments) };
const binding = fc.record({
  ...{ principal: fc.constantFrom(...names), type: types },
  ...{ role: fc.constantFrom(...roles), hasAlias: fc.boolean(), ...cover },
  expires: fc.constantFrom(null, '2026-05-31', '2026-06-01T00:00:00Z', '2026-06-02'),
});
const forbid = fc.record({
  ...{ isRole: fc.boolean(), name: fc.constantFrom(...names), role: fc.constantFrom(...roles), ...cover },
  permissions: fc.subarray([...asked], { minLength: 1 }),
});
const scopes: Scope[] = ['store', 'self', ...models.map((model) => ({ model })), { models: models.slice(0, 2) }];

type Some<T> = T extends fc.Arbitrary<infer U> ? U : never;
interface Asked {
  readonly bindings: readonly Some<typeof binding>[];
  readonly forbids: readonly Some<typeof forbid>[];
  readonly principal: Principal;
  readonly permission: Permission;
  readonly scope: Scope;
}

/** What docs/access.md says, word by word. */
function isPermitted({ bindings, forbids, principal, permission, scope }: Asked): boolean {
  const own = principal.id.replace(/-2$/, '');
  const live = bindings.filter(
    (one) =>
      one.type === principal.type &&
      one.principal === own &&
      (principal.id === own || one.hasAlias) &&
      (one.environments.length === 0 || one.environments.includes('development')) &&
      (one.expires === null || Date.parse(one.expires) > now),
  );
  const reached = scope === 'store' || scope === 'self' ? [] : 'model' in scope ? [scope.model] : scope.models;
  const permitting = live.filter((one) => permissionsOf(one.role).includes(permission));
  const isCovered = (model: string): boolean => permitting.some((one) => one.models.includes(model));
  const permits =
    permitting.some((one) => one.models.length === 0) ||
    (permitting.length > 0 && scope !== 'store' && reached.every(isCovered));
  // Another name of the same person, wherever it is said to be one.
  const isSame = (name: string): boolean =>
    name === principal.id ||
    (name === own && bindings.some(({ principal: owner, hasAlias }) => owner === own && hasAlias));
  const isForbidden = forbids.some(
    (one) =>
      one.permissions.includes(permission) &&
      (one.environments.length === 0 || one.environments.includes('development')) &&
      (one.isRole ? live.some(({ role }) => role === one.role) : isSame(one.name)) &&
      (one.models.length === 0 || scope === 'store' || reached.some((model) => one.models.includes(model))),
  );
  return permits && !isForbidden;
}

const bindingOf = ({ hasAlias, ...rest }: Some<typeof binding>): Binding => ({
  ...rest,
  aliases: hasAlias ? [aliasOf[rest.principal]!] : [],
});
const forbidOf = ({ isRole, name, role, ...rest }: Some<typeof forbid>): Forbid =>
  isRole ? { ...rest, role } : { ...rest, principal: name };

describe('a decision', () => {
  it('is what the policy says, whatever it says', async () => {
    const question = fc.record({
      bindings: fc.array(binding, { minLength: 1, maxLength: 5 }),
      forbids: fc.array(forbid, { maxLength: 2 }),
      id: fc.constantFrom(...names, ...Object.values(aliasOf)),
      type: types,
      permission: fc.constantFrom(...asked),
      scope: fc.constantFrom(...scopes),
    });
    const seen = { true: 0, false: 0 };
    await fc.assert(
      fc.asyncProperty(question, async ({ bindings, forbids, id, type, permission, scope }) => {
        const access = {
          ...{ roles: { desk: [...ownRole] }, bindings: bindings.map(bindingOf), forbids: forbids.map(forbidOf) },
        };
        const principal = as(id, type);
        const expected = isPermitted({ bindings, forbids, principal, permission, scope });
        seen[`${expected}`]++;
        expect((await decide(rulesOf(access), principal, permission, scope)).isAllowed).toBe(expected);
      }),
      { numRuns: 600, seed: 3 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(30);
  });

  it('asks what is reached only where models are told apart', async () => {
    const rules = rulesOf({
      bindings: [
        { principal: 'ada', role: 'developer' },
        { principal: 'ada', role: 'developer', models: ['spread'] },
        { principal: 'bob', role: 'developer', models: ['spread'] },
      ],
      forbids: [{ principal: 'ada', permissions: ['register'], models: ['secret'] }],
    });
    let asked = 0;
    const scope = (): Promise<Scope> => Promise.resolve({ model: (asked++, 'spread') });
    const ask = (id: string, permission: Permission) => rules.decide({ principal: as(id), permission, scope, now });
    expect(await ask('ada', 'track')).toEqual({ isAllowed: true });
    expect(await ask('ada', 'approve')).toMatchObject({ isAllowed: false });
    expect(asked).toBe(0);
    expect(await ask('ada', 'register')).toEqual({ isAllowed: true });
    expect(await ask('bob', 'track')).toEqual({ isAllowed: true });
    expect(asked).toBe(2);
  });

  it('that denies says why', async () => {
    const rules = rulesOf({
      bindings: [
        { principal: 'ada', role: 'developer', models: ['spread', 'liquidity'] },
        { principal: 'ada', role: 'operator', expires: '2026-01-01' },
        { principal: 'ada', role: 'validator', models: ['spread'], environments: ['production'] },
        { principal: 'bob', role: 'admin' },
      ],
      forbids: [
        { principal: 'ada', permissions: ['retrain'] },
        { role: 'admin', permissions: ['audit'], models: ['secret'] },
      ],
    });
    const ada = as('ada');
    expect(await reasonOf(rules, ada, 'track', { models: ['spread', 'secret'] })).toBe(
      'ada has the permission track for spread, liquidity only, not for spread, secret',
    );
    expect(await reasonOf(rules, ada, 'track', 'store')).toContain('not for the whole store');
    expect(await reasonOf(rules, ada, 'promote', 'store')).toBe(
      'ada has not the permission promote: the binding to operator expired at 2026-01-01',
    );
    expect(await reasonOf(rules, ada, 'approve', 'store')).toContain('none of the roles of ada has it');
    expect(await reasonOf(rules, as('ada', 'service'), 'track', 'store')).toContain(
      'no binding in access.bindings is for the service ada here',
    );
    expect(await reasonOf(rules, ada, 'retrain', 'self')).toBe('access.forbids denies retrain to ada');
    expect(await reasonOf(rules, as('bob'), 'audit', 'store')).toBe('access.forbids denies audit to the role admin');
    expect(await reasonOf(rules, as('bob'), 'audit', { model: 'spread' })).toBe('allowed');
    expect(await reasonOf(rules, ada, 'own_token', 'self')).toBe('allowed');
  });

  it('about several models may be permitted by several bindings together', async () => {
    const rules = rulesOf({
      bindings: ['spread', 'liquidity'].map((model) => ({ principal: 'ada', role: 'operator', models: [model] })),
    });
    const ada = as('ada', 'person');
    // What a process that serves both may ask about a prediction that is not stored yet.
    expect(await decide(rules, ada, 'serve', { models: ['spread', 'liquidity'] })).toEqual({ isAllowed: true });
    expect(await reasonOf(rules, ada, 'serve', { models: ['spread', 'secret'] })).toBe(
      'ada has the permission serve for spread, liquidity only, not for spread, secret',
    );
  });

  it('on what is his own is not for models: a forbid of some does not reach it, one of all does', async () => {
    const bindings = [{ principal: 'ada', role: 'developer', models: ['spread'] }];
    const forbidding = (models: string[]) =>
      rulesOf({ bindings, forbids: [{ principal: 'ada', permissions: ['own_token'], models }] });
    expect(await reasonOf(forbidding(['spread', 'secret']), as('ada'), 'own_token', 'self')).toBe('allowed');
    expect(await reasonOf(forbidding([]), as('ada'), 'own_token', 'self')).toContain('access.forbids denies own_token');
  });

  it('ends with its binding, to the millisecond', async () => {
    const rules = rulesOf({ bindings: [{ principal: 'ada', role: 'developer', expires: '2026-06-01' }] });
    expect(await decide(rules, as('ada'), 'track', 'store', now - 1)).toEqual({ isAllowed: true });
    expect(await decide(rules, as('ada'), 'track', 'store', now)).toMatchObject({ isAllowed: false });
  });
});

describe('whoever raised himself', () => {
  const rules = rulesOf({
    bindings: [{ principal: 'dev', role: 'developer' }],
    forbids: [
      { role: 'operator', permissions: ['serve'], models: ['secret'] },
      { role: 'developer', permissions: ['rollback'] },
      { principal: ' DEV', permissions: ['promote'] },
    ],
  });
  const raised = async (permission: Permission, scope: Scope, role = 'operator') => {
    const verdict = await rules.decideRaised(
      { principal: as('dev'), permission, scope: () => Promise.resolve(scope), now },
      role,
    );
    return verdict.isAllowed ? 'allowed' : verdict.reason;
  };

  it('may what the role may, for every model, unless that role, his own or he himself is forbidden to', async () => {
    expect(await raised('monitor', 'store')).toBe('allowed');
    expect(await raised('serve', { model: 'spread' })).toBe('allowed');
    expect(await raised('serve', { model: 'secret' })).toBe('access.forbids denies serve to the role operator');
    expect(await raised('rollback', { model: 'spread' })).toBe('access.forbids denies rollback to the role developer');
    expect(await raised('promote', 'store')).toContain('access.forbids denies promote to');
    expect(await raised('administer', 'store')).toBe(
      'dev was raised to operator, which has not the permission administer',
    );
  });
});

describe('names', () => {
  const rules = rulesOf({
    bindings: [
      { principal: 'Ada', role: 'developer', aliases: ['ada@bank'] },
      { principal: 'batch', type: 'service', role: 'developer', aliases: ['batch-2'] },
      { principal: 'far', type: 'service', role: 'developer', environments: ['production'] },
    ],
  });

  it('are one person behind aliases, cases, blanks and forms of Unicode', () => {
    for (const name of ['Ada', 'ada', ' ADA ', 'ada@bank', 'Ada@Bank', '\uff21da']) {
      expect(rules.identityOf(name)).toBe('ada');
    }
    for (const unseen of ['\u200b', '\u00ad', '\u2060', '\ufeff', '\u200d', '\ufe0f', '\u{e0041}', '\u3164']) {
      expect(rules.identityOf(`a${unseen}da${unseen}`), unseen.codePointAt(0)!.toString(16)).toBe('ada');
      expect(rules.identityOf(`${unseen} ada@${unseen}bank`)).toBe('ada');
    }
    for (const [one, other] of [
      ['Stra\u00dfe', 'STRASSE'],
      ['\u03c3\u03b1\u03c2', '\u03c3\u03b1\u03c3'],
    ] as const) {
      expect(rules.identityOf(one)).toBe(rules.identityOf(other));
    }
    expect(rules.identityOf('Batch-2')).toBe('batch');
    expect(rules.identityOf('Bob')).toBe('bob');
  });

  it('are of a person unless they are bound as a service, anywhere', () => {
    expect(['Ada', 'ada@bank', 'batch', 'batch-2', 'far', 'nobody'].map((name) => rules.typeOf(name))).toEqual([
      ...['person', 'person', 'service', 'service', 'service', 'person'],
    ]);
  });
});

describe('the rules', () => {
  it('are enforced where somebody is bound and the policy does not switch them off', () => {
    const bindings = [{ principal: 'ada', role: 'developer' }];
    const isEnforced = (policy: Policy): boolean =>
      accessRulesOf(MLOpsConfig.fromObject(policy, { environment: {} }).policy).isEnforced;
    expect(isEnforced({})).toBe(false);
    expect(isEnforced({ access: { bindings } })).toBe(true);
    expect(isEnforced({ access: { bindings }, security: { requireAuthorization: false } })).toBe(false);
  });

  it('of a policy are read once', () => {
    const { policy } = MLOpsConfig.fromObject({}, { environment: {} });
    expect(accessRulesOf(policy)).toBe(accessRulesOf(policy));
  });
});

describe('a scope', () => {
  it('names models, or none', () => {
    expect(modelsOf({ model: 'a' })).toEqual(['a']);
    expect(modelsOf({ models: ['a', 'b'] })).toEqual(['a', 'b']);
    expect([modelsOf('store'), modelsOf('self')]).toEqual([undefined, undefined]);
    expect([modelOrStore('a'), modelOrStore(undefined)]).toEqual([{ model: 'a' }, 'store']);
    expect([{ models: ['a', 'b'] }, { model: 'a' }, 'store' as const, 'self' as const].map(sayScope)).toEqual([
      ...['a, b', 'a', 'the whole store', 'oneself'],
    ]);
  });
});
