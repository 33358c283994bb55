import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MLOpsConfig, type Principal } from '@bondx/mlops';
import type { Permission } from '../../../src/config/roles.js';
import { AccessRules } from '../../../src/governance/access/access-rules.js';
import type { Scope } from '../../../src/governance/access/scope.js';
import { compareSafeguards } from '../../../src/governance/policy/compare-safeguards.js';
import { type Safeguards, safeguardsOf } from '../../../src/governance/policy/safeguards.js';

type PolicyInput = Parameters<typeof MLOpsConfig.fromObject>[0];

const read = (policy: PolicyInput) => MLOpsConfig.fromObject(policy, { environment: {} }).policy;
const compare = (before: PolicyInput, after: PolicyInput) =>
  compareSafeguards(safeguardsOf(read(before)), safeguardsOf(read(after)));
const said = (before: PolicyInput, after: PolicyInput) =>
  compare(before, after).map(({ key, effect, from, to }) => `${effect} ${key}: ${from as string} → ${to as string}`);

describe('each safeguard', () => {
  const ada = { principal: 'ada', role: 'developer' };
  const jwt = { issuer: 'i', audience: 'a', algorithms: ['ES256' as const], publicKeyFile: 'k.pem' };
  it.each<[string, PolicyInput, PolicyInput]>([
    ['promotion.required_approvals', { promotion: { requiredApprovals: 2 } }, { promotion: { requiredApprovals: 1 } }],
    [
      'promotion.approval_expiry_hours',
      { promotion: { approvalExpiryHours: 1 } },
      { promotion: { approvalExpiryHours: 2 } },
    ],
    ['promotion.min_accuracy', { promotion: { minAccuracy: 0.9 } }, { promotion: { minAccuracy: 0.8 } }],
    ['promotion.max_drift', { promotion: { maxDrift: 0.1 } }, { promotion: { maxDrift: 0.2 } }],
    ['promotion.require_explainability', {}, { promotion: { requireExplainability: false } }],
    ['promotion.require_feature_importance', {}, { promotion: { requireFeatureImportance: false } }],
    ['promotion.require_bias_testing', {}, { promotion: { requireBiasTesting: false } }],
    ['promotion.require_security_scan', {}, { promotion: { requireSecurityScan: false } }],
    ['promotion.require_compliance_check', {}, { promotion: { requireComplianceCheck: false } }],
    ['promotion.custom_gates', { promotion: { customGates: ['a'] } }, { promotion: { customGates: [] } }],
    ['security.require_authentication', {}, { security: { requireAuthentication: false } }],
    ['security.require_authorization', {}, { security: { requireAuthorization: false } }],
    ['security.log_all_operations', {}, { security: { logAllOperations: false } }],
    ['security.audited_reads', { security: { auditedReads: ['audit.read'] } }, {}],
    ['security.audit_log_retention_days', {}, { security: { auditLogRetentionDays: 364 } }],
    ['security.checkpoint_interval', {}, { security: { checkpointInterval: 1001 } }],
    ['security.audit_anchor_path', { security: { auditAnchorPath: 'a' } }, { security: { auditAnchorPath: null } }],
    ['security.anonymize_sensitive_data', {}, { security: { anonymizeSensitiveData: false } }],
    ['security.encrypt_model_artifacts', {}, { security: { encryptModelArtifacts: false } }],
    ['security.require_signatures', { security: { requireSignatures: true } }, {}],
    ['security.regulatory_frameworks', {}, { security: { regulatoryFrameworks: ['IFRS 9'] } }],
    ['security.compliance_checks', {}, { security: { complianceChecks: [] } }],
    ['compliance.require_inventory', { compliance: { requireInventory: true } }, {}],
    ['compliance.tier1_review_months', {}, { compliance: { tier1ReviewMonths: 13 } }],
    ['compliance.tier2_review_months', {}, { compliance: { tier2ReviewMonths: 25 } }],
    ['compliance.tier3_review_months', {}, { compliance: { tier3ReviewMonths: 37 } }],
    ...(
      [
        ['drift', { drift: 31 }],
        ['bias_testing', { biasTesting: 366 }],
        ['explainability', { explainability: 366 }],
        ['feature_importance', { featureImportance: 366 }],
        ['challenge', { challenge: 366 }],
        ['outcomes', { outcomes: 366 }],
        ['compliance', { compliance: 91 }],
      ] as const
    ).map(([kind, maxEvidenceAgeDays]): [string, PolicyInput, PolicyInput] => [
      `compliance.max_evidence_age_days.${kind}`,
      {},
      { compliance: { maxEvidenceAgeDays } },
    ]),
    ['privacy.sensitive_columns', { privacy: { sensitiveColumns: { client: {} } } }, {}],
    ['access.break_glass.max_minutes', {}, { access: { breakGlass: { maxMinutes: 61 } } }],
    ['access.jwt.issuer', {}, { access: { jwt } }],
    [
      'access.jwt.algorithms',
      { access: { jwt } },
      { access: { jwt: { ...jwt, algorithms: ['ES256' as const, 'RS256' as const] } } },
    ],
    ['access.bindings', { access: { bindings: [ada] } }, {}],
    [
      'access.forbids',
      { access: { bindings: [ada], forbids: [{ principal: 'ada', permissions: ['register'] }] } },
      { access: { bindings: [ada] } },
    ],
  ])('%s is weaker one way and stricter the other', (key, strict, lax) => {
    expect(compare(strict, lax).map((change) => [change.key, change.effect])).toEqual([[key, 'weaker']]);
    expect(compare(lax, strict).map((change) => [change.key, change.effect])).toEqual([[key, 'stricter']]);
    expect([...compare(strict, strict), ...compare(lax, lax)]).toEqual([]);
  });

  it.each<[string, PolicyInput, PolicyInput]>([
    ['access.jwt.audience', { access: { jwt } }, { access: { jwt: { ...jwt, audience: 'b' } } }],
    ['access.jwt.public_key_file', { access: { jwt } }, { access: { jwt: { ...jwt, publicKeyFile: 'l.pem' } } }],
    ['access.jwt.principal_claim', { access: { jwt } }, { access: { jwt: { ...jwt, principalClaim: 'email' } } }],
    ['access.jwt.issuer', { access: { jwt } }, { access: { jwt: { ...jwt, issuer: 'j' } } }],
    ['security.audit_anchor_path', { security: { auditAnchorPath: 'a' } }, { security: { auditAnchorPath: 'b' } }],
  ])('%s that is another cannot be compared, and counts as weaker both ways', (key, one, other) => {
    expect(compare(one, other).map((change) => [change.key, change.effect])).toEqual([[key, 'weaker']]);
    expect(compare(other, one).map((change) => [change.key, change.effect])).toEqual([[key, 'weaker']]);
  });

  it('counts a list that lost one and won another as weaker', () => {
    expect(said({ promotion: { customGates: ['a'] } }, { promotion: { customGates: ['b', 'c'] } })).toEqual([
      'weaker promotion.custom_gates: a → b,c',
    ]);
  });

  it('that the other does not know yet is left out', () => {
    const { promotion, ...rest } = safeguardsOf(read({}));
    const { requiredApprovals: _unknown, ...known } = promotion;
    const older = { ...rest, promotion: known } as Safeguards;
    const now = safeguardsOf(read({ promotion: { requiredApprovals: 2 } }));
    expect([compareSafeguards(older, now), compareSafeguards(now, older)]).toEqual([[], []]);
    const ageless: Safeguards = { ...safeguardsOf(read({})), compliance: { requireInventory: false } };
    const aged = safeguardsOf(read({ compliance: { maxEvidenceAgeDays: { drift: 900 } } }));
    expect([compareSafeguards(ageless, aged), compareSafeguards(aged, ageless)]).toEqual([[], []]);
  });

  it('names what is weaker first', () => {
    const after = { promotion: { requiredApprovals: 3, maxDrift: 0.5 } };
    expect(said({}, after)).toEqual([
      'weaker promotion.max_drift: 0.1 → 0.5',
      'stricter promotion.required_approvals: 0 → 3',
    ]);
  });
});

it('a sensitive column that is treated differently counts as weaker, whichever way', () => {
  const masked = (keep: number | null): PolicyInput => ({
    privacy: { sensitiveColumns: { client: { action: 'mask', ...(keep !== null && { keep }) } } },
  });
  expect(said(masked(null), masked(4))).toEqual(['weaker privacy.sensitive_columns: client: mask → client: mask 4']);
  expect(said(masked(4), masked(null))).toEqual(['weaker privacy.sensitive_columns: client: mask 4 → client: mask']);
  expect(said(masked(4), masked(4))).toEqual([]);
});

describe('access', () => {
  const ada = { principal: 'ada', role: 'developer' };
  const access = (...bindings: object[]): PolicyInput => ({ access: { bindings } });

  it('that widens says who may what', () => {
    expect(said(access(ada), access(ada, { principal: 'bob', role: 'risk', models: ['spread'] }))).toEqual([
      'weaker access.bindings: null → person bob: read for spread, own_token for spread, approve for spread, audit for ' +
        'spread, review for spread',
    ]);
    expect(said(access({ ...ada, expires: '2027-01-01' }), access({ ...ada, expires: '2027-01-02' }))[0]).toContain(
      'weaker access.bindings: null → person ada: read until 2027-01-02T00:00:00.000Z',
    );
  });

  it('is what people may, not how it is written', () => {
    expect(said(access(ada, { ...ada, models: ['spread'] }), access(ada))).toEqual([]);
    const own = {
      roles: { builder: ['read', 'own_token'] as const },
      bindings: [ada, { principal: 'b', role: 'builder' }],
    };
    const same = {
      roles: { other: ['own_token', 'read'] as const },
      bindings: [{ principal: 'b', role: 'other' }, ada],
    };
    expect(said({ access: own }, { access: same })).toEqual([]);
  });

  it('of a role that grew is that of whoever has it', () => {
    const of = (...permissions: Permission[]) =>
      ({ access: { roles: { desk: permissions }, bindings: [{ principal: 'bob', role: 'desk' }] } }) as PolicyInput;
    expect(said(of('read'), of('read', 'approve'))).toEqual(['weaker access.bindings: null → person bob: approve']);
  });

  it('counts a name that is no alias any more as one more voice', () => {
    const two = access({ ...ada, aliases: ['svc-ada'] });
    expect(said(two, access(ada, { principal: 'svc-ada', role: 'developer' }))).toEqual([
      'weaker access.bindings: svc-ada is ada → null',
    ]);
  });

  it('of an emergency is that of its role', () => {
    const raised = (role: string): PolicyInput => ({ access: { breakGlass: { role } } });
    expect(said(raised('operator'), raised('admin'))).toEqual(['weaker access.break_glass.role: operator → admin']);
    expect(said(raised('operator'), raised('auditor'))).toEqual(['weaker access.break_glass.role: operator → auditor']);
  });

  it('that several models take together is not that of each by itself', () => {
    const apart = access({ ...ada, models: ['a'] }, { ...ada, models: ['b'] });
    expect(said(apart, access({ ...ada, models: ['a', 'b'] }))[0]).toContain(
      'weaker access.bindings: null → person ada',
    );
  });
});

describe('whatever is edited', () => {
  const names = ['ada', 'bob'] as const;
  const models = ['spread', 'secret'] as const;
  const asked = ['read', 'approve', 'promote', 'break_glass'] as const;
  const now = Date.UTC(2026, 5, 1);
  const some = <T>(all: readonly T[]) => fc.oneof(fc.constant<T[]>([]), fc.subarray([...all], { minLength: 1 }));
  const cover = { models: some(models), environments: some(['development', 'staging'] as const) };
  const binding = fc.record({
    ...{ principal: fc.constantFrom(...names), type: fc.constantFrom('person' as const, 'service' as const) },
    ...{ role: fc.constantFrom('developer', 'risk', 'operator', 'desk'), hasAlias: fc.boolean(), ...cover },
    expires: fc.constantFrom(null, '2026-05-31', '2026-06-02'),
  });
  const forbid = fc.record({
    ...{ name: fc.constantFrom(...names), role: fc.constantFrom('risk', 'operator', 'desk'), isRole: fc.boolean() },
    ...{ permissions: fc.subarray([...asked], { minLength: 1 }), ...cover },
  });
  const section = fc
    .record({
      bindings: fc.array(binding, { maxLength: 4 }),
      forbids: fc.array(forbid, { maxLength: 2 }),
      desk: fc.subarray([...asked]),
      raised: fc.constantFrom('operator', 'desk', 'risk'),
    })
    .map(({ bindings, forbids, desk, raised }) => ({
      roles: { desk },
      bindings: bindings.map(({ hasAlias, ...rest }) => ({
        ...rest,
        aliases: hasAlias ? [`${rest.principal}-2`] : [],
      })),
      forbids: forbids.map(({ isRole, name, role, ...rest }) =>
        isRole ? { ...rest, role } : { ...rest, principal: name },
      ),
      breakGlass: { role: raised },
    }));
  /** Small edits are where a mistake would hide: mostly the second policy is the first one but for one part, or one key of one. */
  const key = <T extends object>(of: fc.Arbitrary<T>) =>
    fc
      .tuple(fc.subarray(['models', 'environments', 'expires', 'aliases', 'permissions']), of)
      .map(([keys, value]) => Object.fromEntries(Object.entries(value).filter(([name]) => keys.includes(name))));
  const aliases = fc.constantFrom([], ['ada-2'], ['bob-2']);
  const edit = fc.record({
    ...{ other: section, keep: fc.subarray(['roles', 'bindings', 'forbids', 'breakGlass'] as const) },
    ...{ isSmall: fc.boolean(), place: fc.nat(3) },
    ...{
      binding: key(fc.record({ ...cover, expires: fc.constantFrom(null, '2026-06-02'), aliases })),
      forbid: key(forbid),
    },
  });
  const pair = fc.record({ one: section, edit }).map(({ one, edit: { other, keep, isSmall, place, ...keys } }) => {
    const changed = <T extends object>(all: readonly T[], part: object): T[] =>
      all.map((member, i) => (i === place % all.length ? { ...member, ...part } : member));
    return {
      one,
      other: isSmall
        ? { ...one, bindings: changed(one.bindings, keys.binding), forbids: changed(one.forbids, keys.forbid) }
        : { ...other, ...(Object.fromEntries(keep.map((part) => [part, one[part]])) as Partial<typeof one>) },
    };
  });
  /** Some pairs make no policy: one name may be an alias of one person only. */
  const readSome = (access: object) => {
    try {
      return read({ access });
    } catch {
      return undefined;
    }
  };

  it('nobody may what they might not before, unless something is said to be weaker', async () => {
    const scopes: Scope[] = ['store', 'self', { model: 'spread' }, { model: 'secret' }, { models: [...models] }];
    const question = fc.record({
      id: fc.constantFrom(...names, 'ada-2', 'bob-2'),
      type: fc.constantFrom('person' as const, 'service' as const),
      permission: fc.constantFrom(...asked),
      scope: fc.constantFrom(...scopes),
      at: fc.constantFrom(now, now - 2 * 86_400_000),
      isRaised: fc.boolean(),
    });
    const may = async (
      policy: ReturnType<typeof read>,
      q: typeof question extends fc.Arbitrary<infer T> ? T : never,
    ) => {
      const rules = new AccessRules(policy);
      if (!rules.isEnforced) return true;
      const principal: Principal = { id: q.id, type: q.type, authentication: 'jwt' };
      const ask = { principal, permission: q.permission, scope: () => Promise.resolve(q.scope), now: q.at };
      if ((await rules.decide(ask)).isAllowed) return true;
      if (
        !q.isRaised ||
        !(await rules.decide({ ...ask, permission: 'break_glass', scope: () => Promise.resolve('self') })).isAllowed
      )
        return false;
      return (await rules.decideRaised(ask, policy.access.breakGlass.role)).isAllowed;
    };
    const seen = { widened: 0, narrowed: 0, silent: 0 };
    await fc.assert(
      fc.asyncProperty(pair, fc.array(question, { minLength: 8, maxLength: 8 }), async ({ one, other }, questions) => {
        const [before, after] = [readSome(one), readSome(other)];
        if (before === undefined || after === undefined) return;
        const changes = compareSafeguards(safeguardsOf(before), safeguardsOf(after));
        const isWeaker = changes.some(({ effect }) => effect === 'weaker');
        if (!isWeaker) seen[changes.length === 0 ? 'silent' : 'narrowed']++;
        for (const asking of questions) {
          if ((await may(before, asking)) || !(await may(after, asking))) continue;
          seen.widened++;
          expect(isWeaker, JSON.stringify(asking)).toBe(true);
        }
      }),
      { numRuns: 3_000, seed: 11 },
    );
    expect(Math.min(seen.widened, seen.narrowed, seen.silent)).toBeGreaterThan(30);
  }, 120_000);
});
