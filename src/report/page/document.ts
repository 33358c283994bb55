import { hash } from 'node:crypto';
import { Html, html } from './html.js';
import { styles } from './styles.js';

/** A whole page that needs nothing but itself. */
export interface ReportPage {
  /** Of the window. */
  readonly title: string;
  /** What kind of report it is, above the heading. */
  readonly kicker: string;
  readonly heading: string;
  readonly content: Html;
  /** Where it comes from. */
  readonly footer: Html;
}

const policy = `default-src 'none'; style-src 'sha256-${hash('sha256', styles, 'base64')}'; base-uri 'none'; form-action 'none'`;

/** Its content is what the policy's digest is of: nothing may be added, not even a space. */
const styleElement = new Html(`<style>${styles}</style>`);

/** The text of an HTML file: no script, no request to anywhere, and a policy that lets a browser do neither. */
export const document = ({ title, kicker, heading, content, footer }: ReportPage): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${styleElement}
      </head>
      <body>
        <header class="top">
          <p class="kicker">${kicker}</p>
          <h1>${heading}</h1>
        </header>
        <main>${content}</main>
        <footer class="bottom">${footer}</footer>
      </body>
    </html> `.markup;
