import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { safeParse } from 'zod/mini';
import { accessSection } from '../../src/config/access-schema.js';
import { fromText, onlyIssue } from './policy-fixture.js';

/** Moments in forms that a policy does not take. */
const unreadable = [
  ...['2027-01-31 ', ' 2027-01-31', '27-01-31', '2027-01-31T18Z', '2027-01-31T18:00', '2027-01-31T18:00:00', 'x'],
];
const open = { models: [], environments: [] };
const noTokens = {
  ...{ issuer: null, audience: null, algorithms: [], jwks_url: null, public_key_file: null },
  principal_claim: 'sub',
};

describe('the access section', () => {
  it.each([
    [
      'bindings: [{ principal: ada, role: develper }]',
      'bindings[0]: there is no role "develper"; did you mean developer?',
    ],
    ['break_glass: { role: admni }', 'break_glass: there is no role "admni"; did you mean admin?'],
    ['roles: { desk: [aprove] }', 'expected a permission, got the text "aprove"; did you mean approve?'],
    ['roles: { admin: [read] }', 'admin is built in; give your own role another name'],
    ['bindings: [{ principal: ada, role: admin, roles: [risk] }]', 'unknown key roles (did you mean role?)'],
    ['bindings: [{ principal: ada, role: admin, expires: 2027-02-31T25:00Z }]', 'expected a day that exists'],
    ['bindings: [{ principal: ada, role: admin, expires: soon }]', 'expected a day or a time such as 2027-01-31'],
    ['bindings: [ada]', 'expected keys and values, got the text "ada"'],
    [
      'bindings: [{ principal: a, role: admin, aliases: [c] }, { principal: b, role: risk, aliases: [c] }]',
      'bindings[1]: c is an alias of a already; one name, one person',
    ],
    [
      'bindings: [{ principal: a, role: admin, aliases: [b] }, { principal: b, role: risk, aliases: [c] }]',
      'b has aliases and is one; list all other names under one principal',
    ],
    [
      'bindings: [{ principal: a, role: admin, aliases: [c] }, { principal: b, role: risk, aliases: [C] }]',
      'bindings[1]: C is an alias of a already; one name, one person',
    ],
    [
      'bindings: [{ principal: a, role: admin, aliases: [b] }, { principal: B, role: risk, aliases: [c] }]',
      'B has aliases and is one; list all other names under one principal',
    ],
    ['forbids: [{ permissions: [track] }]', 'forbids[0] takes a principal or a role, one of the two'],
    ['forbids: [{ role: admin, permissions: [] }]', 'forbids[0] forbids nothing; list its permissions, or remove it'],
    [
      "forbids: [{ principal: '*', permissions: [track] }]",
      'forbids[0]: "*" would be the name itself, no pattern; name each principal, or forbid a role',
    ],
    [
      "forbids: [{ role: admin, permissions: [promote], models: ['spread*'] }]",
      'forbids[0]: "spread*" would be the name itself, no pattern; leave models out to mean all of them',
    ],
    ["bindings: [{ principal: ada, role: admin, models: [spread, '*'] }]", 'bindings[0]: "*" would be the name itself'],
    ['jwt: { audience: x }', 'needs the issuer of the tokens'],
    ['jwt: { issuer: x, audience: y }', 'needs the algorithms that the issuer signs with, such as [ES256]'],
    ['jwt: { issuer: x, algorithms: [ES256] }', 'needs the audience'],
    ['jwt: { issuer: x, audience: y, algorithms: [ES256] }', 'needs jwks_url or public_key_file, one of the two'],
    ['jwt: { algorithms: [HS256] }', 'expected one of RS256'],
    ['jwt: { algorithms: [ES256] }', 'needs the issuer of the tokens'],
    ["jwt: { jwks_url: 'https://login/keys' }", 'needs the issuer of the tokens'],
    ['jwt: { public_key_file: key.pem }', 'needs the issuer of the tokens'],
    [
      "jwt: { issuer: x, audience: y, algorithms: [ES256], public_key_file: key.pem, jwks_url: 'https://login/keys' }",
      'needs jwks_url or public_key_file, one of the two',
    ],
    ['bindings: [{ principal: a, role: admin, aliases: [a] }]', 'a has aliases and is one'],
    ['bindings: [{ principal: a, role: zzzzzzzz }]', 'there is no role "zzzzzzzz"; roles are developer, validator'],
    ['forbids: [{ role: admn, permissions: [track] }]', 'forbids[0]: there is no role "admn"; did you mean admin?'],
    ['forbids: [{ principal: a, role: admin, permissions: [track] }]', 'takes a principal or a role, one of the two'],
    ['roles: { desk: [zzzzzzzz] }', 'expected a permission, got the text "zzzzzzzz"; known are read, track'],
    ['roles: { desk: [7] }', 'expected a permission, got 7; known are read, track'],
    [
      'bindings: [{ principal: a, role: admin, zzzzzzzz: 1 }]',
      'unknown key zzzzzzzz; known here: principal, type, role',
    ],
    ['bindings: 7', 'expected a list such as [{ principal: ada, role: developer }]'],
    ['forbids: 7', 'expected a list such as [{ role: admin, permissions: [promote] }]'],
    ['break_glass: { max_minutes: 0 }', 'expected minutes above 0, at most 1440 (a day)'],
    ['break_glass: { max_minutes: 1441 }', 'expected minutes above 0, at most 1440 (a day)'],
    ...unreadable.map((when): [string, string] => [
      `bindings: [{ principal: ada, role: admin, expires: '${when}' }]`,
      'expected a day or a time such as 2027-01-31',
    ]),
    ["bindings: [{ principal: ada, role: admin, expires: '2027-13-01' }]", 'expected a day that exists'],
    ["bindings: [{ principal: ada, role: admin, expires: '2027-02-29' }]", 'expected a day that exists'],
    ["bindings: [{ principal: ada, role: admin, expires: '2027-04-31T09:00Z' }]", 'expected a day that exists'],
  ])('refuses %s', (section, message) => {
    const issue = onlyIssue(`seed: 1\naccess:\n  ${section}\n`);
    expect(issue.message).toContain(message);
    expect(issue.line).toBe(3);
  });

  it.each([
    ['roles: { desk: [aprove] }', 'did you mean approve?'],
    ['roles: { desk: [7] }', 'expected a permission, got 7; known are read, track'],
    ['bindings: 7', 'expected a list such as [{ principal: ada, role: developer }]'],
    ['bindings: [ada]', 'expected keys and values, got the text "ada"'],
    ['bindings: [{ principal: ada, role: admin, roles: [risk] }]', 'did you mean role?'],
    ['forbids: [{ permissions: [track], x: 1 }]', 'unknown key x; known here: principal, role, permissions'],
    ['break_glass: { max_minutes: 0 }', 'expected minutes above 0'],
    ['break_glass: { max_minutes: 1441 }', 'expected minutes above 0'],
    ['jwt: { algorithms: [HS256] }', 'expected one of RS256'],
    ...unreadable.map((when): [string, string] => [
      `bindings: [{ principal: ada, role: admin, expires: '${when}' }]`,
      'expected a day or a time such as 2027-01-31',
    ]),
    ["bindings: [{ principal: ada, role: admin, expires: '2027-13-01' }]", 'expected a day that exists'],
    ["bindings: [{ principal: ada, role: admin, expires: '2027-02-29' }]", 'expected a day that exists'],
    ["bindings: [{ principal: ada, role: admin, expires: '2027-04-31T09:00Z' }]", 'expected a day that exists'],
  ])('alone, built anew, refuses %s', (text, message) => {
    const { success, error } = safeParse(accessSection(), parse(text));
    expect(success).toBe(false);
    expect(error!.issues.map((issue) => issue.message).join()).toContain(message);
  });

  it('alone, built anew, takes every form of what it should', () => {
    const times = ['2027-01-31', '2027-01-31T18:00Z', '2027-01-31T18:00:59Z', '2031-12-09T23:45:06Z', '2028-02-29'];
    const access = {
      roles: { desk: ['read', 'approve'] },
      bindings: times.map((expires) => ({ principal: 'ada', role: 'desk', expires })),
      forbids: [{ principal: 'ada', permissions: ['read'], models: ['spread'], environments: ['staging'] }],
      break_glass: { role: 'desk', max_minutes: 1440 },
    };
    expect(safeParse(accessSection(), access).data).toEqual({
      ...access,
      bindings: access.bindings.map((given) => ({ ...open, type: 'person', aliases: [], ...given })),
      forbids: [{ role: null, ...access.forbids[0] }],
      jwt: noTokens,
    });
    expect(safeParse(accessSection(), {}).data).toMatchObject({ roles: {}, bindings: [], forbids: [] });
    expect(safeParse(accessSection(), { bindings: [{ principal: 'a', role: 'b' }] }).data).toEqual({
      roles: {},
      bindings: [{ principal: 'a', role: 'b', type: 'person', aliases: [], ...open, expires: null }],
      forbids: [],
      break_glass: { role: 'operator', max_minutes: 60 },
      jwt: noTokens,
    });
  });

  it('takes what it should', () => {
    const { access } = fromText(`access:
  roles: { desk: [read, approve] }
  bindings:
    - { principal: ada, role: desk, expires: 2027-01-31 }
    - { principal: bob, role: desk, expires: 2027-01-31T18:00Z }
    - { principal: cleo, role: desk, expires: 2027-01-31T18:00:59Z }
    - { principal: dan, role: admin, aliases: [dan@bank] }
    - { principal: dan, role: auditor, aliases: [dan@bank] }
  forbids:
    - { principal: ada, permissions: [read] }
    - { role: desk, permissions: [approve] }
  break_glass: { role: desk, max_minutes: 1440 }
`).policy;
    expect(access.bindings.map(({ expires }) => expires)).toEqual([
      ...['2027-01-31', '2027-01-31T18:00Z', '2027-01-31T18:00:59Z', null, null],
    ]);
    expect(access.breakGlass).toEqual({ role: 'desk', maxMinutes: 1440 });
    expect(access.bindings[0]).toMatchObject({ type: 'person', aliases: [], models: [], environments: [] });
    const nothing = fromText('seed: 1').policy.access;
    expect(nothing).toMatchObject({
      roles: {},
      bindings: [],
      forbids: [],
      jwt: { issuer: null, principalClaim: 'sub' },
    });
    expect(nothing.jwt.algorithms).toEqual([]);
  });

  it('takes keys from the network only over https in production', () => {
    const jwt = (url: string): string =>
      `access:\n  jwt: { issuer: i, audience: a, algorithms: [ES256], jwks_url: '${url}' }\nenvironment: `;
    expect(() => fromText(`${jwt('http://localhost:1/keys')}staging`)).not.toThrow();
    expect(() => fromText(`${jwt('https://login/keys')}production\n`)).not.toThrow();
    expect(onlyIssue(`${jwt('http://localhost:1/keys')}production`).message).toContain('must begin with https://');
    expect(onlyIssue(`${jwt('file:///keys')}staging`).message).toContain('must begin with https://');
    expect(onlyIssue(`${jwt('keys')}staging`).message).toContain('expected a URL such as');
  });
});
