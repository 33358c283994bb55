import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type LookupFunction, isIP } from 'node:net';
import { MLOpsError } from '../../errors.js';
import { isPublicAddress } from './address.js';

/** Resolves a name to all its addresses. */
export type ResolveHost = (host: string) => Promise<readonly LookupAddress[]>;

export interface PostOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For everything together: resolving, connecting, sending, the answer's status. */
  readonly timeoutMs: number;
  /** Names and addresses of the own network that are allowed. */
  readonly allowedHosts: readonly string[];
  readonly resolve?: ResolveHost;
}

/**
 * Sends a POST request and resolves when it was answered with a status of 2xx.
 *
 * What is connected to is the very address that was checked, so a name cannot change its meaning in between. Loopback,
 * link-local, private and all other special addresses are refused, whatever name or notation leads to them, unless the host is
 * allowed; so is plain http. Redirects are not followed.
 *
 * @throws MLOpsError `FORBIDDEN` for a host that is not allowed; an Error for everything else that went wrong
 */
export async function safePost(options: PostOptions): Promise<void> {
  if (!URL.canParse(options.url)) throw new Error('the url of the channel is none; expected one such as https://…');
  const url = new URL(options.url);
  if (!/^https?:$/.test(url.protocol)) throw refusal(`alerts are not sent by ${url.protocol}//; use https://`);
  const host = withoutBrackets(url.hostname);
  const isAllowed = options.allowedHosts.some((name) => hostOf(name) === host);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isAllowed)) {
    throw refusal(`${url.protocol}// is sent only to hosts of allowed_hosts; use https://`);
  }
  const addresses = isIP(host) > 0 ? [{ address: host, family: isIP(host) }] : undefined;
  const resolve = options.resolve ?? resolveBySystem;
  const signal = AbortSignal.timeout(options.timeoutMs);
  const found = addresses ?? (await withDeadline(resolve(host), signal));
  const refused = isAllowed ? undefined : found.find(({ address }) => !isPublicAddress(address));
  if (refused !== undefined) {
    throw refusal(
      `${host} is ${refused.address}, which is no public address; list the host in allowed_hosts if it is meant`,
    );
  }
  if (found.length === 0) throw new Error(`${host} has no address`);
  await send(url, options, found, signal);
}

const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/** A host as a URL spells it: in lower case, without umlauts. */
function hostOf(name: string): string {
  const bare = withoutBrackets(name);
  const url = `http://${isIP(bare) === 6 ? `[${bare}]` : bare}`;
  return URL.canParse(url) ? withoutBrackets(new URL(url).hostname) : name;
}

const refusal = (problem: string): MLOpsError => new MLOpsError('FORBIDDEN', `not sent: ${problem}`);

function send(
  url: URL,
  { headers, body, timeoutMs }: PostOptions,
  addresses: readonly LookupAddress[],
  signal: AbortSignal,
): Promise<void> {
  // The name is not resolved again: this is all that connecting learns about it.
  const lookup: LookupFunction = (_host, { all }, done) => {
    if (all === true) done(null, [...addresses]);
    else done(null, addresses[0]!.address, addresses[0]!.family);
  };
  const length = Buffer.byteLength(body);
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': length,
        'user-agent': 'bondx-mlops',
        ...headers,
      },
      agent: false,
      lookup,
      signal,
    });
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      response.on('error', () => undefined); // the status is known; the rest of the answer is not read
      response.destroy();
      if (status >= 200 && status < 300) resolve();
      else if (status >= 300 && status < 400) reject(new Error(`answered ${status}: redirects are not followed`));
      else reject(new Error(`answered ${status}`));
    });
    request.on('error', (error) => reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error));
    request.end(body);
  });
}

const resolveBySystem: ResolveHost = (host) =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(new Error(`${host} cannot be resolved: ${error.code ?? error.message}`));
    });
  });

function withDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the name was not resolved in time')), { once: true });
    work.then(resolve, reject);
  });
}
