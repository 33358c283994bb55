import { describe, expect, it } from 'vitest';
import { AccessControl, AuditLog, type Principal, authenticate } from '@bondx/mlops';
import { parseToken } from '../../../src/governance/access/api-token.js';
import { createWorld, failure } from '../../helpers.js';

const as = (id: string, type: Principal['type'] = 'person'): Principal => ({ id, type, authentication: 'application' });
const day = 86_400_000;

const access = {
  bindings: [
    { principal: 'root', role: 'admin' },
    { principal: 'root', role: 'auditor' },
    { principal: 'dev', role: 'developer' },
    { principal: 'dev', role: 'developer', type: 'service' },
    { principal: 'omar', role: 'operator' },
    { principal: 'aud', role: 'auditor', aliases: ['aud-2'] },
    { principal: 'watch', role: 'auditor', type: 'service' },
  ],
} as const;

function open(policy: Parameters<typeof createWorld>[0] = { access }) {
  const { config, options, clock, storage, artifacts } = createWorld(policy);
  const by = (id: string, type?: Principal['type']) =>
    new AccessControl(config, { ...options, principal: as(id, type) });
  const check = (token: string) => authenticate(config, { token, storage, artifacts, clock });
  const audit = () => new AuditLog(config, { ...options, principal: as('root') });
  return { config, options, clock, storage, artifacts, by, check, audit };
}

describe('a token', () => {
  it('says what it is: whose, what for, since when, until when, and by whom it was made', async () => {
    const { by, clock } = open();
    const made = await by('dev').createToken({ description: 'laptop' });
    const { token, ...rest } = made;
    expect(rest).toEqual({
      ...{ tokenId: token.slice(6, 38), principal: { id: 'dev', type: 'person' }, description: 'laptop' },
      ...{ status: 'valid', createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'dev' },
      expiresAt: '2026-04-01T00:00:00.000Z', // 90 days
    });
    expect(Object.isFrozen(made) && Object.isFrozen(made.principal)).toBe(true);
    expect(await by('dev').listTokens({ principal: 'dev' })).toEqual([rest]);
    clock.advance(90 * day - 1);
    expect(await by('dev').listTokens({ principal: 'dev' })).toMatchObject([{ status: 'valid' }]);
    clock.advance(1);
    expect(await by('dev').listTokens({ principal: 'dev' })).toMatchObject([{ status: 'expired' }]);
  });

  it('has one form, and nothing before or behind it', () => {
    const [id, secret] = ['0'.repeat(32), 'A'.repeat(43)];
    expect(parseToken(`bondx_${id}_${secret}`)).toEqual({ tokenId: id, secret });
    for (const text of [
      ...['', 'bondx_', `bondx_${id}_`, `xbondx_${id}_${secret}`, `bondx_${id}_${secret}A`, `bondx_${id}0_${secret}`],
      ...[`bondx_${id.slice(1)}_${secret}`, `bondx_${id}_${secret.slice(1)}`, `bondx_${id.slice(1)}G_${secret}`],
    ]) {
      expect(parseToken(text), text).toBeUndefined();
    }
  });

  it('is valid for up to 366 days, and described in up to 500 characters', async () => {
    const { by } = open();
    const made = await by('dev').createToken({ days: 366, description: 'x'.repeat(500) });
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(366 * day);
    expect((await by('dev').createToken()).description).toBe('');
    const wrong = [
      { days: 0 },
      { days: -1 },
      { days: 366.5 },
      { days: NaN },
      { days: '5' as never },
      { days: true as never },
    ];
    for (const options of [
      ...wrong,
      ...[{ description: 'x'.repeat(501) }, { description: 7 as never }, { description: '\ud800' }],
      ...[{ principal: { id: 'x', type: 'robot' as never } }, { principal: { id: '', type: 'person' as const } }],
      { reason: 'x' } as never,
    ]) {
      expect(await failure(by('dev').createToken(options)), JSON.stringify(options)).toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
    expect(await by('root').listTokens()).toHaveLength(2);
  });

  it('of a person is made by that very person: a service of the same name is somebody else', async () => {
    const { by, check, audit } = open();
    const own = await by('dev').createToken({ principal: { id: 'dev', type: 'person' }, days: 5 });
    expect(await check(own.token)).toEqual({ id: 'dev', type: 'person', authentication: 'api_token' });
    const service = await by('dev', 'service').createToken();
    expect(await check(service.token)).toMatchObject({ type: 'service' });
    expect(await failure(by('dev', 'service').createToken({ principal: { id: 'dev', type: 'person' } }))).toMatchObject(
      { code: 'FORBIDDEN' },
    );
    expect(await failure(by('dev', 'service').revokeToken(own.tokenId))).toMatchObject({ code: 'FORBIDDEN' });
    const [record] = await audit().list({ action: 'access.create_token' });
    expect(record).toMatchObject({
      resource: { type: 'token', id: own.tokenId },
      detail: { principal: 'dev', type: 'person', days: 5 },
    });
  });

  it('of anybody is made by anybody where permissions are not checked', async () => {
    const { by, check } = open({});
    const { token, createdBy } = await by('ada').createToken({ principal: { id: 'bob', type: 'person' } });
    expect(createdBy).toBe('ada');
    expect(await check(token)).toMatchObject({ id: 'bob' });
  });

  it('ends once: revoking it again changes nothing', async () => {
    const { by, clock, audit } = open();
    const { tokenId } = await by('dev').createToken();
    clock.advance(1000);
    const revoked = await by('dev').revokeToken(tokenId);
    expect(revoked).toMatchObject({
      ...{ status: 'revoked', revoked: { at: '2026-01-01T00:00:01.000Z', by: 'dev', reason: 'revoked by hand' } },
    });
    clock.advance(1000);
    expect(await by('root').revokeToken(tokenId, 'again')).toEqual(revoked);
    clock.advance(100 * day); // expired as well by now
    expect(await by('dev').listTokens({ principal: 'dev' })).toEqual([revoked]);
    const records = await audit().list({ resourceId: tokenId });
    expect(records.map(({ action, reason, detail }) => [action, reason, detail?.['principal']])).toEqual([
      ['access.create_token', undefined, 'dev'],
      ['access.revoke_own_token', 'revoked by hand', 'dev'],
      ['access.revoke_token', 'again', 'dev'],
    ]);
  });

  it.each([' ', '', 'x'.repeat(4_001), '\ud800', 7 as never])('is not revoked because of %j', async (reason) => {
    const { by } = open();
    const { tokenId } = await by('dev').createToken();
    expect(await failure(by('dev').revokeToken(tokenId, reason))).toMatchObject({ code: 'INVALID_INPUT' });
    expect((await by('dev').revokeToken(tokenId, 'x'.repeat(4_000))).status).toBe('revoked');
  });

  it('is listed to its owner, and with all others to an administrator, newest first', async () => {
    const { by, clock } = open();
    const ids: string[] = [];
    // Ids are random: of so many, no order but that of time is this one.
    const owners = ['dev', 'omar', 'dev', ...Array.from({ length: 12 }, () => 'aud')];
    for (const id of owners) {
      clock.advance(1000);
      ids.push((await by(id).createToken()).tokenId);
    }
    const listed = async (control: AccessControl, options?: Parameters<AccessControl['listTokens']>[0]) =>
      (await control.listTokens(options)).map(({ tokenId }) => tokenId);
    expect(await listed(by('dev'), { principal: 'dev' })).toEqual([ids[2], ids[0]]);
    expect(await listed(by('root'))).toEqual(ids.toReversed());
    expect(await listed(by('root'), { limit: 1 })).toEqual(ids.slice(-1));
    expect(await listed(by('root'), { principal: 'omar' })).toEqual([ids[1]]);
    expect(await failure(by('dev').listTokens({ owner: 'dev' } as never))).toMatchObject({ code: 'INVALID_INPUT' });
    const narrow = open({ access: { bindings: [{ principal: 'dev', role: 'developer', models: ['spread'] }] } });
    expect(await narrow.by('dev').listTokens({ principal: 'dev' })).toEqual([]);
    expect(await failure(narrow.by('dev').listTokens({ principal: 'omar' }))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(narrow.by('dev').listTokens())).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is looked at by a call that names a text and nothing that nobody reads', async () => {
    const { config } = open();
    expect(await failure(authenticate(config, { token: 7 as never }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failure(authenticate(config, { token: '', tokn: '' } as never))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('an emergency', () => {
  it('lasts as long as was asked for, at most as long as the policy lets it', async () => {
    const { by, audit } = open({ access: { ...access, breakGlass: { role: 'admin', maxMinutes: 30 } } });
    const raised = await by('dev').breakGlass({ reason: 'x'.repeat(4_000) });
    expect(raised).toMatchObject({
      ...{ principal: 'dev', role: 'admin', raisedAt: '2026-01-01T00:00:00.000Z', isOver: false },
      expiresAt: '2026-01-01T00:30:00.000Z',
    });
    expect(raised).not.toHaveProperty('review');
    expect(Object.isFrozen(raised)).toBe(true);
    for (const options of [{ minutes: 0 }, { minutes: -5 }, { minutes: NaN }, { minutes: 30.1 }, { minute: 5 }]) {
      expect(await failure(by('dev').breakGlass({ reason: 'x', ...options }))).toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect(await audit().list({ action: 'access.break_glass' })).toMatchObject([
      { resource: { type: 'break_glass', id: raised.breakGlassId }, detail: { role: 'admin', minutes: 30 } },
    ]);
  });

  it('is the longest of those that somebody is in, and of nobody else', async () => {
    const { by, clock, audit } = open({ access: { ...access, breakGlass: { role: 'admin' } } });
    const token = { principal: { id: 'batch', type: 'service' } } as const; // takes an administrator
    expect(await failure(by('dev').createToken(token))).toMatchObject({ code: 'FORBIDDEN' });
    await by('dev').breakGlass({ reason: 'first', minutes: 10 });
    const { breakGlassId } = await by('dev').breakGlass({ reason: 'second', minutes: 20 });
    await by('dev').breakGlass({ reason: 'third', minutes: 5 });
    for (const minutes of [0, 15]) {
      clock.advance(minutes * 60_000);
      const { tokenId, createdBy } = await by('dev').createToken(token);
      expect(createdBy).toBe('dev');
      expect(await audit().list({ resourceId: tokenId })).toMatchObject([{ actor: { breakGlass: breakGlassId } }]);
    }
    expect(await failure(by('omar').createToken(token))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(by('dev', 'service').createToken(token))).toMatchObject({ code: 'FORBIDDEN' });
    clock.advance(5 * 60_000);
    expect(await failure(by('dev').createToken(token))).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is reviewed when it is over, once, by another person', async () => {
    const { by, clock, audit } = open();
    const { breakGlassId } = await by('dev').breakGlass({ reason: 'x', minutes: 10 });
    clock.advance(10 * 60_000 - 1);
    expect((await failure(by('aud').review(breakGlassId, 'fine'))).message).toContain('is not over');
    expect(await by('aud').listBreakGlass()).toMatchObject([{ isOver: false }]);
    clock.advance(1);
    expect(await failure(by('watch', 'service').review(breakGlassId, 'fine'))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(by('aud').review(breakGlassId, ' '))).toMatchObject({ code: 'INVALID_INPUT' });
    expect((await failure(by('aud').review('none', 'fine'))).message).toContain('nobody was raised as none');
    const reviewed = await by('aud').review(breakGlassId, 'fine');
    expect(reviewed.review).toEqual({ by: 'aud', at: '2026-01-01T00:10:00.000Z', comment: 'fine' });
    expect((await failure(by('aud').review(breakGlassId, 'fine'))).message).toContain('aud reviewed');
    expect(await by('aud').listBreakGlass({ isReviewed: true })).toEqual([reviewed]);
    const records = await audit().list({ action: 'access.review', resourceId: breakGlassId });
    expect(records.map(({ decision }) => decision)).toEqual(['error', 'deny', 'allow', 'error']);
    expect(records[2]).toMatchObject({ reason: 'fine', resource: { type: 'break_glass' } });
  });

  it('is listed newest first', async () => {
    const { by, clock } = open();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      clock.advance(1000);
      ids.push((await by('dev').breakGlass({ reason: String(i) })).breakGlassId);
    }
    const listed = async (options?: Parameters<AccessControl['listBreakGlass']>[0]) =>
      (await by('aud').listBreakGlass(options)).map(({ breakGlassId }) => breakGlassId);
    expect(await listed()).toEqual(ids.toReversed());
    expect(await listed({ limit: 2 })).toEqual([ids[2], ids[1]]);
    expect(await listed({ isReviewed: true })).toEqual([]);
    expect(await failure(by('aud').listBreakGlass({ reviewed: true } as never))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});
