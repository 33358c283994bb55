import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../util/clock.js';

/** A browser that has shown a token. */
export interface Session {
  /** What it showed: looked at again with each request, so that a revoked token ends at once. */
  readonly token: string;
  readonly formToken: string;
  readonly expiresAt: number;
}

/** Browsers send the cookies of a host to all its ports: dashboards of several projects must not take each other's. */
const cookieName = ({ port }: URL): string => `bondx_dashboard${port === '' ? '' : `_${port}`}`;
const lifetimeMs = 12 * 3_600_000;
const mostSessions = 10_000;

/** Sessions of browsers, in memory: they end with the process. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  constructor(private readonly clock: Clock) {}

  /** The cookie that a browser is to send from now on. No script reads it, no other site makes a browser send it. */
  begin(token: string, url: URL, isSecure: boolean, path: string): string {
    const now = this.clock.now();
    for (const [id, { expiresAt }] of this.#sessions) if (expiresAt <= now) this.#sessions.delete(id);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= mostSessions && oldest !== undefined) this.#sessions.delete(oldest);
    const id = newSecret();
    this.#sessions.set(hash(id), { token, formToken: newSecret(), expiresAt: now + lifetimeMs });
    const secure = isSecure ? '; Secure' : '';
    return `${cookieName(url)}=${id}; Path=${path}; HttpOnly; SameSite=Strict; Max-Age=${lifetimeMs / 1000}${secure}`;
  }

  of(request: Request): Session | undefined {
    const id = cookieOf(request);
    const session = id === undefined ? undefined : this.#sessions.get(hash(id));
    return session !== undefined && session.expiresAt > this.clock.now() ? session : undefined;
  }
}

const hash = (id: string): string => createHash('sha256').update(id).digest('base64');

function cookieOf(request: Request): string | undefined {
  const wanted = cookieName(new URL(request.url));
  const cookies = (request.headers.get('cookie') ?? '').split(';').map((part) => part.trim().split('='));
  return cookies.find(([name]) => name === wanted)?.[1];
}

export const newSecret = (): string => randomBytes(32).toString('base64url');

/** Compares without telling by its duration how much is right. */
export const isSame = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
