import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunningServer, serve } from '@bondx/mlops/server';
import { createWorld, failure, type World } from '../helpers.js';

let world: World;
let server: RunningServer;
let port: number;

beforeEach(async () => {
  world = createWorld();
  server = await serve(world.config, { ...world.options, port: 0 });
  port = Number(new URL(server.url).port);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});

/** What a browser that was let in asks with. */
async function enter(): Promise<{ readonly cookie: string }> {
  const entered = await fetch(server.url, { redirect: 'manual' });
  return { cookie: entered.headers.get('set-cookie')!.split(';')[0]! };
}

/** What comes back for these very bytes. */
async function send(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (part: Buffer) => (received += part.toString()));
  socket.write(text);
  await once(socket, 'close');
  return received;
}

describe('an address for whom others may watch', () => {
  it('lets one browser in, which stays in, and shows nothing that lets in others', async () => {
    const address = server.entrance();
    expect(new URL(address).searchParams.get('secret')).not.toBe(new URL(server.url).searchParams.get('secret'));
    expect((await fetch(address, { method: 'HEAD', redirect: 'manual' })).status).toBe(401); // as of a look ahead
    const entered = await fetch(address, { redirect: 'manual' });
    expect(entered.status).toBe(303);
    const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(401);
    for (let i = 0; i < 2; i++)
      expect((await fetch(`http://127.0.0.1:${port}/models`, { headers: { cookie } })).status).toBe(200);
    expect((await fetch(server.entrance(), { redirect: 'manual' })).status).toBe(303);
    expect((await fetch(server.url, { redirect: 'manual' })).status).toBe(303);
  });

  it('is the usual one where each caller shows a token', async () => {
    const guarded = await serve(world.config, { ...world.options, port: 0, authentication: 'token' });
    expect(guarded.entrance()).toBe(guarded.url);
    await guarded.close();
  });
});

describe('a server that is closed', () => {
  it('lets the requests under way end, and takes no more', async () => {
    const headers = await enter();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const query = world.storage.query.bind(world.storage);
    let asked = 0;
    world.storage.query = async (...args) => {
      asked++;
      await released;
      return query(...args);
    };
    const answers = Array.from({ length: 20 }, () => fetch(`http://127.0.0.1:${port}/models`, { headers }));
    await vi.waitUntil(() => asked >= answers.length, { timeout: 20_000 });
    const closed = server.close();
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    release();
    for (const answer of answers) {
      const response = await answer;
      expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(/<\/html>\s*$/)]);
      expect(response.headers.get('connection')).toBe('close'); // so that nothing else is asked on it
    }
    await closed;
  });

  it('cuts those that do not end, and idle connections at once', async () => {
    let giveUp = (): void => undefined;
    const patience = new AbortController();
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      expect(ms).toBe(5_000);
      giveUp = () => patience.abort();
      return patience.signal;
    });
    const idle = connect(port, '127.0.0.1');
    await once(idle, 'connect');
    const stuck = connect(port, '127.0.0.1').on('error', () => undefined);
    stuck.write(
      `POST /sign-in HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/x-www-form-urlencoded\r\n` +
        'content-length: 100\r\nexpect: 100-continue\r\n\r\n',
    );
    await once(stuck, 'data'); // it was asked to go on, and does not
    const closed = server.close();
    giveUp();
    await Promise.all([closed, once(stuck, 'close'), once(idle, 'close')]);
  });

  it('may be closed again, and leaves its port to another', async () => {
    await Promise.all([server.close(), server.close()]);
    server = await serve(world.config, { ...world.options, port });
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });
});

describe('where it listens', () => {
  it('is not where somebody else does', async () => {
    const error = await failure(serve(world.config, { ...world.options, port }));
    expect(error.message).toBe(`cannot listen at 127.0.0.1:${port} (EADDRINUSE); choose another port`);
  });

  it('is an address of this machine', async () => {
    const elsewhere = { host: '192.0.2.1', port: 0, allowedHosts: ['a.example'] };
    const error = await failure(serve(world.config, { ...world.options, ...elsewhere }));
    expect(error.message).toBe('cannot listen at 192.0.2.1:0 (EADDRNOTAVAIL); host must be an address of this machine');
  });
});

describe('what asks it', () => {
  it.each(['GET /healthz HTTP/1.0\r\n\r\n', 'GET /healthz HTTP/1.1\r\nhost: \r\nconnection: close\r\n\r\n'])(
    'may be a probe that names no host: %j',
    async (probe) => expect(await send(probe)).toMatch(/^HTTP\/1.1 200 OK[^]*ok\n/),
  );

  it('gets no page without a host that it is for', async () => {
    const { cookie } = await enter();
    expect(await send(`GET /models HTTP/1.0\r\ncookie: ${cookie}\r\n\r\n`)).toMatch(/^HTTP\/1.1 421 /);
    for (const rest of ['/models?', '/models/', '?', '#', '\\\\models?'])
      expect(await send(`GET /alerts HTTP/1.0\r\nhost: 127.0.0.1:${port}${rest}\r\ncookie: ${cookie}\r\n\r\n`)).toMatch(
        /^HTTP\/1.1 421 /,
      );
    expect(await send(`GET /127.0.0.1/models HTTP/1.0\r\ncookie: ${cookie}\r\n\r\n`)).toMatch(/^HTTP\/1.1 421 /);
  });

  it('may be one browser that has the dashboards of two projects open', async () => {
    const other = await serve(world.config, { ...world.options, port: 0 });
    const jar = new Map<string, string>(); // cookies are of a host, whatever its port
    for (const { url } of [server, other]) {
      const [cookie = ''] = (await fetch(url, { redirect: 'manual' })).headers.get('set-cookie')!.split(';');
      jar.set(cookie.split('=')[0]!, cookie);
    }
    const headers = { cookie: [...jar.values()].join('; ') };
    for (const { url } of [server, other])
      expect((await fetch(new URL('/models', url), { headers, redirect: 'manual' })).status).toBe(200);
    await other.close();
  });
});
