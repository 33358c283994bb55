import { foldName } from '../../util/fold-name.js';
import { type Right, forbidsOf, rightsOf, sayRight, uncovered } from './access-rights.js';
import type { SafeguardChange, Safeguards } from './safeguards.js';

/** How the `access` section of one policy differs from that of another: by what people may do, not by how it is written. */
export function compareAccess(before: Safeguards, after: Safeguards): readonly SafeguardChange[] {
  return [
    ...compareRights(before, after),
    ...compareAliases(before, after),
    ...compareRaising(before, after),
    ...compareTokens(before, after),
  ];
}

/** Without bindings everybody may do everything. */
const isEnforced = ({ security, access }: Safeguards): boolean =>
  security.requireAuthorization && access.bindings.length > 0;

function compareRights(before: Safeguards, after: Safeguards): readonly SafeguardChange[] {
  if (!isEnforced(before) || !isEnforced(after)) {
    if (isEnforced(before) === isEnforced(after)) return [];
    const effect = isEnforced(before) ? 'weaker' : 'stricter';
    const say = (safeguards: Safeguards): string =>
      isEnforced(safeguards) ? `${safeguards.access.bindings.length} bindings` : 'everybody may do everything';
    return [{ key: 'access.bindings', effect, from: say(before), to: say(after) }];
  }
  const [rightsBefore, rightsAfter] = [rightsOf(before), rightsOf(after)];
  const [forbidsBefore, forbidsAfter] = [forbidsOf(before), forbidsOf(after)];
  const lifted = uncovered(forbidsBefore, forbidsAfter);
  return [
    ...byName(uncovered(rightsAfter, rightsBefore), (to) => added('access.bindings', 'weaker', to)),
    ...byName(uncovered(rightsBefore, rightsAfter), (from) => removed('access.bindings', 'stricter', from)),
    ...byName(lifted.filter(isFelt(rightsAfter)), (from) => removed('access.forbids', 'weaker', from)),
    ...byName(uncovered(forbidsAfter, forbidsBefore), (to) => added('access.forbids', 'stricter', to)),
  ];
}

type Effect = SafeguardChange['effect'];

const added = (key: string, effect: Effect, to: string): SafeguardChange => ({ key, effect, from: null, to });
const removed = (key: string, effect: Effect, from: string): SafeguardChange => ({ key, effect, from, to: null });

/** A forbid that went together with all that it took away, or could take away in an emergency, makes nothing weaker. */
function isFelt(rights: readonly Right[]): (forbid: Right) => boolean {
  const may = new Set(rights.map(({ who, permission }) => `${permission} ${who}`));
  return ({ who, permission }) =>
    /^(name|role) /.test(who) || may.has(`${permission} ${who}`) || may.has(`break_glass ${who}`);
}

/** Most rights that are named of one person: what is more is counted. */
const mostNamed = 20;

function byName(rights: readonly Right[], toChange: (text: string) => SafeguardChange): readonly SafeguardChange[] {
  const names = new Map<string, Set<string>>();
  for (const right of rights) {
    const said = names.get(right.who);
    if (said === undefined) names.set(right.who, new Set([sayRight(right)]));
    else said.add(sayRight(right));
  }
  return [...names].map(([who, said]) => {
    const more = said.size > mostNamed ? ` and ${said.size - mostNamed} more` : '';
    return toChange(`${who}: ${[...said].slice(0, mostNamed).join(', ')}${more}`);
  });
}

/** Two names of one person count once among those who approve: a name that is on its own again is one more voice. */
function compareAliases(before: Safeguards, after: Safeguards): readonly SafeguardChange[] {
  const pairsOf = ({ access }: Safeguards): readonly string[] =>
    access.bindings.flatMap(({ principal, aliases }) =>
      aliases.map((alias) => `${foldName(alias)} is ${foldName(principal)}`),
    );
  const [was, is] = [new Set(pairsOf(before)), new Set(pairsOf(after))];
  return [
    ...[...was].filter((pair) => !is.has(pair)).map((pair) => removed('access.bindings', 'weaker', pair)),
    ...[...is].filter((pair) => !was.has(pair)).map((pair) => added('access.bindings', 'stricter', pair)),
  ];
}

/** The role that somebody raises himself to in an emergency. */
function compareRaising(before: Safeguards, after: Safeguards): readonly SafeguardChange[] {
  const [from, to] = [before.access.breakGlass.role, after.access.breakGlass.role];
  const [was, is] = [before.access.roles[from] ?? [], after.access.roles[to] ?? []];
  const key = 'access.break_glass.role';
  if (is.some((permission) => !was.includes(permission))) return [{ key, effect: 'weaker', from, to }];
  return was.some((permission) => !is.includes(permission)) ? [{ key, effect: 'stricter', from, to }] : [];
}

/** Whose tokens are believed, while there is an issuer in both: another key, audience or claim lets others in. */
function compareTokens(
  { access: { jwt: before } }: Safeguards,
  { access: { jwt: after } }: Safeguards,
): readonly SafeguardChange[] {
  if (before.issuer === null || after.issuer === null) return [];
  const changes: SafeguardChange[] = (
    [
      ['access.jwt.audience', before.audience, after.audience],
      ['access.jwt.jwks_url', before.jwksUrl, after.jwksUrl],
      ['access.jwt.public_key_file', before.publicKeyFile, after.publicKeyFile],
      ['access.jwt.principal_claim', before.principalClaim, after.principalClaim],
    ] as const
  )
    .filter(([, from, to]) => from !== to)
    .map(([key, from, to]) => ({ key, effect: 'weaker', from, to }));
  const [from, to] = [before.algorithms, after.algorithms];
  const isWider = to.some((algorithm) => !from.includes(algorithm));
  if (isWider || from.some((algorithm) => !to.includes(algorithm))) {
    changes.push({ key: 'access.jwt.algorithms', effect: isWider ? 'weaker' : 'stricter', from, to });
  }
  return changes;
}
