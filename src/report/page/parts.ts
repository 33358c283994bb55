import { markOf, verdictText } from '../charts/verdict-marks.js';
import { type Html, type HtmlPart, html } from './html.js';

/** A verdict that is seen first: a mark, a word, and what it rests on. */
export const verdictBanner = (verdict: string, word: string, reasons: HtmlPart): Html => {
  const { colour, symbol } = markOf(verdict);
  return html`<section class="verdict ${colour}" aria-label="Verdict">
    <p class="word"><span aria-hidden="true">${symbol}</span> ${word}</p>
    ${reasons}
  </section>`;
};

/** A verdict within a line: mark and word. */
export const badge = (verdict: string): Html => {
  const { colour, symbol } = markOf(verdict);
  return html`<span class="badge"
    ><span class="c-${colour}" aria-hidden="true">${symbol}</span> ${verdictText(verdict)}</span
  >`;
};

type Pair = readonly [name: string, value: HtmlPart];

/** Names and short values beside each other; pairs without a value are left out. */
export const facts = (pairs: readonly Pair[]): Html => list('facts', pairs);

/** Names and values that are to be checked, such as digests, below each other. */
export const proof = (pairs: readonly Pair[]): Html => list('proof', pairs);

const list = (kind: string, pairs: readonly Pair[]): Html =>
  html`<dl class="${kind}">
    ${pairs.map(
      ([name, value]) =>
        value !== undefined &&
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

export const digest = (value: string): Html => html`<span class="digest">${value}</span>`;

/** A heading and what is below it; nothing when there is nothing. */
export const section = (id: string, heading: string, content: HtmlPart): Html | undefined =>
  content === undefined || content === false || (Array.isArray(content) && content.length === 0)
    ? undefined
    : html`<section aria-labelledby="${id}">
        <h2 id="${id}">${heading}</h2>
        ${content}
      </section>`;

export const bullets = (items: readonly HtmlPart[]): Html | undefined =>
  items.length === 0
    ? undefined
    : html`<ul class="plain">
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>`;

/** What a column of a table holds. */
export interface TableColumn {
  readonly title: string;
  readonly kind?: 'number';
}

/**
 * A table whose first cells are the headings of their rows. It scrolls by itself where it is wider than the screen, with
 * the keyboard too.
 */
export const table = (caption: string, columns: readonly TableColumn[], rows: readonly (readonly HtmlPart[])[]): Html =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title, kind }) => (kind === undefined ? html`<th scope="col">${title}</th>` : html`<th scope="col" class="number">${title}</th>`))}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, i) =>
                i === 0
                  ? html`<th scope="row">${cell}</th>`
                  : columns[i]?.kind === undefined
                    ? html`<td>${cell}</td>`
                    : html`<td class="number">${cell}</td>`,
              )}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
