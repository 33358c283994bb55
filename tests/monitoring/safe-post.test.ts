import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/monitoring/channels/address.js';
import { type ResolveHost, safePost } from '../../src/monitoring/channels/safe-post.js';
import { failure } from '../helpers.js';

const base = { headers: {}, body: '{}', timeoutMs: 10_000, allowedHosts: [] };

let requests = 0;
const server = createServer((_request, response) => {
  requests++;
  response.writeHead(200).end();
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    '2001:db8::1',
    'not an address',
  ])('%s is refused', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(['1.1.1.1', '172.32.0.1', '2606:4700:4700::1111'])('%s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
});

describe('a post', () => {
  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/',
    'http://example.com/',
    'ftp://example.com/',
  ])('to %s is refused', async (url) => {
    expect(await failure(safePost({ ...base, timeoutMs: 20_000, url }))).toMatchObject({ code: 'FORBIDDEN' });
    expect(requests).toBe(0);
  });

  it('is refused by what the url is, and without repeating it, which may be a secret', async () => {
    const say = async (url: string): Promise<string> =>
      (await failure(safePost({ ...base, url, allowedHosts: ['files.example'] }))).message;
    expect(await say('ftp://files.example/hush')).toBe('not sent: alerts are not sent by ftp://; use https://');
    expect(await say('hush')).toBe('the url of the channel is none; expected one such as https://…');
  });

  it('to a name is refused when any of its addresses is private', async () => {
    const resolve: ResolveHost = async () => [
      { address: '1.1.1.1', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    const error = await failure(safePost({ ...base, url: 'https://a.example/', resolve }));
    expect(error.message).toContain('10.0.0.1');
  });

  it('connects to the address that was checked: the name is resolved once and not again', async () => {
    let asked = 0;
    const resolve: ResolveHost = async () => {
      asked++;
      return asked === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '10.0.0.1', family: 4 }];
    };
    // A name that no resolver knows: only what was passed can lead there.
    const url = `http://receiver.invalid:${port}/`;
    await safePost({ ...base, url, resolve, allowedHosts: ['receiver.invalid'] });
    expect([asked, requests]).toEqual([1, 1]);
  });

  it.each([
    ['alerts.invalid', 'Alerts.Invalid'],
    ['müller.invalid', 'müller.invalid'], // which a URL spells xn--mller-kva.invalid
    ['[::1]', '[::1]'],
    ['[::1]', '::1'],
    ['[0:0::1]', '0:0::1'],
  ])('%s is allowed by allowed_hosts: %s', async (host, allowed) => {
    const resolve: ResolveHost = () => Promise.reject(new Error('it was let through'));
    const url = `http://${host}:1/`;
    const error = await failure(safePost({ ...base, url, resolve, allowedHosts: [allowed] }));
    expect(error.code).not.toBe('FORBIDDEN');
    const other = await failure(safePost({ ...base, url, resolve, allowedHosts: ['other.invalid'] }));
    expect(other.code).toBe('FORBIDDEN');
  });

  it('gives up in time when a name is not resolved', async () => {
    const url = 'https://slow.example/';
    const error = await failure(safePost({ ...base, timeoutMs: 20, url, resolve: () => new Promise(() => undefined) }));
    expect(error.message).toContain('in time');
  });
});
