import { readFileSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { ApiToken, AuditRecord, BreakGlass } from '@bondx/mlops';
import { bondx, home, inFolderWith } from './in-folder.js';

const policy = `
access:
  bindings:
    - { principal: ${userInfo().username}, role: admin }
    - { principal: nightly, type: service, role: auditor, aliases: [nightly-2] }
    - { principal: night-op, type: service, role: operator }
`;

inFolderWith({ 'policy.yaml': policy });

it('is refused without a file or token that was named, where another policy or caller would have taken its place', async () => {
  for (const name of ['config', 'token'])
    expect(await bondx('list', `--${name}`, '')).toMatchObject({ code: 2, err: `error: --${name} is empty\n` });
});

describe('bondx-mlops with tokens', () => {
  it('makes, uses, lists and revokes them', async () => {
    const made = await bondx('tokens', 'create', '--service', 'nightly', '--days', '2');
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^bondx_\S+\n$/) as string });
    const token = made.out.trim();
    vi.stubEnv('BONDX_TOKEN', token);
    const listed = await bondx('audit', 'list', '--json');
    expect((JSON.parse(listed.out) as AuditRecord[])[0]).toMatchObject({ action: 'access.create_service_token' });
    expect(await bondx('storage', 'gc', '--dry-run')).toMatchObject({ code: 0 });
    expect(await bondx('storage', 'gc')).toMatchObject({
      code: 1,
      err: expect.stringContaining('nightly has not the permission maintain') as string,
    });
    vi.stubEnv('BONDX_TOKEN', '');
    const [{ tokenId }] = JSON.parse((await bondx('tokens', 'list', '--json')).out) as [ApiToken];
    expect((await bondx('tokens', 'revoke', '--id', tokenId, '--reason', 'lost')).out).toContain('is revoked');
    const refused = await bondx('audit', 'verify', '--token', token);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('was revoked') as string });
    expect(refused.err).not.toContain(token);
  });

  it('raises in an emergency and asks for the review', async () => {
    const token = (await bondx('tokens', 'create', '--service', 'night-op')).out.trim();
    const raised = await bondx(
      'emergency',
      'raise',
      '--reason',
      'no spreads',
      '--minutes',
      '5',
      '--token',
      token,
      '--json',
    );
    const { breakGlassId, role } = JSON.parse(raised.out) as BreakGlass;
    expect(role).toBe('operator');
    expect((await bondx('emergency', 'list', '--unreviewed')).out).toContain('no spreads');
    expect(await bondx('emergency', 'review', '--id', breakGlassId, '--comment', 'fine')).toMatchObject({
      code: 1,
      err: expect.stringContaining('has not the permission review') as string,
    });
  });
});

it('every command opens what it works with as whoever the token says', () => {
  const folder = join(home, 'src/cli/commands');
  const opened = /(?:new [A-Z]\w+|await [a-z]\w*(?:Store|Retention|Garbage|Health))\((?:config|\{)[^;]*/g;
  const calls = readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(opened)].map(([call]) => `${file}: ${call}`),
  );
  expect(calls.length).toBeGreaterThan(20);
  expect(calls.filter((call) => !/\b(who|registry)\b/.test(call))).toEqual([]); // what is given a registry acts as it does
});
