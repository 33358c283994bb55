import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AccessControl,
  Alerts,
  AuditLog,
  CanaryDeploymentManager,
  DriftMonitor,
  ExperimentTracker,
  MLOpsError,
  PerformanceMonitor,
  applyRetention,
  type ModelRegistry,
} from '@bondx/mlops';
import { type Dashboard, createDashboard, serve } from '@bondx/mlops/server';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createWorld, failure, smallRows, type World } from '../helpers.js';
import { twoVersions } from '../report/canary-fixture.js';

const origin = 'http://localhost:4317';
const hostile = '</title><script>alert(1)</script>"\'';
let world: World;
let registry: ModelRegistry;
let dashboard: Dashboard;

beforeEach(async () => {
  world = createWorld({ canary: { maxCanaryPercentage: 0.5 } });
  registry = await twoVersions(world);
  dashboard = createDashboard(world.config, { ...world.options, authentication: 'local' });
});
afterEach(async () => dashboard.close());

const ask = (path: string, init: RequestInit = {}, at = origin): Promise<Response> =>
  dashboard.fetch(new Request(`${at}${path}`, { redirect: 'manual', ...init }));

/** A browser that came in by the address that was printed. */
async function enter(): Promise<{ cookie: string; get: (path: string) => Promise<Response>; formToken: string }> {
  const entered = await ask(dashboard.entryPath!);
  const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;
  const get = (path: string): Promise<Response> => ask(path, { headers: { cookie } });
  const page = await (await get('/models/spread/1.1.0')).text();
  return { cookie, get, formToken: /name="form_token" value="([^"]+)"/.exec(page)![1]! };
}

const post = (path: string, fields: Record<string, string>, headers: Record<string, string>): Promise<Response> =>
  ask(path, {
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin, ...headers },
  });

describe('an address of what is not there', () => {
  it.each(['/experiments/none', '/drift/none', '/models/none/1.0.0', '/compare?run=none', '/canaries/none'])(
    'is answered with 404: %s',
    async (path) => {
      const response = await (await enter()).get(path);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain('none');
    },
  );

  it('is none of a model that was not checked, nor of an experiment whose runs were deleted', async () => {
    const tracker = new ExperimentTracker(world.config, world.options);
    const runId = await tracker.startRun({ experimentName: 'spreads' });
    await tracker.endRun(runId);
    await tracker.deleteRun(runId);
    const { get } = await enter();
    expect(await (await get('/experiments/spreads')).text()).toContain('All of its runs were deleted');
    expect(await (await get('/drift/spread')).text()).toContain('Nothing was checked yet');
  });
});

describe('who gets in', () => {
  it('takes the secret of this start, once, and a cookie no script reads from then on', async () => {
    expect((await ask('/models')).status).toBe(401);
    expect((await ask('/enter?secret=guess')).status).toBe(401);
    const entered = await ask(dashboard.entryPath!);
    expect(entered.status).toBe(303);
    expect(entered.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/);
    const { get } = await enter();
    expect((await get('/models')).status).toBe(200);
  });

  it('answers for no other host, so that a name pointed here gets nothing', async () => {
    const { cookie } = await enter();
    const response = await ask('/models', { headers: { cookie } }, 'http://evil.example:4317');
    expect(response.status).toBe(421);
    expect(await response.text()).not.toContain('spread');
  });

  it('asks callers for tokens of their own where it is not local, and looks at them each time', async () => {
    const guarded = createDashboard(world.config, { ...world.options, allowedHosts: ['mlops.example.com'] });
    const asking = (headers: Record<string, string>): Promise<Response> =>
      guarded.fetch(new Request('https://mlops.example.com/models', { headers }));
    expect((await asking({})).status).toBe(401);
    expect((await asking({ authorization: 'Bearer bondx_wrong' })).status).toBe(401);
    expect(guarded.entryPath).toBeUndefined();
  });

  it('closes whoever it runs as, who may do nothing at all', async () => {
    const bindings = [{ principal: 'ann', role: 'admin' as const }];
    const { config, options } = createWorld({ access: { bindings } });
    const guarded = createDashboard(config, options);
    expect((await guarded.fetch(new Request('http://localhost/models'))).status).toBe(401);
    await guarded.close();
  });

  it('acts by a token until that is revoked, where it was begun with one', async () => {
    const access = new AccessControl(world.config, world.options);
    const { token, tokenId } = await access.createToken();
    const local = createDashboard(world.config, { ...world.options, authentication: 'local', token });
    const entered = await local.fetch(new Request(`${origin}${local.entryPath!}`));
    const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;
    const models = (): Promise<Response> => local.fetch(new Request(`${origin}/models`, { headers: { cookie } }));
    expect((await models()).status).toBe(200);
    await access.revokeToken(tokenId);
    const refused = await models();
    expect([refused.status, await refused.text()]).toEqual([401, expect.stringContaining('was revoked')]);
    expect((await local.fetch(new Request(`${origin}${local.entryPath!}`))).status).toBe(401);
    await local.close();
    expect(() => createDashboard(world.config, { ...world.options, token })).toThrow('for authentication "local"');
  });

  it('says what is missing where nobody stands in, which no secret helps against', async () => {
    const bindings = [{ principal: 'ann', role: 'admin' as const }];
    const { config, options } = createWorld({ environment: 'production', access: { bindings } });
    const { principal: _, ...nobody } = options;
    const guarded = createDashboard(config, { ...nobody, authentication: 'local' });
    const page = async (path: string, cookie = ''): Promise<[number, string]> => {
      const response = await guarded.fetch(new Request(`${origin}${path}`, { headers: { cookie } }));
      return [response.status, await response.text()];
    };
    expect(await page('/models')).toEqual([401, expect.stringContaining('this browser has not opened that address')]);
    const entered = await guarded.fetch(new Request(`${origin}${guarded.entryPath!}`));
    const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;
    expect(await page('/models', cookie)).toEqual([401, expect.stringContaining('--token or BONDX_TOKEN')]);
    await guarded.close();
  });

  it('lets in who has a token, as who it is of, until it is revoked', async () => {
    const guarded = createDashboard(world.config, { ...world.options, authentication: 'token' });
    const access = new AccessControl(world.config, world.options);
    const { token, tokenId } = await access.createToken();
    const at = (path: string, init: RequestInit = {}): Promise<Response> =>
      guarded.fetch(new Request(`${origin}${path}`, { redirect: 'manual', ...init }));
    expect((await at('/models', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin };
    const signIn = (shown: string): Promise<Response> =>
      at('/sign-in', { method: 'POST', body: `token=${encodeURIComponent(shown)}`, headers: form });
    expect((await signIn('bondx_wrong')).status).toBe(401);
    const signedIn = await signIn(token);
    expect(signedIn.status).toBe(303);
    expect(signedIn.headers.get('set-cookie')).not.toContain('Secure');
    const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!;
    expect(cookie).not.toContain(token);
    // A proxy ended TLS: this server is asked over plain HTTP for what the browser knows as HTTPS.
    const proxied = { ...form, origin: origin.replace('http:', 'https:') };
    const behindProxy = await at('/sign-in', { method: 'POST', body: `token=${token}`, headers: proxied });
    expect(behindProxy.headers.get('set-cookie')).toMatch(/; Secure$/);
    expect((await at('/models', { headers: { cookie } })).status).toBe(200);
    await access.revokeToken(tokenId);
    expect((await at('/models', { headers: { cookie } })).status).toBe(401);
  });

  it('says that a token cannot be verified now, and asks for no other, while the key server is away', async () => {
    const jwt = {
      ...{ issuer: 'login', audience: 'mlops' },
      ...{ algorithms: ['ES256' as const], jwksUrl: 'http://127.0.0.1:1/keys' },
    };
    const { config, options } = createWorld({ access: { jwt } });
    const guarded = createDashboard(config, options);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const headers = { authorization: `Bearer ${part({ alg: 'ES256' })}.${part({ sub: 'ada' })}.AAAA` };
    const response = await guarded.fetch(new Request(`${origin}/models`, { headers }));
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('cannot be verified now')]);
    await guarded.close();
  });

  it('says nothing of the store to who was not let in, also while it is away', async () => {
    const told = vi.fn();
    const ignore = (): void => undefined;
    const logger = { debug: ignore, info: ignore, warn: ignore, error: told };
    const guarded = createDashboard(world.config, { ...world.options, authentication: 'token', logger });
    for (const method of ['query', 'get', 'read', 'commit', 'watch'] as const)
      vi.spyOn(world.storage, method).mockRejectedValue(new MLOpsError('STORAGE_UNAVAILABLE', 'db.internal is away'));
    for (const path of ['/', '/models', '/canaries/x', '/nothing', '/metrics']) {
      const response = await guarded.fetch(new Request(`${origin}${path}`));
      expect([path, response.status, (await response.text()).includes('db.internal')]).toEqual([path, 401, false]);
    }
    const headers = { authorization: `Bearer bondx_${'0'.repeat(32)}_${'A'.repeat(43)}` };
    const unknown = await guarded.fetch(new Request(`${origin}/models`, { headers }));
    expect([unknown.status, await unknown.text()]).toEqual([503, expect.not.stringContaining('db.internal')]);
    expect(told.mock.calls).toMatchObject([[{ error: { message: 'db.internal is away' } }, expect.anything()]]);
    vi.restoreAllMocks();
    await guarded.close();
  });

  it('takes tokens at its own page only: a link from elsewhere signs nobody in', async () => {
    const guarded = createDashboard(world.config, { ...world.options, authentication: 'token' });
    const { token } = await new AccessControl(world.config, world.options).createToken();
    const linked = await guarded.fetch(new Request(`${origin}/enter?secret=${token}`));
    expect([linked.status, linked.headers.get('set-cookie')]).toEqual([401, null]);
    await guarded.close();
  });

  it('leads who signs in to the first page where none was asked for', async () => {
    expect((await ask(dashboard.entryPath!)).headers.get('location')).toBe('/experiments');
  });

  it('leads who signs in to the page that was asked for, and nowhere else', async () => {
    const guarded = createDashboard(world.config, { ...world.options, authentication: 'token', basePath: '/mlops' });
    const { token } = await new AccessControl(world.config, world.options).createToken();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin };
    const signIn = (path: string, shown: string): Promise<Response> =>
      guarded.fetch(new Request(`${origin}${path}`, { method: 'POST', body: `token=${shown}`, headers }));
    const formOf = async (response: Response): Promise<string> =>
      /action="([^"]+)"/.exec(await response.text())![1]!.replaceAll('&amp;', '&');
    const asked = '/mlops/models/a%2Fb/1.0.0?cursor=x&y=1';
    const form = await formOf(await guarded.fetch(new Request(`${origin}${asked}`)));
    const again = await formOf(await signIn(form, 'bondx_wrong'));
    expect((await signIn(again, token)).headers.get('location')).toBe(asked);
    for (const to of [
      ...['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/mlops/../models'],
      ...[
        '/mlops/actions/halt',
        '/mlops/canaries/x/live',
        '/models',
        '/mlops/sign-in',
        '/mlops//',
        '/%',
        '/\t/evil.example',
        '',
      ],
    ]) {
      const response = await signIn(`/mlops/sign-in?to=${encodeURIComponent(to)}`, token);
      expect([to, response.headers.get('location')]).toEqual([to, '/mlops/experiments']);
    }
    await guarded.close();
  });

  it('reads no more of a body than a form may have, from whoever sends it', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 16_384;
        if (sent > 64 * 2 ** 20) controller.close();
        else controller.enqueue(new Uint8Array(16_384).fill(97));
      },
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin };
    const endless = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
    expect((await ask('/sign-in', endless)).status).toBe(400);
    expect(sent).toBeLessThan(2 ** 20);
  });

  it.each([
    ['MLOps.Example.COM', 'mlops.example.com'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['fe80::1', '[fe80::1]'],
    ['mlops.example.com:443', 'mlops.example.com'],
    ['mlops.example.com:8443', 'mlops.example.com:8443'],
  ])('answers for the host that was named as %s', async (named, asked) => {
    const guarded = createDashboard(world.config, { ...world.options, allowedHosts: [named] });
    expect((await guarded.fetch(new Request(`https://${asked}/models`))).status).toBe(401);
    expect((await guarded.fetch(new Request('https://other.example/models'))).status).toBe(421);
    await guarded.close();
  });

  it('refuses names that are none of a host, which no request could be for', () => {
    for (const named of ['https://mlops.example.com', 'mlops.example.com/mlops', '', '*', 'a b', 'me@a.example']) {
      expect(() => createDashboard(world.config, { ...world.options, allowedHosts: [named] })).toThrow(
        /allowedHosts has names like mlops.example.com/,
      );
    }
  });

  it('is not served to others without tokens', async () => {
    expect((await failure(serve(world.config, { host: '0.0.0.0', authentication: 'local' }))).message).toContain(
      'others can reach 0.0.0.0',
    );
    expect((await failure(serve(world.config, { host: '0.0.0.0' }))).message).toContain('allowedHosts');
    expect(() => createDashboard(world.config, { authentication: 'local', allowedHosts: ['a.example'] })).toThrow(
      MLOpsError,
    );
  });
});

describe('what is done from a page', () => {
  const fields = { modelName: 'spread', version: '1.1.0', stage: 'Staging' };

  it('goes through the registry, and is on record', async () => {
    const { cookie, formToken } = await enter();
    const done = await post('/actions/promote', { ...fields, form_token: formToken, reason: 'looks good' }, { cookie });
    expect(done.status).toBe(303);
    expect(done.headers.get('location')).toBe('/models/spread/1.1.0');
    expect((await registry.getModelVersion('spread', { version: '1.1.0' })).stage).toBe('Staging');
    expect((await registry.getHistory('spread')).at(-1)).toMatchObject({ by: 'ada', reason: 'looks good' });
    const records = await new AuditLog(world.config, world.options).list({ action: 'registry.promote' });
    expect(records.at(-1)).toMatchObject({ actor: { id: 'ada' }, decision: 'allow' });
  });

  it('is done to what is called with marks that the page shows as codes', async () => {
    const modelName = 'x\u202egnp';
    await registry.registerModel({
      ...{ modelName, modelType: 'spread', version: '1.0.0', model: new ConstantModel(1), featureColumns: ['x'] },
      performanceMetrics: { r2_score: 0.5 },
    });
    const { cookie, get, formToken } = await enter();
    const page = await (await get(`/models/${encodeURIComponent(modelName)}/1.0.0`)).text();
    expect(page).toContain('<h1>x\\u202egnp 1.0.0</h1>');
    const [, sent] = /name="modelName" value="([^"]+)"/.exec(page)!;
    const form = { ...fields, version: '1.0.0', modelName: sent!, form_token: formToken };
    expect((await post('/actions/promote', form, { cookie })).status).toBe(303);
  });

  it('moves nothing by a page that stood open while another version came into production', async () => {
    const { cookie, get } = await enter();
    const fieldsOf = async (path: string, button: string): Promise<Record<string, string>> => {
      const forms = (await (await get(path)).text()).split('<form').slice(1);
      const form = forms.find((one) => one.includes(`>${button}</button>`))!;
      const inputs = form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g);
      return Object.fromEntries([...inputs].map(([, name, value]) => [name!, value!]));
    };
    const weak = { modelName: 'spread', version: '1.2.0' };
    await registry.registerModel({
      ...{ ...weak, modelType: 'spread', model: new ConstantModel(3), featureColumns: ['x'], targetColumn: 'y' },
      performanceMetrics: { r2_score: -1 },
    });
    await registry.promoteModel({ ...weak, targetStage: 'staging' });
    const overrides = [{ gate: 'min_accuracy', reason: 'the market moved' }];
    const { requestId } = await registry.approvals.request({ ...weak, reason: 'urgent', overrides });
    const grace = { id: 'grace', type: 'person', authentication: 'application' } as const;
    await registry.withPrincipal(grace).approvals.approve({ requestId });
    const archive = await fieldsOf('/models/spread/1.1.0', 'To Archived');
    const execute = await fieldsOf('/models', 'Promote now');
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'spread', version: '1.1.0', targetStage });

    const late = await post('/actions/promote', archive, { cookie });
    expect([late.status, await late.text()]).toEqual([409, expect.stringContaining('somebody else was first')]);
    expect((await post('/actions/execute', execute, { cookie })).status).toBe(409);
    expect((await registry.getModel('spread')).production).toBe('1.1.0');
    const anew = await post('/actions/execute', await fieldsOf('/models', 'Promote now'), { cookie });
    expect(anew.status).toBe(303);
    expect((await registry.getModel('spread')).production).toBe('1.2.0');
  });

  it('takes a form that this server made for this session, sent from one of its pages', async () => {
    const { cookie, formToken } = await enter();
    const body = { ...fields, form_token: formToken };
    const forged = [
      await post('/actions/promote', { ...fields, form_token: 'guess' }, { cookie }),
      await post('/actions/promote', fields, { cookie }),
      await post('/actions/promote', body, { cookie, origin: 'https://evil.example' }),
      await post('/actions/promote', body, { cookie, origin: 'null' }),
      await ask('/actions/promote', { method: 'POST', body: new URLSearchParams(body), headers: { cookie } }),
    ];
    expect(forged.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    expect((await post('/actions/promote', body, {})).status).toBe(401);
    expect((await registry.getModelVersion('spread', { version: '1.1.0' })).stage).toBe('Development');
  });

  it.each([
    ['http://mlops.example.com:443', 'https://mlops.example.com'],
    ['http://mlops.example.com', 'https://mlops.example.com'],
    ['http://mlops.example.com:8443', 'https://mlops.example.com:8443'],
    ['https://mlops.example.com', 'https://mlops.example.com'],
  ])('knows its own page, asked at %s by a proxy, as %s', async (asked, seen) => {
    const guarded = createDashboard(world.config, { ...world.options, allowedHosts: ['mlops.example.com'] });
    const { token } = await new AccessControl(world.config, world.options).createToken();
    const type = 'application/x-www-form-urlencoded';
    const signIn = async (from: string): Promise<number> => {
      const init = { method: 'POST', body: `token=${token}`, headers: { 'content-type': type, origin: from } };
      return (await guarded.fetch(new Request(`${asked}/sign-in`, init))).status;
    };
    expect(await signIn(seen)).toBe(303);
    for (const from of ['https://evil.example', 'https://mlops.example.com:444', 'null', 'data:,'])
      expect([from, await signIn(from)]).toEqual([from, 403]);
    await guarded.close();
  });

  it('says why it was not done', async () => {
    const { cookie, formToken } = await enter();
    const missing = await post('/actions/promote', { form_token: formToken, modelName: 'spread' }, { cookie });
    expect([missing.status, await missing.text()]).toEqual([400, expect.stringContaining('the form lacks version')]);
    const illegal = { ...fields, stage: 'Production', form_token: formToken };
    expect((await post('/actions/promote', illegal, { cookie })).status).toBe(409);
    expect((await post('/actions/nothing', { form_token: formToken }, { cookie })).status).toBe(404);
    expect((await ask('/models', { method: 'DELETE', headers: { cookie } })).status).toBe(405);
  });

  it('leaves nothing behind that follows a canary that was changed', async () => {
    const guarded = createDashboard(world.config, { ...world.options, authentication: 'token' });
    const { token } = await new AccessControl(world.config, world.options).createToken();
    const manager = new CanaryDeploymentManager(world.config, registry);
    const canary = { modelName: 'spread', candidateVersion: '1.1.0', initialTrafficPercentage: 0.1 };
    const deploymentId = await manager.createCanaryDeployment(canary);
    const type = 'application/x-www-form-urlencoded';
    for (const action of ['pause', 'resume']) {
      const done = await guarded.fetch(
        new Request(`${origin}/actions/${action}`, {
          method: 'POST',
          body: new URLSearchParams({ deploymentId }),
          headers: { authorization: `Bearer ${token}`, 'content-type': type },
        }),
      );
      expect(done.status).toBe(303);
    }
    await manager.flush();
    const { processes } = await manager.getStatus(deploymentId);
    expect(processes.map(({ status }) => status)).toEqual(['live']);
    await Promise.all([manager.close(), guarded.close()]);
  });

  it('sends a canary again only when it changed, also through a proxy that compresses', async () => {
    const manager = new CanaryDeploymentManager(world.config, registry);
    const canary = { modelName: 'spread', candidateVersion: '1.1.0', initialTrafficPercentage: 0.1 };
    const deploymentId = await manager.createCanaryDeployment(canary);
    const { cookie, get } = await enter();
    const page = await (await get(`/canaries/${deploymentId}`)).text();
    const version = /data-version="([^"]+)"/.exec(page)![1]!.replaceAll('&quot;', '"');
    const look = async (tag: string): Promise<number> => {
      const headers = { cookie, 'if-none-match': tag };
      return (await ask(`/canaries/${deploymentId}/live`, { headers })).status;
    };
    expect([await look(version), await look(`W/${version}`), await look('"other"')]).toEqual([304, 304, 200]);
    await manager.pause(deploymentId);
    await vi.waitUntil(async () => (await look(`W/${version}`)) === 200, { timeout: 20_000 });
    await manager.close();
  });

  it('halts a canary', async () => {
    const manager = new CanaryDeploymentManager(world.config, registry);
    const canary = { modelName: 'spread', candidateVersion: '1.1.0', initialTrafficPercentage: 0.1 };
    const deploymentId = await manager.createCanaryDeployment(canary);
    const { cookie, formToken } = await enter();
    const form = { deploymentId, modelName: 'spread', reason: 'wrong prices', form_token: formToken };
    expect((await post('/actions/halt', form, { cookie })).status).toBe(303);
    expect(await manager.getDeployment(deploymentId)).toMatchObject({ status: 'halted' });
    await manager.close();
  });

  it('promotes no candidate in place of a version that it was not compared with', async () => {
    const manager = new CanaryDeploymentManager(world.config, registry);
    const canary = { modelName: 'spread', candidateVersion: '1.1.0', initialTrafficPercentage: 0.1 };
    const deploymentId = await manager.createCanaryDeployment(canary);
    const { cookie, get, formToken } = await enter();
    const page = async (): Promise<string> => (await get(`/canaries/${deploymentId}`)).text();
    expect(await page()).not.toContain('Production answers everything');
    const other = { modelName: 'spread', version: '1.2.0' };
    await registry.registerModel({
      ...{ ...other, modelType: 'spread', model: new ConstantModel(3), featureColumns: ['x'], targetColumn: 'y' },
      performanceMetrics: { r2_score: 0.9 },
    });
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ ...other, targetStage });
    expect(await page()).toContain('Production answers everything: 1.2.0 is in production now');
    const refused = await post('/actions/promote-canary', { deploymentId, form_token: formToken }, { cookie });
    expect([refused.status, await refused.text()]).toEqual([
      409,
      expect.stringContaining('1.2.0 is in production now, and 1.1.0 was compared with 1.0.0'),
    ]);
    expect((await registry.getModel('spread')).production).toBe('1.2.0');
    await registry.promoteModel({ ...other, targetStage: 'archived' });
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'production' });
    expect((await post('/actions/promote-canary', { deploymentId, form_token: formToken }, { cookie })).status).toBe(
      303,
    );
    await manager.close();
  });

  it('halts no other canary than the one of the page', async () => {
    const manager = new CanaryDeploymentManager(world.config, registry);
    const canary = { modelName: 'spread', candidateVersion: '1.1.0', initialTrafficPercentage: 0.1 };
    const ended = await manager.createCanaryDeployment(canary);
    const { cookie, formToken } = await enter();
    await manager.rollbackCanary(ended);
    const next = await manager.createCanaryDeployment(canary);
    const form = { deploymentId: ended, modelName: 'spread', reason: 'wrong prices', form_token: formToken };
    const refused = await post('/actions/halt', form, { cookie });
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining('has ended already')]);
    expect(await manager.getDeployment(next)).toMatchObject({ status: 'active' });
    await manager.close();
  });
});

describe('probes and metrics', () => {
  it('say whether it lives and is ready to anybody, under any host, and nothing else', async () => {
    const at = 'http://10.1.2.3:4317';
    const live = await ask('/healthz', {}, at);
    expect((await ask('/healthz', { method: 'HEAD' }, at)).status).toBe(200);
    expect([live.status, await live.text()]).toEqual([200, 'ok\n']);
    const ready = await ask('/readyz', {}, at);
    expect([ready.status, await ready.text()]).toEqual([200, 'ready\n']);
    expect((await ask('/healthz/x', {}, at)).status).toBe(421);
  });

  it('say nothing of why, and let nobody ask for much work', async () => {
    const secret = 'postgres://user:hush@10.0.0.7/db';
    const guarded = createWorld();
    let asked = 0;
    guarded.storage.commit = guarded.storage.query = async () => {
      asked++;
      throw new MLOpsError('STORAGE_UNAVAILABLE', `cannot reach ${secret}`);
    };
    const probed = createDashboard(guarded.config, { ...guarded.options, authentication: 'token' });
    const probe = (path: string): Promise<Response> => probed.fetch(new Request(`${origin}${path}`));
    const [ready, notReady] = [await ask('/readyz'), await probe('/readyz')];
    expect([notReady.status, await notReady.text()]).toEqual([503, 'not ready\n']);
    expect([...notReady.headers]).toEqual([...ready.headers]);
    const once = asked;
    expect(once).toBeGreaterThan(0);
    await Promise.all(Array.from({ length: 50 }, () => probe('/readyz')));
    expect(asked).toBe(once);
    for (const path of ['/readyz/details', '/health', '/metrics'])
      expect([path, (await probe(path)).status]).toEqual([path, 401]);
    expect((await ask('/readyz', { method: 'POST' })).status).not.toBe(200);
    for (const method of ['commit', 'query']) Reflect.deleteProperty(guarded.storage, method);
    await probed.close();
  });

  it('is not ready when a file of the model in production is gone; the answer holds for five seconds', async () => {
    expect((await ask('/readyz')).status).toBe(200);
    for await (const { digest: stored } of world.artifacts.list()) await world.artifacts.delete(stored);
    expect((await ask('/readyz')).status).toBe(200);
    world.clock.advance(5_000);
    const lost = await ask('/readyz');
    expect([lost.status, await lost.text()]).toEqual([503, 'not ready\n']);
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('is checked anew once a clock that was ahead is right', async () => {
    world.clock.advance(3_600_000);
    expect((await ask('/readyz')).status).toBe(200);
    for await (const { digest: stored } of world.artifacts.list()) await world.artifacts.delete(stored);
    world.clock.advance(-3_600_000);
    expect((await ask('/readyz')).status).toBe(503);
  });

  it('metrics are for those who are let in: open alerts, and what the monitor of the process counted', async () => {
    const performance = new PerformanceMonitor();
    performance.record({ modelName: 'spread', version: '1.0.0', latencyMs: 2 });
    const guarded = createDashboard(world.config, { ...world.options, performance });
    await using alerts = new Alerts(world.config, world.options);
    await alerts.raise({ key: 'k', severity: 'critical', title: 'late', message: 'm' });
    const { token } = await new AccessControl(world.config, world.options).createToken();
    const metrics = (headers: Record<string, string>): Promise<Response> =>
      guarded.fetch(new Request(`${origin}/metrics`, { headers }));
    expect((await metrics({})).status).toBe(401);
    const response = await metrics({ authorization: `Bearer ${token}` });
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    const text = await response.text();
    expect(text).toContain('bondx_mlops_alerts_open{severity="critical"} 1');
    expect(text).toContain('bondx_mlops_requests_total{model="spread",version="1.0.0"} 1');
    await guarded.close();
  });
});

describe('the audit trail', () => {
  it('is shown with what vouches for it, page by page', async () => {
    const { get } = await enter();
    for (let i = 0; i < 120; i++)
      await failure(registry.promoteModel({ modelName: 'x', version: '1.0.0', targetStage: 'staging' }));
    await using log = new AuditLog(world.config, world.options);
    expect(await (await get('/audit')).text()).toContain('no checkpoint yet');
    const { size } = (await log.checkpoint())!;
    const latest = await (await get('/audit?check=now')).text();
    expect(latest).toContain('Whole: every record continues the one before');
    expect(latest).toContain(`the first ${size} records`);
    const older = /\/audit\?before=(\d+)/.exec(latest)!;
    expect(Number(older[1])).toBe(size - 100);
    const page = await (await get(older[0])).text();
    expect(page).toContain(`${size - 100} before record ${size - 100}`);
    expect(page).toContain('registry.register');
    expect(page).not.toContain('Older records');
    expect((await get('/audit?before=x')).status).toBe(400);
    expect(await (await get('/audit?before=0')).text()).toContain('0 before record 0');
  });

  it('shows the latest records where retention removed the oldest', async () => {
    const { config, options, clock } = createWorld({
      security: { auditLogRetentionDays: 30, regulatoryFrameworks: ['Basel III'] },
    });
    await using tracker = new ExperimentTracker(config, options);
    const begin = (count: number) =>
      Promise.all(Array.from({ length: count }, () => tracker.startRun({ experimentName: 'e', heartbeat: false })));
    await begin(200);
    clock.advance(60 * 86_400_000);
    await begin(150);
    expect((await applyRetention(config, options)).audit.records).toBe(200);
    const other = createDashboard(config, { ...options, authentication: 'local' });
    const of = async (path: string, cookie = ''): Promise<Response> =>
      other.fetch(new Request(`${origin}${path}`, { headers: { cookie } }));
    const cookie = (await of(other.entryPath!)).headers.get('set-cookie')!.split(';')[0]!;
    const positions = (page: string): number[] =>
      [...page.matchAll(/<tr>\s*<t[dh][^>]*>(\d+)</g)].map((match) => Number(match[1]));
    const latest = await (await of('/audit', cookie)).text();
    const { seq: last } = (await new AuditLog(config, options).list({ from: 200, limit: 1_000 })).at(-1)!;
    expect(positions(latest)).toEqual(Array.from({ length: 100 }, (_, i) => last - i));
    const older = /\/audit\?before=(\d+)/.exec(latest)!;
    const page = await (await of(older[0], cookie)).text();
    expect(positions(page).at(-1)).toBe(200);
    expect(page).not.toContain('Older records');
    expect(positions(await (await of('/audit?before=7', cookie)).text())).toEqual([]);
    await other.close();
  });

  it.each([
    ['corrupt', 'Damaged', '▲'],
    ['truncated', 'Cut: records at the end are missing', '▲'],
    ['rolled_back', 'Rolled back', '▲'],
    ['forked', 'Forked', '▲'],
    ['unanchored', 'Not vouched for', '◆'],
    ['torn_tail_recovered', 'Whole, but for a last line', '◆'],
  ] as const)('that is %s is called what it is', async (status, said, mark) => {
    const reason = `found to be ${status}`;
    const verify = vi.spyOn(AuditLog.prototype, 'verify');
    verify.mockResolvedValue({ status, records: 3, head: 'sha256:0', position: 2, reason });
    const { get } = await enter();
    const page = (await (await get('/audit')).text()).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
    verify.mockRestore();
    expect(page).toContain(`${mark} ${said}`);
    expect(page).toContain(reason);
    expect(page).toContain('First record that does not fit 2');
    expect(page.includes('Damaged')).toBe(status === 'corrupt');
  });
});

describe('alerts', () => {
  it('are acknowledged from the page, as whoever is there', async () => {
    await using alerts = new Alerts(world.config, world.options);
    const { alert } = (await alerts.raise({ key: 'k', severity: 'warning', title: hostile, message: hostile }))!;
    const { cookie, get, formToken } = await enter();
    expect(await (await get('/alerts')).text()).toContain('1 open');
    const form = { alertId: alert.alertId, comment: 'on it', form_token: formToken };
    expect((await post('/actions/acknowledge', form, { cookie })).status).toBe(303);
    const page = await (await get('/alerts')).text();
    expect(page).toContain('by ada: on it');
    expect(page).not.toContain('<script>alert');
    expect((await alerts.list()).alerts[0]).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'ada' });
  });
});

describe('every page', () => {
  it('shows hostile names as texts, with headers that let nothing else in', async () => {
    const tracker = new ExperimentTracker(world.config, world.options);
    const runId = await tracker.startRun({ experimentName: hostile, runName: hostile });
    await tracker.logMetrics(runId, { [hostile]: 1 });
    await tracker.logMetrics(runId, { [hostile]: 2 });
    const monitor = new DriftMonitor(world.config, world.options);
    const rows = smallRows(200).map(({ x }) => ({ [hostile]: x }));
    const data = { modelName: hostile, baselineData: rows, currentData: rows, featureColumns: [hostile] };
    const { reportId } = await monitor.detectDrift(data);
    const { get } = await enter();
    const name = encodeURIComponent(hostile);
    const paths = [
      '/',
      '/experiments',
      `/experiments/${name}`,
      `/compare?run=${runId}`,
      '/models',
      '/models/spread/1.0.0',
    ];
    for (const path of [
      ...paths,
      '/drift',
      `/drift/${name}`,
      `/drift-reports/${reportId}`,
      '/canaries',
      '/alerts',
      '/audit',
      '/nothing',
    ]) {
      const response = await get(path);
      const text = await response.text();
      expect([path, response.status]).toEqual([path, path === '/nothing' ? 404 : 200]);
      expect(text.replace(/<script src="\/live\.js" defer><\/script>/, ''), path).not.toMatch(/<script|\son\w+=/i);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(text.match(/<h1>/g), path).toHaveLength(1);
    }
  });

  it('leads to experiments and models that are called as folders are, or hold what separates parts of a path', async () => {
    const tracker = new ExperimentTracker(world.config, world.options);
    const names = ['.', '..', '...', 'a/b', '%2e%2e', '~', 'a?b#c'];
    for (const [i, name] of names.entries()) {
      await tracker.startRun({ experimentName: name, modelType: 'spread', runName: `a run of ${i}` });
      const model = new ConstantModel(1);
      await registry.register({
        modelName: name,
        modelType: 'spread',
        featureColumns: ['x'],
        targetColumn: 'y',
        model,
      });
    }
    const { get } = await enter();
    const linksOf = async (page: string, start: string): Promise<readonly string[]> => {
      const markup = await (await get(page)).text();
      return [...markup.matchAll(/href="([^"]+)"/g)].map(([, href]) => href!).filter((href) => href.startsWith(start));
    };
    const titles: string[] = [];
    for (const [page, start] of [
      ['/experiments', '/experiments/'],
      ['/models', '/models/'],
    ] as const) {
      for (const href of await linksOf(page, start)) {
        const response = await get(href);
        expect(response.status).toBe(200);
        titles.push(/<h1>(.*?)<\/h1>/s.exec(await response.text())![1]!);
      }
    }
    for (const name of names) expect(titles).toEqual(expect.arrayContaining([name, `${name} 1.0.0`]));
  });

  it('leads to all that there is, page by page, and shows what is in use however much is newer', async () => {
    const tracker = new ExperimentTracker(world.config, world.options);
    for (let i = 0; i < 101; i++) await tracker.withRun({ experimentName: `study ${i}` }, async () => undefined);
    const alerts = new Alerts(world.config, world.options);
    const [warning, critical] = ['warning', 'critical'] as const;
    await alerts.raise({ key: 'first', severity: critical, title: 'prices are gone', message: 'none since 09:00' });
    for (let i = 0; i < 101; i++) {
      world.clock.advance(1_000);
      await alerts.raise({ key: `later/${i}`, severity: warning, title: `late ${i}`, message: 'a little' });
    }
    const modelFiles = [{ path: 'model.json', bytes: Buffer.from('{"kind":"constant","value":1}') }];
    const register = (modelName: string): Promise<unknown> =>
      registry.register({ modelName, modelType: 'spread', featureColumns: ['x'], modelFiles });
    for (let i = 0; i < 60; i++) await register(`model ${i}`);
    for (let i = 0; i < 31; i++) await register('spread');
    const { get } = await enter();
    const textOf = async (path: string): Promise<string> => (await get(path)).text();
    const more = (page: string): string => /href="([^"]+cursor=[^"]+)">More/.exec(page)![1]!;

    const studies = await textOf('/experiments');
    expect(studies + (await textOf(more(studies)))).toContain('>study 100<');

    const open = await textOf('/alerts');
    expect(open).toContain('At least one is critical');
    expect(open).toContain('prices are gone');
    expect(await textOf(more(open))).toContain('prices are gone');

    const board = await textOf('/models');
    expect(board).toContain(`href="/models/spread/1.0.0"`); // in production, and older than the 30 newest
    expect(await textOf(more(board))).toContain('model 59');
    expect(board).toContain('The newest 30 versions, and those in\nuse.');
    for (let i = 0; i < 31; i++) {
      const staged = { modelName: 'spread', version: `2.0.${i}` };
      await registry.register({ ...staged, modelType: 'spread', featureColumns: ['x'], modelFiles });
      await registry.promoteModel({ ...staged, targetStage: 'staging' });
    }
    expect(await textOf('/models')).toContain('and those in\nuse, of each stage the newest 30.');

    const monitor = new DriftMonitor(world.config, world.options);
    const check = (modelName: string): Promise<unknown> =>
      monitor.detectDrift({
        modelName,
        baselineData: smallRows(40),
        currentData: smallRows(40),
        featureColumns: ['x'],
      });
    await check('spread');
    for (let i = 0; i < 201; i++) {
      world.clock.advance(1_000);
      await check('hourly');
    }
    const checked = await textOf('/drift');
    for (const modelName of ['hourly', 'spread']) expect(checked).toContain(`href="/drift/${modelName}"`);
  });

  it('tells nothing of a defect', async () => {
    const { get } = await enter();
    expect((await get('/drift-reports/none')).status).toBe(404);
    expect((await get('/compare')).status).toBe(400);
    expect((await get('/models/%E0%A4%A')).status).toBe(404);
  });

  it('leaves a defect in the log, where whoever runs it finds what the caller is not told', async () => {
    const told = vi.fn();
    const ignore = (): void => undefined;
    const logger = { debug: ignore, info: ignore, warn: ignore, error: told };
    const logged = createDashboard(world.config, { ...world.options, logger });
    const { token } = await new AccessControl(world.config, world.options).createToken();
    vi.spyOn(ExperimentTracker.prototype, 'listExperiments').mockRejectedValue(new TypeError('x is not iterable'));
    const headers = { authorization: `Bearer ${token}` };
    const response = await logged.fetch(new Request(`${origin}/experiments`, { headers }));
    vi.restoreAllMocks();
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('iterable')]);
    const error = { message: 'x is not iterable' };
    expect(told.mock.calls).toMatchObject([[{ operation: 'dashboard.answer', error }, 'dashboard.answer failed']]);
    expect((await logged.fetch(new Request(`${origin}/nothing`, { headers }))).status).toBe(404);
    expect(told).toHaveBeenCalledTimes(1);
    await logged.close();
  });

  it('can be mounted under a path', async () => {
    const mounted = createDashboard(world.config, { ...world.options, authentication: 'local', basePath: '/mlops' });
    const entered = await mounted.fetch(new Request(`${origin}${mounted.entryPath!}`));
    expect(entered.headers.get('location')).toBe('/mlops/experiments');
    const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;
    const page = await mounted.fetch(new Request(`${origin}/mlops/models`, { headers: { cookie } }));
    expect(await page.text()).toContain('href="/mlops/models/spread/1.0.0"');
  });
});
