import { describe, expect, it } from 'vitest';
import { fromText, onlyIssue } from './policy-fixture.js';

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
    ['forbids: [{ permissions: [track] }]', 'forbids[0] takes a principal or a role, one of the two'],
    ['jwt: { audience: x }', 'needs the issuer of the tokens'],
    ['jwt: { issuer: x, audience: y }', 'needs the algorithms that the issuer signs with, such as [ES256]'],
    ['jwt: { issuer: x, algorithms: [ES256] }', 'needs the audience'],
    ['jwt: { issuer: x, audience: y, algorithms: [ES256] }', 'needs jwks_url or public_key_file, one of the two'],
    ['jwt: { algorithms: [HS256] }', 'expected one of RS256'],
  ])('refuses %s', (section, message) => {
    const issue = onlyIssue(`seed: 1\naccess:\n  ${section}\n`);
    expect(issue.message).toContain(message);
    expect(issue.line).toBe(3);
  });

  it('takes keys from the network only over https in production', () => {
    const jwt = (url: string): string =>
      `access:\n  jwt: { issuer: i, audience: a, algorithms: [ES256], jwks_url: '${url}' }\nenvironment: `;
    expect(() => fromText(`${jwt('http://localhost:1/keys')}staging`)).not.toThrow();
    expect(onlyIssue(`${jwt('http://localhost:1/keys')}production`).message).toContain('must begin with https://');
    expect(onlyIssue(`${jwt('file:///keys')}staging`).message).toContain('must begin with https://');
    expect(onlyIssue(`${jwt('keys')}staging`).message).toContain('expected a URL such as');
  });
});
