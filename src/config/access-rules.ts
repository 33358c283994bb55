import { foldName } from '../util/fold-name.js';
import { nearest } from '../util/nearest.js';
import { isReference } from './references.js';
import { builtInRoles } from './roles.js';
import type { Rule } from './rule.js';
import type { PolicyFile } from './schema.js';

type Access = PolicyFile['access'];

/** What the keys of `access` say together. */
export const accessRules: readonly Rule[] = [
  rule('roles', ({ roles }) => {
    const taken = Object.keys(roles).find((role) => Object.hasOwn(builtInRoles, role));
    return taken === undefined ? undefined : `${taken} is built in; give your own role another name`;
  }),
  rule('bindings', (access) => unknownRole(access, access.bindings, 'bindings')),
  rule('forbids', (access) => unknownRole(access, access.forbids, 'forbids')),
  rule('break_glass', (access) => unknownRole(access, [access.break_glass], 'break_glass'), 'role'),
  rule('bindings', ({ bindings }) => patternIn(bindings, 'bindings')),
  rule('forbids', ({ forbids }) => patternIn(forbids, 'forbids')),
  rule('bindings', ({ bindings }) => {
    const owners = new Map<string, string>(); // by one spelling: people are told apart by no other
    for (const [i, { principal, aliases }] of bindings.entries()) {
      for (const alias of aliases) {
        if (alias !== principal && foldName(alias) === foldName(principal)) continue; // another spelling of the same
        const owner = owners.get(foldName(alias)) ?? principal;
        if (foldName(owner) !== foldName(principal))
          return `bindings[${i}]: ${alias} is an alias of ${owner} already; one name, one person`;
        owners.set(foldName(alias), principal);
      }
    }
    const chained = bindings.find(({ principal, aliases }) => aliases.length > 0 && owners.has(foldName(principal)));
    if (chained === undefined) return undefined;
    return `${chained.principal} has aliases and is one; list all other names under one principal`;
  }),
  rule('forbids', ({ forbids }) => {
    const empty = forbids.findIndex(({ principal, role }) => (principal === null) === (role === null));
    if (empty !== -1) return `forbids[${empty}] takes a principal or a role, one of the two`;
    const idle = forbids.findIndex(({ permissions }) => permissions.length === 0);
    return idle === -1 ? undefined : `forbids[${idle}] forbids nothing; list its permissions, or remove it`;
  }),
  rule(
    'jwt',
    ({ jwt }) => {
      if (jwt.issuer === null) {
        const isEmpty = jwt.audience === null && jwt.jwks_url === null && jwt.public_key_file === null;
        return isEmpty && jwt.algorithms.length === 0 ? undefined : 'needs the issuer of the tokens';
      }
      if (jwt.audience === null) return 'needs the audience: a token for somebody else is not one for this service';
      if (jwt.algorithms.length === 0) return 'needs the algorithms that the issuer signs with, such as [ES256]';
      if ((jwt.jwks_url === null) === (jwt.public_key_file === null))
        return 'needs jwks_url or public_key_file, one of the two';
      return undefined;
    },
    ...['issuer', 'audience', 'algorithms', 'jwks_url', 'public_key_file'],
  ),
  {
    paths: [['access', 'jwt', 'jwks_url'], ['environment']],
    problem: ({ environment, access }) => {
      const { jwks_url: url } = access.jwt;
      if (url === null) return undefined;
      if (isReference(url) || !URL.canParse(url)) return 'expected a URL such as https://login.example.com/keys';
      const { protocol } = new URL(url);
      if (protocol === 'https:' || (protocol === 'http:' && environment !== 'production')) return undefined;
      return 'must begin with https://: whoever can change the keys on their way can be anybody';
    },
  },
];

/** @param parts keys of the section that `key` is, of which the one that somebody wrote is to blame */
function rule(key: keyof Access, problem: (access: Access) => string | undefined, ...parts: readonly string[]): Rule {
  const paths = parts.length === 0 ? [['access', key]] : parts.map((part) => ['access', key, part]);
  return { paths, problem: ({ access }) => problem(access) };
}

/** A forbid with a pattern in it would forbid nothing, and nobody would be told. */
function patternIn(
  entries: readonly { readonly principal: string | null; readonly models: readonly string[] }[],
  key: string,
): string | undefined {
  for (const [i, { principal, models }] of entries.entries()) {
    const pattern = [principal, ...models].find((name) => name?.includes('*') === true);
    if (pattern === undefined) continue;
    const instead =
      pattern === principal ? 'name each principal, or forbid a role' : 'leave models out to mean all of them';
    return `${key}[${i}]: ${JSON.stringify(pattern)} would be the name itself, no pattern; ${instead}`;
  }
  return undefined;
}

function unknownRole(
  access: Access,
  entries: readonly { readonly role: string | null }[],
  key: string,
): string | undefined {
  const known = [...Object.keys(builtInRoles), ...Object.keys(access.roles)];
  const i = entries.findIndex(({ role }) => role !== null && !known.includes(role));
  if (i === -1) return undefined;
  const role = entries[i]!.role!;
  const meant = nearest(role, known);
  const hint = meant === undefined ? `roles are ${known.join(', ')}` : `did you mean ${meant}?`;
  return `${key === 'break_glass' ? key : `${key}[${i}]`}: there is no role ${JSON.stringify(role)}; ${hint}`;
}
