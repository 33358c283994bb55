import { EventEmitter } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Alerts, MLOpsConfig } from '@bondx/mlops';
import type { ResolveHost } from '../../src/monitoring/channels/safe-post.js';
import { createWorld } from '../helpers.js';

interface Dialled {
  readonly host: string;
  readonly lookup: LookupFunction;
}

/** What https would have connected to: nothing leaves the machine. */
const dialled: Dialled[] = [];
vi.mock('node:https', () => ({
  request: (url: URL, { lookup }: { lookup: LookupFunction }) => {
    dialled.push({ host: url.hostname, lookup });
    const request = new EventEmitter() as EventEmitter & { end(): void };
    request.end = () => void setImmediate(() => request.emit('error', new Error('not connected, in this test')));
    return request;
  },
}));

let inside: Server;
let requests: number;
let port: number;
/** A service of the own network that no alert may reach. */
beforeEach(async () => {
  requests = 0;
  dialled.length = 0;
  inside = createServer((_request, response) => {
    requests++;
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
  ({ port } = inside.address() as AddressInfo);
});
afterEach(() => new Promise((resolve) => inside.close(resolve)));

type Kind = 'webhook' | 'slack';

/** Delivers one alert to an address; what the delivery says of it. */
async function deliver(kind: Kind, url: string, resolve?: ResolveHost, allowedHosts: readonly string[] = []) {
  const { options } = createWorld();
  const config = MLOpsConfig.fromObject(
    { monitoring: { channels: { hook: { kind, url: '${HOOK}', allowedHosts } } } },
    { environment: { HOOK: url } },
  );
  const alerts = new Alerts(config, { ...options, ...(resolve !== undefined && { resolve }) });
  await alerts.raise({ key: 'k', severity: 'critical', title: 'the title', message: 'the message' });
  const summary = await alerts.deliverPending();
  const [delivery] = (await alerts.listDeliveries()).deliveries;
  return { summary, lastError: delivery!.lastError };
}

const inwards: readonly [string, string][] = [
  ['loopback', 'http://127.0.0.1:PORT/'],
  ['loopback, encrypted', 'https://127.0.0.1:PORT/'],
  ['loopback as one number', 'https://2130706433:PORT/'],
  ['loopback in hexadecimal', 'https://0x7f000001:PORT/'],
  ['loopback in octal', 'https://0177.0.0.1:PORT/'],
  ['loopback, shortened', 'https://127.1:PORT/'],
  ['loopback in full-width digits', 'https://１２７.0.0.1:PORT/'],
  ['loopback by its name', 'https://localhost:PORT/'],
  ['this host', 'https://0.0.0.0:PORT/'],
  ['IPv6 loopback', 'https://[::1]:PORT/'],
  ['IPv4 mapped into IPv6', 'https://[::ffff:127.0.0.1]:PORT/'],
  ['IPv4 mapped, in hexadecimal', 'https://[::ffff:7f00:1]:PORT/'],
  ['the metadata of a cloud', 'https://169.254.169.254/latest/meta-data/'],
  ['the same, mapped', 'https://[::ffff:a9fe:a9fe]/'],
  ['IPv6 link-local', 'https://[fe80::1]/'],
  ['a private network', 'https://10.0.0.1/'],
  ['what is no web address', 'file:///etc/passwd'],
  ['an old protocol', 'gopher://127.0.0.1:PORT/'],
];

describe.each<Kind>(['webhook', 'slack'])('a %s', (kind) => {
  it.each(inwards)('to %s is not sent', async (_what, url) => {
    const { summary, lastError } = await deliver(kind, url.replace('PORT', String(port)));
    expect(summary.delivered).toBe(0);
    expect(lastError).toContain('not sent: ');
    expect([requests, dialled]).toEqual([0, []]);
  });
});

describe('the name of a webhook', () => {
  it.each(['127.0.0.1', '169.254.169.254', '::1', '::ffff:10.0.0.1', 'fe80::1'])(
    'that leads to %s is not sent to, also beside a public address',
    async (address) => {
      const family = address.includes(':') ? 6 : 4;
      const both = [
        { address: '1.1.1.1', family: 4 },
        { address, family },
      ];
      for (const found of [[{ address, family }], both]) {
        const { lastError } = await deliver('webhook', 'https://hooks.example/', () => Promise.resolve(found));
        expect(lastError).toContain(`hooks.example is ${address}, which is no public address`);
      }
      expect(dialled).toEqual([]);
    },
  );

  it('cannot be bound anew between check and connection: the address that was checked is the only one known', async () => {
    let asked = 0;
    const resolve: ResolveHost = () =>
      Promise.resolve([{ address: asked++ === 0 ? '1.1.1.1' : '127.0.0.1', family: 4 }]);
    await deliver('webhook', `https://rebind.example:${port}/`, resolve);
    expect(asked).toBe(1);
    expect(dialled).toHaveLength(1);
    const found = new Set<unknown>();
    for (let connection = 0; connection < 3; connection++) {
      dialled[0]!.lookup('rebind.example', {}, (_error, address) => found.add(address));
      dialled[0]!.lookup('rebind.example', { all: true }, (_error, all) => found.add(JSON.stringify(all)));
    }
    expect([...found]).toEqual(['1.1.1.1', '[{"address":"1.1.1.1","family":4}]']);
    expect([asked, requests]).toEqual([1, 0]);
  });

  it('is held to the host that is allowed, not to one that resembles it', async () => {
    const allowed = ['127.0.0.1', 'receiver.internal'];
    for (const host of ['127.0.0.2', '[::1]', 'receiver.internal.example', 'xreceiver.internal', 'localhost']) {
      const resolve: ResolveHost = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
      const { lastError } = await deliver('webhook', `https://${host}:${port}/`, resolve, allowed);
      expect(lastError, host).toContain('no public address');
    }
    // The name before the @ is a user's, not the host's.
    const { lastError } = await deliver('webhook', `https://receiver.internal@127.0.0.2:${port}/`, undefined, allowed);
    expect(lastError).toContain('127.0.0.2');
    expect([requests, dialled]).toEqual([0, []]);
  });
});

describe('an answer that redirects', () => {
  it.each([301, 302, 303, 307, 308])('with %d is not followed into the own network', async (status) => {
    const outside = createServer((_request, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${port}/` }).end(),
    );
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    const at = (outside.address() as AddressInfo).port;
    const { summary, lastError } = await deliver('webhook', `http://127.0.0.1:${at}/`, undefined, ['127.0.0.1']);
    expect(summary).toMatchObject({ delivered: 0, failed: 1 });
    expect(lastError).toBe(`answered ${status}: redirects are not followed`);
    expect(requests).toBe(0);
    await new Promise((resolve) => outside.close(resolve));
  });
});
