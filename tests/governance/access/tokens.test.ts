import { type RequestListener, createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessControl, AuditLog, MLOpsConfig, type Principal, authenticate } from '@bondx/mlops';
import { FakeClock } from '@bondx/mlops/testing';
import { verifyJwt } from '../../../src/governance/access/verify-jwt.js';
import { createWorld, failure } from '../../helpers.js';

const as = (id: string, type: Principal['type'] = 'person'): Principal => ({ id, type, authentication: 'application' });

const access = {
  bindings: [
    { principal: 'root', role: 'admin' },
    { principal: 'root', role: 'auditor' },
    { principal: 'dev', role: 'developer', models: ['spread'] },
    { principal: 'batch', type: 'service', role: 'developer' },
  ],
} as const;

describe('API tokens', () => {
  const open = () => {
    const { config, options, clock, storage, artifacts } = createWorld({ access });
    const control = new AccessControl(config, { ...options, principal: as('dev') });
    const check = (token: string) => authenticate(config, { token, storage, artifacts, clock });
    return { config, options, clock, storage, control, check };
  };

  it('prove who made them, until they expire', async () => {
    const { control, check, clock, storage } = open();
    const { token, tokenId, expiresAt } = await control.createToken({ days: 2, description: 'laptop' });
    expect(token).toMatch(/^bondx_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/);
    expect(await check(token)).toEqual({ id: 'dev', type: 'person', authentication: 'api_token' });
    expect(JSON.stringify(await storage.query('access.tokens'))).not.toContain(token.slice(-43));
    clock.advance(Date.parse(expiresAt) - clock.now());
    expect((await failure(check(token))).message).toBe(`the token is refused: ${tokenId} expired; make a new one`);
  });

  it('end when they are revoked, and are refused when altered, without saying more', async () => {
    const { control, check } = open();
    const { token, tokenId } = await control.createToken();
    const last = token.endsWith('A') ? 'B' : 'A';
    for (const wrong of [token.slice(0, -1) + last, token.replace(tokenId, '0'.repeat(32))]) {
      const error = await failure(check(wrong));
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED', message: 'the token is refused: there is none like it' });
    }
    for (const part of [token.slice(0, -1), `${token}\n`, token.slice(0, 20), 'bondx_']) {
      const error = await failure(check(part));
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED', message: 'the token is refused: it is not whole' });
    }
    await control.revokeToken(tokenId, 'laptop lost');
    expect((await failure(check(token))).message).toContain('was revoked');
    expect(await control.listTokens({ principal: 'dev' })).toMatchObject([
      { tokenId, status: 'revoked', revoked: { by: 'dev', reason: 'laptop lost' } },
    ]);
  });

  it('are made by people for themselves and by administrators for services', async () => {
    const { config, options, control, check } = open();
    const root = control.withPrincipal(as('root'));
    const { token } = await root.createToken({ principal: { id: 'batch', type: 'service' } });
    expect(await check(token)).toEqual({ id: 'batch', type: 'service', authentication: 'api_token' });
    expect(await failure(root.createToken({ principal: { id: 'dev', type: 'person' } }))).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('dev is a person') as string,
    });
    expect(await failure(control.createToken({ principal: { id: 'batch', type: 'service' } }))).toMatchObject({
      code: 'FORBIDDEN',
    });
    const own = await control.createToken();
    expect(await failure(control.withPrincipal(as('batch', 'service')).revokeToken(own.tokenId))).toMatchObject({
      code: 'FORBIDDEN',
    });
    await root.revokeToken(own.tokenId);
    const records = await new AuditLog(config, { ...options, principal: as('root') }).list();
    expect(records.map(({ action, decision }) => `${action} ${decision}`)).toEqual([
      'access.create_service_token allow',
      'access.create_service_token deny',
      'access.create_service_token deny',
      'access.create_token allow',
      'access.revoke_token deny',
      'access.revoke_token allow',
    ]);
    expect(JSON.stringify(records)).not.toContain(token.slice(-43));
  });

  it('refuse nonsense', async () => {
    const { control } = open();
    expect(await failure(control.createToken({ days: 1000 }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await failure(control.revokeToken('none'))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failure(control.withPrincipal(as('root')).revokeToken('none'))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('signed tokens', () => {
  const clock = new FakeClock();
  const issued = Math.floor(clock.now() / 1000);
  let folder: string;
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;
  beforeAll(async () => {
    keys = await generateKeyPair('ES256');
    folder = await mkdtemp(join(tmpdir(), 'bondx-jwt-'));
    await writeFile(join(folder, 'key.pem'), await exportSPKI(keys.publicKey));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const configWith = (jwt: object): MLOpsConfig =>
    MLOpsConfig.fromObject(
      {
        storage: { kind: 'memory' },
        access: { ...access, jwt: { issuer: 'login', audience: 'mlops', algorithms: ['ES256'], ...jwt } },
      },
      { environment: {}, baseDirectory: folder },
    );
  const sign = (claims: object = {}, key: (typeof keys)['privateKey'] = keys.privateKey, alg = 'ES256') =>
    new SignJWT({ iss: 'login', aud: 'mlops', sub: 'dev', exp: issued + 60, ...claims })
      .setProtectedHeader({ alg, kid: 'k1' })
      .sign(key);

  it('prove a person, or a service that is bound as one', async () => {
    const config = configWith({ publicKeyFile: 'key.pem' });
    expect(await authenticate(config, { token: await sign(), clock })).toEqual({
      id: 'dev',
      type: 'person',
      authentication: 'jwt',
    });
    // An issuer whose clock is ahead by a minute at most.
    for (const claims of [{ nbf: issued + 60, exp: issued + 120 }, { nbf: issued + 1 }, { exp: issued + 1 }])
      expect(await authenticate(config, { token: await sign(claims), clock })).toMatchObject({ id: 'dev' });
    expect(await authenticate(config, { token: await sign({ sub: 'batch' }), clock })).toMatchObject({
      type: 'service',
    });
    // Only persons approve, and a service is none for how its issuer spells it.
    for (const sub of ['BATCH', 'bat\u200bch'])
      expect(await authenticate(config, { token: await sign({ sub }), clock })).toMatchObject({ type: 'service' });
    expect(await authenticate(config, { token: await sign({ sub: 'Dev' }), clock })).toMatchObject({ type: 'person' });
  });

  it('are refused with a wrong issuer, audience, time, algorithm, key or name', async () => {
    const config = configWith({ publicKeyFile: 'key.pem' });
    const other = await generateKeyPair('ES256');
    const rsa = await generateKeyPair('RS256');
    const [header, body] = (await sign()).split('.') as [string, string];
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    const wrong: [string, string][] = [
      [await sign({ iss: 'elsewhere' }), 'its claim iss is not'],
      [await sign({ aud: 'payroll' }), 'its claim aud is not'],
      [await sign({ exp: issued - 60 }), 'it has expired'],
      [await sign({ exp: issued }), 'it has expired'],
      [await sign({ nbf: issued + 61 }), 'its claim nbf is not reached yet'],
      [await sign({ exp: undefined }), 'its claim exp is not'],
      [await sign({ nbf: issued + 600 }), 'its claim nbf is not reached yet: compare the clocks'],
      [await sign({ sub: 7 }), 'its claim sub is not'],
      [await sign({ sub: 'a\nb' }), 'its claim sub is not a name'],
      [await sign({}, other.privateKey), 'its signature does not verify'],
      [await sign({}, rsa.privateKey, 'RS256'), 'it is signed with RS256'],
      [`${none}.${body}.`, 'it is signed with none'],
      [`${header}.${body}.AAAA`, 'its signature does not verify'],
      [`${Buffer.from('{}').toString('base64url')}.${body}.AAAA`, 'it is signed with nothing'],
      [
        `${Buffer.from(JSON.stringify({ alg: 'ES256\nall is well' })).toString('base64url')}.${body}.AAAA`,
        'it is signed with an algorithm that there is none of',
      ],
      ['nonsense', 'it cannot be verified'],
      ['x'.repeat(16_384), 'it cannot be verified'],
      ['x'.repeat(16_385), 'it is longer than 16384 characters'],
    ];
    for (const [token, why] of wrong) {
      const error = await failure(authenticate(config, { token, clock }));
      expect(error.code).toBe('UNAUTHENTICATED');
      expect(error.message).toContain(why);
      expect(error.message).not.toContain(body);
    }
    const missing = configWith({ publicKeyFile: 'missing.pem' });
    expect(await failure(authenticate(missing, { token: await sign(), clock }))).toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: 'the token cannot be verified now: access.jwt.public_key_file cannot be read (ENOENT); try again',
      cause: { code: 'ENOENT' },
    });
    const closed = MLOpsConfig.fromObject({ storage: { kind: 'memory' } }, { environment: {} });
    expect((await failure(authenticate(closed, { token: await sign(), clock }))).message).toContain('names no issuer');
  });

  it.each([{ issuer: null }, { audience: null }])(
    'are not looked at by a policy with %j, though nothing refused that when it was loaded',
    async (gap) => {
      const config = configWith({ publicKeyFile: 'key.pem' });
      const { policy } = config;
      const jwt = { ...policy.access.jwt, ...gap };
      const unchecked = Object.assign(Object.create(config) as MLOpsConfig, { resolvePath: (path: string) => path });
      Object.defineProperty(unchecked, 'policy', { value: { ...policy, access: { ...policy.access, jwt } } });
      expect(await failure(verifyJwt(unchecked, await sign(), clock.now()))).toMatchObject({
        code: 'UNAUTHENTICATED',
        message: 'the token is refused: access.jwt names no issuer, so no signed tokens are accepted',
      });
    },
  );

  it('are refused by a key file of another kind, which is named', async () => {
    const rsa = await generateKeyPair('RS256');
    await writeFile(join(folder, 'rsa.pem'), await exportSPKI(rsa.publicKey));
    await writeFile(join(folder, 'none.pem'), 'no key');
    for (const publicKeyFile of ['rsa.pem', 'none.pem']) {
      const error = await failure(authenticate(configWith({ publicKeyFile }), { token: await sign(), clock }));
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(error.message).toContain('access.jwt.public_key_file holds no public key in PEM');
    }
  });

  /** Answers requests for the key set as it is told to. */
  async function withKeyServer(answer: RequestListener, work: (jwksUrl: string) => Promise<void>): Promise<void> {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await work(`http://127.0.0.1:${(server.address() as { port: number }).port}/keys`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it('are not blamed for a key server that is away or answers nonsense', async () => {
    let answer: RequestListener = (_request, response) => void response.writeHead(503).end();
    await withKeyServer(
      (request, response) => answer(request, response),
      async (jwksUrl) => {
        const config = configWith({ jwksUrl });
        const token = await sign();
        const answers: RequestListener[] = [
          answer,
          (_request, response) => response.end('<html>'),
          (_request, response) => response.end('{"keys":[null]}'),
          (request) => request.socket.destroy(),
        ];
        for (answer of answers) {
          const error = await failure(authenticate(config, { token, clock }));
          expect(error).toMatchObject({ code: 'KEY_UNAVAILABLE' });
          expect(error.message).toContain('access.jwt.jwks_url gives no keys that can be used');
          expect(error.message).not.toContain(token.split('.')[1]);
        }
        const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' };
        answer = (_request, response) => response.end(JSON.stringify({ keys: [jwk] }));
        expect(await authenticate(config, { token, clock })).toMatchObject({ id: 'dev' });
      },
    );
    const gone = configWith({ jwksUrl: 'http://127.0.0.1:1/keys' });
    expect(await failure(authenticate(gone, { token: await sign(), clock }))).toMatchObject({
      code: 'KEY_UNAVAILABLE',
    });
  });

  it.each([
    ['no kid at all', {}, {}],
    ['a kid that two keys have', { kid: 'k1' }, { kid: 'k1' }],
    ['no kid, though the keys have theirs', {}, { kid: 'k1' }],
  ])('are held against each key that could be meant: %s', async (_name, header, named) => {
    const [next, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
    const jwks = await Promise.all(
      [next, keys].map(async ({ publicKey }) => ({ ...(await exportJWK(publicKey)), ...named })),
    );
    const signed = (key: (typeof keys)['privateKey'], claims = {}): Promise<string> =>
      new SignJWT({ iss: 'login', aud: 'mlops', sub: 'dev', exp: issued + 60, ...claims })
        .setProtectedHeader({ alg: 'ES256', ...header })
        .sign(key);
    await withKeyServer(
      (_request, response) => response.end(JSON.stringify({ keys: jwks })),
      async (jwksUrl) => {
        const config = configWith({ jwksUrl });
        for (const { privateKey } of [next, keys])
          expect(await authenticate(config, { token: await signed(privateKey), clock })).toMatchObject({ id: 'dev' });
        const refused = async (token: Promise<string>): Promise<string> =>
          (await failure(authenticate(config, { token: await token, clock }))).message;
        expect(await refused(signed(other.privateKey))).toContain('its signature does not verify');
        expect(await refused(signed(keys.privateKey, { exp: issued - 60 }))).toContain('it has expired');
      },
    );
  });

  it('are held against a key set, which is fetched once', async () => {
    let requests = 0;
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' };
    const server = createServer((_request, response) => {
      requests++;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const config = configWith({ jwksUrl: `http://127.0.0.1:${port}/keys` });
      for (let i = 0; i < 3; i++)
        expect(await authenticate(config, { token: await sign(), clock })).toMatchObject({ id: 'dev' });
      expect(requests).toBe(1);
      const other = await generateKeyPair('ES256');
      const forged = await sign({}, other.privateKey);
      expect((await failure(authenticate(config, { token: forged, clock }))).message).toContain('does not verify');
      const stranger = await generateKeyPair('RS256');
      const foreign = await sign({}, stranger.privateKey, 'RS256');
      expect((await failure(authenticate(config, { token: foreign, clock }))).message).toContain(
        'signed with an algorithm that access.jwt.algorithms does not name',
      );
      const unknown = new SignJWT({ iss: 'login', aud: 'mlops', sub: 'dev', exp: issued + 60 });
      const token = await unknown.setProtectedHeader({ alg: 'ES256', kid: 'k2' }).sign(other.privateKey);
      expect((await failure(authenticate(config, { token, clock }))).message).toContain('the issuer has no such key');
    } finally {
      server.close();
    }
  });
});
