import { type Html, hiddenValue, html } from '../report/page/html.js';
import type { Page, Visit } from './visit.js';

const sections = [
  ['experiments', 'Experiments'],
  ['models', 'Models'],
  ['drift', 'Drift'],
  ['canaries', 'Canaries'],
  ['alerts', 'Alerts'],
  ['audit', 'Audit'],
] as const;

/** A page with its navigation. */
export const layout = ({ title, kicker, content }: Page, { href, url }: Pick<Visit, 'href' | 'url'>): string =>
  frame(
    title,
    href,
    html`<header class="bar">
        <nav aria-label="Main">
          <ul>
            ${sections.map(([path, name]) => {
              const address = href(path);
              const isHere = url.pathname === address || url.pathname.startsWith(`${address}/`);
              return isHere
                ? html`<li><a href="${address}" aria-current="page">${name}</a></li>`
                : html`<li><a href="${address}">${name}</a></li>`;
            })}
          </ul>
        </nav>
      </header>
      <main id="main">
        <p class="kicker">${kicker ?? 'BondX MLOps'}</p>
        <h1>${title}</h1>
        ${content}
      </main>`,
  );

/** A page without navigation. */
export const frame = (title: string, href: Visit['href'], body: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · BondX MLOps</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${href('style.css')}" />
        <script src="${href('live.js')}" defer></script>
      </head>
      <body>
        ${body}
      </body>
    </html> `.markup;

/** Where a list goes on, as the address of the page says. */
export function cursorOf({ url }: Pick<Visit, 'url'>): { readonly cursor?: string } {
  const cursor = url.searchParams.get('cursor');
  return cursor === null ? {} : { cursor };
}

/** Leads to what a page has no room for, and back to its beginning. */
export const pageLinks = ({ url }: Pick<Visit, 'url'>, next: string | undefined): Html | false =>
  (next !== undefined || url.searchParams.has('cursor')) &&
  html`<nav aria-label="Pages">
    <p>
      ${url.searchParams.has('cursor') && html`<a href="${url.pathname}">The first</a>`}
      ${next !== undefined && html`<a href="${url.pathname}?cursor=${encodeURIComponent(next)}">More</a>`}
    </p>
  </nav>`;

/** A button that does something, with what it needs to know. */
export const actionForm = (
  { href, formToken }: Visit,
  action: string,
  label: string,
  fields: Readonly<Record<string, string>>,
  ask?: Html,
): Html =>
  html`<form method="post" action="${href('actions', action)}" class="action">
    <input type="hidden" name="form_token" value="${formToken}" />
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${hiddenValue(value)}" />`)}
    ${ask}
    <button type="submit">${label}</button>
  </form>`;

/** A field for the reason, for the record. */
export const reasonField = (id: string, isRequired = false): Html =>
  isRequired
    ? html`<label for="${id}">Reason</label> <input id="${id}" name="reason" required maxlength="500" />`
    : html`<label for="${id}">Reason</label> <input id="${id}" name="reason" maxlength="500" />`;
