import { isIP } from 'node:net';
import { refuse } from '../../util/check.js';

/** Names under which a server that listens on loopback is asked for. */
const loopback: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

export const isLoopback = (host: string): boolean => loopback.includes(host) || host === '::1';

/**
 * Names of hosts, with or without a port, as URLs spell them: in lower case, without umlauts, IPv6 in brackets, no port that goes without saying.
 *
 * @throws MLOpsError `INVALID_INPUT`
 */
export function checkHosts(hosts: readonly string[]): readonly string[] {
  return hosts.map((host) => {
    const url = `https://${isIP(host) === 6 ? `[${host}]` : host}`;
    const isHost = /^[^/?#@*\\\s]+$/.test(host) && URL.canParse(url);
    return isHost
      ? new URL(url).host.replace(/:80$/, '')
      : refuse(`allowedHosts has names like mlops.example.com, got ${JSON.stringify(host)}`);
  });
}

/**
 * Whether a request is for this server. A page elsewhere whose name was made to point here (DNS rebinding) asks under its
 * own name.
 */
export function isAllowedHost(url: URL, allowed: readonly string[]): boolean {
  return [...loopback, ...allowed].includes(url.hostname) || allowed.includes(url.host);
}

/** Whether a request that changes something comes from a page of this server. */
export function isSameOrigin(request: Request, url: URL): boolean {
  const origin = request.headers.get('origin');
  // Hosts, not schemes: behind a proxy that ends TLS, this server is asked over plain HTTP.
  if (origin !== null) {
    if (!URL.canParse(origin)) return false;
    const { protocol, host } = new URL(origin);
    const asked = `${protocol}//${url.host}`; // such a proxy may name the port that goes without saying
    return URL.canParse(asked) && new URL(asked).host === host;
  }
  return request.headers.get('sec-fetch-site') === 'same-origin';
}
