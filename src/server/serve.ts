import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import { refuse } from '../util/check.js';
import { type DashboardOptions, createDashboard } from './create-dashboard.js';
import { isLoopback } from './security/allowed-hosts.js';

export interface ServeOptions extends DashboardOptions {
  /** Address to listen at; loopback unless told. Others take `authentication: 'token'` and `allowedHosts`. */
  readonly host?: string;
  /** 4317 unless told; 0 for any that is free. */
  readonly port?: number;
}

/** A dashboard that listens. */
export interface RunningServer {
  /** Where it is; with the secret of this start when authentication is `local`. */
  readonly url: string;
  /** An address that lets in once when authentication is `local`: who reads it in the list of processes comes too late. */
  entrance(): string;
  /** Takes no more requests, lets those under way end (five seconds at most), then cuts what is left. */
  close(): Promise<void>;
}

/** How long requests under way have to end when the server is closed. */
const graceMs = 5_000;

/**
 * Serves the dashboard by itself. On loopback, and without tokens asked for, the address it gives lets a browser in.
 *
 * @throws MLOpsError `INVALID_INPUT` for an address that others reach without authentication
 */
export async function serve(config: MLOpsConfig, options: ServeOptions = {}): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 4317, ...rest } = options;
  const { authentication = isLoopback(host) ? 'local' : 'token', allowedHosts = [] } = rest;
  if (!isLoopback(host) && authentication !== 'token')
    refuse(`others can reach ${host}: that takes authentication "token"`);
  if (!isLoopback(host) && allowedHosts.length === 0)
    refuse(
      `name the hosts that browsers will ask ${host} for, as allowedHosts (--allowed-host): requests for others are refused`,
    );
  if (!Number.isInteger(port) || port < 0 || port > 65_535) refuse('port must be a whole number from 0 to 65535');
  const dashboard = createDashboard(config, { ...rest, authentication });
  const underWay = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    underWay.add(response);
    if (!server.listening) response.shouldKeepAlive = false; // the next request would come to nothing
    response.once('close', () => underWay.delete(response));
    void answer(request, response, dashboard.fetch);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
  } catch (cause) {
    await dashboard.close();
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    const isPort = code === 'EADDRINUSE' || code === 'EACCES';
    const hint = isPort ? 'choose another port' : 'host must be an address of this machine';
    throw new MLOpsError('INVALID_INPUT', `cannot listen at ${host}:${port} (${code}); ${hint}`, { cause });
  }
  const address = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  const shutDown = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    const ended = async (): Promise<void> => {
      while (underWay.size > 0) await Promise.allSettled([...underWay].map((response) => once(response, 'close')));
    };
    for (const response of underWay) response.shouldKeepAlive = false;
    await Promise.race([once(AbortSignal.timeout(graceMs), 'abort'), ended()]);
    server.closeAllConnections();
    await closed;
    await dashboard.close();
  };
  let closing: Promise<void> | undefined;
  const at = (path = `${rest.basePath ?? ''}/`): string => `http://${name}:${address.port}${path}`;
  return {
    url: at(dashboard.entryPath),
    entrance: () => at(dashboard.entryOnce?.()),
    close: () => (closing ??= shutDown()),
  };
}

const mostBodyBytes = 64 * 1024;

/** Carries a request of Node's server to a Web-standard handler and its answer back. */
async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (request: Request) => Promise<Response>,
): Promise<void> {
  try {
    const response = await handle(await toRequest(incoming));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(incoming.method === 'HEAD' ? undefined : Buffer.from(await response.arrayBuffer()));
  } catch {
    // What the handler can answer it has answered: this request was not one.
    if (!outgoing.headersSent) outgoing.writeHead(400, { connection: 'close' });
    outgoing.end();
  }
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const { host = '' } = incoming.headers;
  // Probes ask under any name, or under none, as HTTP/1.0 does; pages are for no such host.
  // One that goes on with a path would be taken for the beginning of the address.
  const name = /^[^/?#@\\]+$/.test(host) && URL.canParse(`http://${host}`) ? host : 'no-host.invalid';
  const url = new URL(`http://${name}${incoming.url ?? '/'}`);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  if (incoming.method !== 'POST') return new Request(url, { method: incoming.method ?? 'GET', headers });
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostBodyBytes) throw new MLOpsError('INVALID_INPUT', 'the body is too long');
    parts.push(part);
  }
  return new Request(url, { method: 'POST', headers, body: Buffer.concat(parts) });
}
