/** Markup that is safe to put into a page as it is. */
export class Html {
  /** @param markup escaped already, or made by this library */
  constructor(readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

/** What may stand between the parts of {@link html}; text is escaped, and nothing is shown for `undefined` and `false`. */
export type HtmlPart = Html | string | number | false | undefined | readonly HtmlPart[];

/**
 * A template whose texts are escaped, so that names and messages from data can never become markup. Its own indentation is
 * left out.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(strings.reduce((markup, text, i) => markup + show(parts[i - 1]) + text.replace(/\n\s*/g, '\n'), ''));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text for an element or a quoted attribute. Controls and marks that turn the direction of writing are shown as codes, for
 * they could make a text read as another one.
 */
export const escapeHtml = (text: string): string =>
  escapeMarkup(text).replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (c) =>
    c === '\n' || c === '\t' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A value that nobody reads and a form sends back as it is, to the last mark. */
export const hiddenValue = (text: string): Html => new Html(escapeMarkup(text));

const escapeMarkup = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c]!);

function show(part: HtmlPart): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.markup;
  return typeof part === 'object' ? part.map(show).join('') : escapeHtml(String(part));
}
