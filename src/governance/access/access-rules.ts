import type { AccessBinding, AccessForbid } from '../../config/governance-policy.js';
import type { Policy } from '../../config/policy.js';
import { type Permission, builtInRoles } from '../../config/roles.js';
import type { Principal } from '../../runtime/principal.js';
import { foldName } from '../../util/fold-name.js';
import { type Scope, modelsOf, sayScope } from './scope.js';

/** Whether somebody may do something, and why not. */
export type Verdict = { readonly isAllowed: true } | { readonly isAllowed: false; readonly reason: string };

/** What a decision is about. `scope` is a function where finding out is work. */
export interface Question {
  readonly principal: Principal;
  readonly permission: Permission;
  readonly scope: () => Promise<Scope>;
  /** UTC milliseconds. */
  readonly now: number;
}

type Covering = Pick<AccessBinding, 'models' | 'environments'>;

/**
 * The `access` section at work: what no live binding permits is denied, and a forbid beats every permit. Pure apart from
 * asking for the scope, which happens only where models are told apart.
 */
export class AccessRules {
  readonly #all: readonly AccessBinding[];
  /** Those of this environment. */
  readonly #bindings: readonly AccessBinding[];
  readonly #forbids: readonly AccessForbid[];
  readonly #roles: Readonly<Record<string, readonly Permission[]>>;
  /** What somebody is raised to in an emergency. */
  readonly #raisedRole: string;
  readonly #owners = new Map<string, string>();
  /** Whether permissions are checked at all. */
  readonly isEnforced: boolean;

  constructor({ access, security, environment }: Policy) {
    const isHere = ({ environments }: Covering): boolean =>
      environments.length === 0 || environments.includes(environment);
    this.isEnforced = security.requireAuthorization && access.bindings.length > 0;
    this.#all = access.bindings;
    this.#bindings = access.bindings.filter(isHere);
    this.#forbids = access.forbids.filter(isHere);
    this.#roles = { ...builtInRoles, ...access.roles };
    this.#raisedRole = access.breakGlass.role;
    for (const { principal, aliases } of access.bindings) {
      for (const alias of aliases) this.#owners.set(foldName(alias), foldName(principal));
    }
  }

  /** The one name behind a name: aliases, and spellings that differ in case, Unicode form or what is not seen, are one person. */
  identityOf(id: string): string {
    return this.#owners.get(foldName(id)) ?? foldName(id);
  }

  /** What a name that came without one is: a service when it is bound as one, in this spelling or else in another, else a person. */
  typeOf(id: string): Principal['type'] {
    const named = (spell: (name: string) => string): readonly AccessBinding[] =>
      this.#all.filter(({ principal, aliases }) => [principal, ...aliases].some((name) => spell(name) === spell(id)));
    const exact = named((name) => name);
    const isService = (exact.length > 0 ? exact : named(foldName)).some(({ type }) => type === 'service');
    return isService ? 'service' : 'person';
  }

  permissionsOf(role: string): readonly Permission[] {
    return this.#roles[role]!;
  }

  async decide(question: Question): Promise<Verdict> {
    const { principal, permission, now } = question;
    const live = this.#liveOf(principal, now);
    const permits = live.filter(({ role }) => this.permissionsOf(role).includes(permission));
    if (permits.length === 0) return this.#nothingPermits(question, live.length);
    return this.#judge(question, permits, new Set(live.map(({ role }) => role)));
  }

  /**
   * As {@link decide}, for somebody who raised himself to a role. It holds where he may do so, and as long: other processes of the
   * store are of other environments, and bindings end.
   */
  async decideRaised(question: Question, role: string): Promise<Verdict> {
    const { principal, permission, now } = question;
    const own = await this.decide({ ...question, permission: 'break_glass', scope: () => Promise.resolve('self') });
    if (!own.isAllowed) return own;
    if (role !== this.#raisedRole) {
      return denied(`${principal.id} was raised to ${role}, and access.break_glass.role is ${this.#raisedRole} here`);
    }
    if (!this.permissionsOf(role).includes(permission)) {
      return denied(`${principal.id} was raised to ${role}, which has not the permission ${permission}`);
    }
    const roles = this.#liveOf(principal, now).map((binding) => binding.role);
    return this.#judge(question, [everything], new Set([role, ...roles]));
  }

  #liveOf(principal: Principal, now: number): readonly AccessBinding[] {
    return this.#bindings.filter(
      (binding) => isFor(binding, principal) && (binding.expires === null || now < Date.parse(binding.expires)),
    );
  }

  async #judge(
    { principal, permission, scope }: Question,
    permits: readonly Covering[],
    roles: ReadonlySet<string>,
  ): Promise<Verdict> {
    const forbids = this.#forbids.filter(
      (forbid) =>
        forbid.permissions.includes(permission) &&
        (forbid.role === null
          ? this.identityOf(forbid.principal!) === this.identityOf(principal.id)
          : roles.has(forbid.role)),
    );
    const needsScope = forbids.length > 0 || !permits.some(({ models }) => models.length === 0);
    if (!needsScope) return allowed;
    const reached = await scope();
    const forbid = forbids.find(({ models }) => models.length === 0 || reaches(models, reached));
    if (forbid !== undefined) {
      const whom = forbid.role === null ? forbid.principal! : `the role ${forbid.role}`;
      return denied(`access.forbids denies ${permission} to ${whom}`);
    }
    // What reaches several models may be permitted by several bindings together.
    const models = [...new Set(permits.flatMap((permit) => permit.models))];
    if (permits.some((permit) => permit.models.length === 0) || isWithin(models, reached)) return allowed;
    return denied(
      `${principal.id} has the permission ${permission} for ${models.join(', ')} only, not for ${sayScope(reached)}`,
    );
  }

  #nothingPermits({ principal, permission }: Question, live: number): Verdict {
    const expired = this.#bindings.find(
      (binding) => isFor(binding, principal) && this.permissionsOf(binding.role).includes(permission),
    );
    const why =
      expired !== undefined
        ? `the binding to ${expired.role} expired at ${expired.expires!}`
        : live === 0
          ? `no binding in access.bindings is for the ${principal.type} ${principal.id} here`
          : `none of the roles of ${principal.id} has it`;
    return denied(`${principal.id} has not the permission ${permission}: ${why}`);
  }
}

const allowed: Verdict = { isAllowed: true };
const denied = (reason: string): Verdict => ({ isAllowed: false, reason });
const everything: Covering = { models: [], environments: [] };

/** Permits go by the exact name, forbids and identities by the folded one: neither can be stretched by a spelling. */
const isFor = ({ principal: id, type, aliases }: AccessBinding, principal: Principal): boolean =>
  type === principal.type && (id === principal.id || aliases.includes(principal.id));

/** What reaches all models reaches those that are forbidden. */
const reaches = (models: readonly string[], scope: Scope): boolean =>
  scope === 'store' || modelsOf(scope)?.some((model) => models.includes(model)) === true;

const isWithin = (models: readonly string[], scope: Scope): boolean =>
  scope !== 'store' && (modelsOf(scope) ?? []).every((model) => models.includes(model));

const known = new WeakMap<Policy, AccessRules>();

/** The rules of a policy, read once. */
export function accessRulesOf(policy: Policy): AccessRules {
  let rules = known.get(policy);
  if (rules === undefined) known.set(policy, (rules = new AccessRules(policy)));
  return rules;
}
