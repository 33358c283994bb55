import type { MLOpsConfig } from '../config/mlops-config.js';
import { MLOpsError } from '../errors.js';
import type { PerformanceMonitor } from '../monitoring/performance/performance-monitor.js';
import { html } from '../report/page/html.js';
import { type ContextOptions, contextOf, contextOptionNames } from '../runtime/context.js';
import { checkOneOf, checkOptions, refuse } from '../util/check.js';
import { actions } from './actions.js';
import { dashboardStyles, liveScript } from './assets.js';
import { ChangeCounter } from './change-counter.js';
import { frame, layout } from './layout.js';
import { liveCanary } from './pages/canaries.js';
import { Probes, metricsFor } from './probes.js';
import { findPage } from './routes.js';
import { checkHosts, isAllowedHost, isSameOrigin } from './security/allowed-hosts.js';
import { type GateOptions, letIn, principalOf, proxyHint } from './security/gate.js';
import { respond, respondHtml } from './security/headers.js';
import { Sessions, newSecret } from './security/sessions.js';
import { SharedServices } from './services.js';
import { problemPage } from './problem-page.js';
import type { Page, Visit } from './visit.js';

export interface DashboardOptions extends ContextOptions {
  /**
   * `token`: each caller shows a token of its own (`authenticate`), as a bearer or at the sign-in page. `local`: who has the
   * secret of this start is whoever the policy lets stand in; for loopback only. `token` unless told.
   */
  readonly authentication?: 'token' | 'local';
  /** With `local`: whose token it acts by, looked at with each request. Without one `principal` is believed until the end. */
  readonly token?: string;
  /** Hosts that requests may be for besides loopback, such as `mlops.example.com`; others are refused. */
  readonly allowedHosts?: readonly string[];
  /** Path under which it is mounted, such as `/mlops`; the root unless told. */
  readonly basePath?: string;
  /** What `/metrics` tells of this process, besides open alerts. */
  readonly performance?: PerformanceMonitor;
}

/** The dashboard, to be mounted in any framework that knows Web-standard requests. */
export interface Dashboard {
  readonly fetch: (request: Request) => Promise<Response>;
  /** With `local` authentication: the path that lets a browser in. */
  readonly entryPath?: string;
  /** With `local` authentication: makes a path that lets in once, for where others may read it, such as in the list of processes. */
  readonly entryOnce?: () => string;
  close(): Promise<void>;
}

const mostFormBytes = 64 * 1024;

/**
 * Pages over the public classes: everything that is shown or done is authorized and recorded there.
 *
 * @example
 * const dashboard = createDashboard(config, { allowedHosts: ['mlops.example.com'] });
 * app.all('/mlops/*', (context) => dashboard.fetch(context.req.raw));
 * @throws MLOpsError `INVALID_INPUT`
 */
export function createDashboard(config: MLOpsConfig, options: DashboardOptions = {}): Dashboard {
  checkOptions(options, optionNames, 'createDashboard');
  const { authentication = 'token', basePath = '', performance, token, allowedHosts: _, ...context } = options;
  checkOneOf(authentication, ['token', 'local'], 'authentication');
  if (token !== undefined && (typeof token !== 'string' || authentication !== 'local'))
    refuse('token is a text, for authentication "local": with "token" callers show their own');
  if (!/^(\/[\w.~-]+)*$/.test(basePath)) refuse(`basePath must be like /mlops, got ${JSON.stringify(basePath)}`);
  const allowedHosts = checkHosts(options.allowedHosts ?? []);
  if (authentication === 'local' && allowedHosts.length > 0)
    refuse('authentication "local" is for loopback only: other hosts take authentication "token"');
  const services = new SharedServices(config, context);
  const shared = contextOf(services.as(undefined).registry);
  const { stores, clock } = shared;
  const localSecret = authentication === 'local' ? newSecret() : undefined;
  const tickets = new Set<string>();
  const entryPath = (secret: string): string => `${basePath}/enter?secret=${secret}`;
  const gate: GateOptions = {
    config,
    context,
    localSecret,
    localToken: token,
    sessions: new Sessions(clock),
    log: shared.log,
  };
  const site = new Site(services, gate, new ChangeCounter(() => stores.storage(), clock), new Probes(shared), {
    basePath,
    allowedHosts,
    performance,
    tickets,
  });
  return {
    fetch: (request) => site.answer(request),
    ...(localSecret !== undefined && {
      entryPath: entryPath(localSecret),
      entryOnce: () => {
        const ticket = newSecret();
        tickets.add(ticket);
        return entryPath(ticket);
      },
    }),
    close: () => site.close(),
  };
}

const optionNames: readonly (keyof DashboardOptions)[] = [
  'authentication',
  'token',
  'allowedHosts',
  'basePath',
  'performance',
  ...contextOptionNames,
];

/** Answers requests: host, then who is calling, then the page or what is to be done. */
class Site {
  constructor(
    private readonly services: SharedServices,
    private readonly gate: GateOptions,
    private readonly changes: ChangeCounter,
    private readonly probes: Probes,
    private readonly place: {
      readonly basePath: string;
      readonly allowedHosts: readonly string[];
      readonly performance: PerformanceMonitor | undefined;
      /** Each stands for the secret of this start, once. */
      readonly tickets: Set<string>;
    },
  ) {}

  readonly #href = (...parts: readonly string[]): string => `${this.place.basePath}/${parts.map(asPart).join('/')}`;

  async answer(request: Request): Promise<Response> {
    const began = performance.now();
    const url = new URL(request.url);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const probed = isRead ? await this.probes.answer(this.#pathOf(url)) : undefined;
    if (probed !== undefined) return probed;
    if (!isAllowedHost(url, this.place.allowedHosts)) {
      return respond('this server does not answer for that host\n', 421, { 'content-type': 'text/plain' });
    }
    try {
      return await this.#route(request, url);
    } catch (error) {
      // The caller is told nothing of a defect: the log is where it can be found.
      if (!(error instanceof MLOpsError))
        this.gate.log?.({ operation: 'dashboard.answer', durationMs: performance.now() - began, error });
      return this.#problem(error, url);
    }
  }

  async close(): Promise<void> {
    this.changes.close();
    await this.services.close();
  }

  async #route(request: Request, url: URL): Promise<Response> {
    const parts = this.#partsOf(url);
    if (request.method === 'GET' || request.method === 'HEAD') return this.#get(request, url, parts);
    if (request.method !== 'POST') return respond(null, 405, { allow: 'GET, HEAD, POST' });
    const form = await readForm(request);
    if (parts[0] === 'sign-in') return this.#signIn(request, url, form);
    const [place, name = ''] = parts;
    const action = place === 'actions' && Object.hasOwn(actions, name) ? actions[name] : undefined;
    const visit = await this.#visit(request, url, [], form);
    if (action === undefined) throw new MLOpsError('NOT_FOUND', 'there is nothing here that can be done');
    const done = await action(visit, form);
    return 'to' in done ? respond(null, 303, { location: done.to }) : this.#show(done, visit);
  }

  async #get(request: Request, url: URL, parts: readonly string[]): Promise<Response> {
    const [first, second, third] = parts;
    if (first === 'style.css') return respond(dashboardStyles, 200, { 'content-type': 'text/css; charset=utf-8' });
    if (first === 'live.js') return respond(liveScript, 200, { 'content-type': 'text/javascript; charset=utf-8' });
    const { localSecret } = this.gate;
    if (first === 'enter' && localSecret !== undefined) {
      const shown = url.searchParams.get('secret') ?? '';
      return this.#begin(request.method === 'GET' && this.place.tickets.delete(shown) ? localSecret : shown, url);
    }
    if (first === 'canaries' && third === 'live') return this.#live(request, url, second!);
    if (first === 'metrics')
      return metricsFor((await this.#visit(request, url, [], undefined)).services, this.place.performance);
    const found = findPage(parts, () => this.changes.version());
    const visit = await this.#visit(request, url, found?.params ?? [], undefined);
    if (found === undefined) throw new MLOpsError('NOT_FOUND', 'there is no such page');
    return this.#show(await found.page(visit), visit);
  }

  /** The part of a canary's page that changes, when it has changed since the browser looked last. */
  async #live(request: Request, url: URL, deploymentId: string): Promise<Response> {
    const visit = await this.#visit(request, url, [deploymentId], undefined);
    const etag = await this.changes.version();
    // Proxies that compress make the tag a weak one.
    if (request.headers.get('if-none-match')?.replace(/^W\//, '') === etag) return respond(null, 304, { etag });
    return respondHtml((await liveCanary(visit)).content.markup, 200, { etag });
  }

  async #visit(
    request: Request,
    url: URL,
    params: readonly string[],
    form: URLSearchParams | undefined,
  ): Promise<Visit> {
    const { principal, formToken } = await letIn(request, url, form, this.gate);
    return { services: this.services.as(principal), url, params, href: this.#href, formToken };
  }

  async #signIn(request: Request, url: URL, form: URLSearchParams): Promise<Response> {
    if (!isSameOrigin(request, url))
      throw new MLOpsError('FORBIDDEN', `sign in at the page of this server; ${proxyHint}`);
    // Behind a proxy that ends TLS, only the page that the form comes from tells how the browser got here.
    const isSecure = request.headers.get('origin')?.startsWith('https:') === true;
    return this.#begin((form.get('token') ?? '').trim(), url, isSecure, url.searchParams.get('to') ?? '');
  }

  /** @param to the page that was asked for @throws MLOpsError `UNAUTHENTICATED` */
  async #begin(token: string, url: URL, isSecure = false, to = ''): Promise<Response> {
    await principalOf(token, this.gate);
    const { basePath } = this.place;
    const location = this.#pageAt(to, url);
    const cookie = this.gate.sessions.begin(token, url, isSecure || url.protocol === 'https:', basePath || '/');
    return respond(null, 303, { location, 'set-cookie': cookie });
  }

  /** The path of a page of this server as asked for, or else of the first: nothing that leads elsewhere or does something. */
  #pageAt(to: string, { origin }: URL): string {
    const first = this.#href('experiments');
    const asked = new URL(URL.canParse(to, origin) ? to : first, origin);
    const parts = this.#pathOf(asked)?.split('/') ?? [];
    const isPage =
      asked.origin === origin && parts[0] !== '' && findPage(parts, () => this.changes.version()) !== undefined;
    return isPage ? `${asked.pathname}${asked.search}` : first;
  }

  #show(page: Page, visit: Visit): Response {
    return respondHtml(layout(page, visit), page.status ?? 200);
  }

  #problem(error: unknown, url: URL): Response {
    const { status, page } = problemPage(error);
    if (status !== 401) return respondHtml(layout(page, { url, href: this.#href }), status);
    const isLocal = this.gate.localSecret !== undefined;
    const isSigningIn = url.pathname.endsWith('/sign-in');
    const to = isSigningIn ? (url.searchParams.get('to') ?? '') : `${url.pathname}${url.search}`;
    const form = html`<form method="post" action="${this.#href('sign-in')}?to=${encodeURIComponent(to)}">
      <label for="token">Token</label>
      <input id="token" name="token" type="password" required autocomplete="off" />
      <button type="submit">Sign in</button>
    </form>`;
    const content = html`<main class="signin">
      <h1>Sign in</h1>
      ${isLocal ? html`<p>Open the address that <code>bondx-mlops ui</code> printed; it holds the secret of this start.</p>` : form}
      ${(isLocal || isSigningIn) && page.content}
    </main>`;
    return respondHtml(frame('Sign in', this.#href, content), 401, { 'www-authenticate': 'Bearer' });
  }

  /** What comes after the base path; undefined elsewhere. */
  #pathOf({ pathname }: URL): string | undefined {
    const { basePath } = this.place;
    if (basePath !== '' && pathname !== basePath && !pathname.startsWith(`${basePath}/`)) return undefined;
    return pathname.slice(basePath.length).replace(/^\/|\/$/g, '');
  }

  #partsOf(url: URL): readonly string[] {
    const path = this.#pathOf(url);
    if (path === undefined) throw new MLOpsError('NOT_FOUND', `the dashboard is at ${this.place.basePath}`);
    try {
      return path.split('/').map(fromPart);
    } catch {
      throw new MLOpsError('NOT_FOUND', 'the address is broken');
    }
  }
}

/**
 * A name as a part of a path. Browsers take `.` and `..` out of a path, however they are encoded: those carry a mark that no
 * name can have.
 */
const asPart = (name: string): string => encodeURIComponent(/^\.\.?$/.test(name) ? `${name}${mark}` : name);
const fromPart = (part: string): string => {
  const name = decodeURIComponent(part);
  return name.endsWith(mark) ? name.slice(0, -1) : name;
};
const mark = '\u2028';

/** @throws MLOpsError `INVALID_INPUT` for what is no form, or too much */
async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get('content-type') ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded')) refuse('send application/x-www-form-urlencoded');
  const parts: Uint8Array[] = [];
  let size = 0;
  // As it comes: whoever sends it has not said yet who they are.
  for await (const part of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > mostFormBytes) refuse('the form is too long');
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString());
}
