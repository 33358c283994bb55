import type { AccessBinding } from '../../config/governance-policy.js';
import type { Permission } from '../../config/roles.js';
import { foldName } from '../../util/fold-name.js';
import type { Safeguards } from './safeguards.js';

/** What somebody may do, or what is forbidden to whom: one permission at a time. */
export interface Right {
  /** Such as `person ada`. */
  readonly who: string;
  readonly permission: Permission;
  /** Empty: all of them. What reaches several models takes one right that names them all. */
  readonly models: readonly string[];
  /** UTC milliseconds; Infinity without an end. */
  readonly until: number;
}

type Covering = Pick<AccessBinding, 'models' | 'environments'>;

const isHere = ({ environments }: Covering, environment: Safeguards['environment']): boolean =>
  environments.length === 0 || environments.includes(environment);

const untilOf = ({ expires }: AccessBinding): number => (expires === null ? Infinity : Date.parse(expires));

const namesOf = ({ type, principal, aliases }: AccessBinding): readonly string[] =>
  [principal, ...aliases].map((name) => `${type} ${name}`);

const bindingsOf = ({ access, environment }: Safeguards): readonly AccessBinding[] =>
  access.bindings.filter((binding) => isHere(binding, environment));

/** Everything that the bindings of this environment permit, aliases included. */
export const rightsOf = (safeguards: Safeguards): readonly Right[] =>
  bindingsOf(safeguards).flatMap((binding) =>
    namesOf(binding).flatMap((who) =>
      (safeguards.access.roles[binding.role] ?? []).map((permission) => ({
        ...{ who, permission, models: binding.models, until: untilOf(binding) },
      })),
    ),
  );

/** Everything that is forbidden here: to a name, to a role, and through the role to whoever has it. */
export function forbidsOf(safeguards: Safeguards): readonly Right[] {
  const { access, environment } = safeguards;
  const bindings = bindingsOf(safeguards);
  return access.forbids
    .filter((forbid) => isHere(forbid, environment))
    .flatMap((forbid) => {
      const whom =
        forbid.role === null
          ? [{ who: `name ${foldName(forbid.principal!)}`, until: Infinity }]
          : [
              { who: `role ${forbid.role}`, until: Infinity },
              ...bindings
                .filter(({ role }) => role === forbid.role)
                .flatMap((binding) => namesOf(binding).map((who) => ({ who, until: untilOf(binding) }))),
            ];
      // To forbid two models is to forbid each of them.
      const models = forbid.models.length === 0 ? [[]] : forbid.models.map((model) => [model]);
      return whom.flatMap(({ who, until }) =>
        forbid.permissions.flatMap((permission) => models.map((some) => ({ who, permission, models: some, until }))),
      );
    });
}

/** Those of the first list that nothing in the second one holds for as well, at least as long. */
export function uncovered(rights: readonly Right[], by: readonly Right[]): readonly Right[] {
  const known = new Map<string, Right[]>();
  for (const right of by) {
    const key = keyOf(right);
    const others = known.get(key);
    if (others === undefined) known.set(key, [right]);
    else others.push(right);
  }
  return rights.filter(
    (right) => !(known.get(keyOf(right)) ?? []).some((other) => isWithin(right, other) && other.until >= right.until),
  );
}

const isWithin = ({ models }: Right, other: Right): boolean =>
  other.models.length === 0 || (models.length > 0 && models.every((model) => other.models.includes(model)));

const keyOf = ({ who, permission }: Right): string => `${permission} ${who}`;

/** Such as `approve for spread until 2027-06-30T00:00:00.000Z`. */
export const sayRight = ({ permission, models, until }: Right): string =>
  permission +
  (models.length === 0 ? '' : ` for ${models.join(', ')}`) +
  (until === Infinity ? '' : ` until ${new Date(until).toISOString()}`);
