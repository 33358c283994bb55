import { MLOpsError } from '../errors.js';
import { describe } from '../util/check.js';

/**
 * - `word`: a name or keyword, keys of metrics, parameters and tags included
 * - `quoted`: a name in backticks or double quotes, or a text in single or double quotes
 */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'number' | 'symbol' | 'end';
  /** As written; of quoted tokens, what stands between the quotes. */
  readonly text: string;
  readonly quote?: '`' | '"' | "'";
  /** Where it begins, counting UTF-16 units from 0. */
  readonly at: number;
}

/** What a text is, for messages. */
export type Searched = 'filter' | 'order' | 'name';
const article: Readonly<Record<Searched, string>> = { filter: 'a filter', order: 'an order', name: 'a name' };

/** Longest text of a filter, in UTF-16 units. */
const maxLength = 20_000;

const patterns = {
  space: /\s+/y,
  number: /-infinity\b|-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?![\p{L}\p{N}_])/iuy,
  word: /[\p{L}_][\p{L}\p{N}_/-]*/uy,
  symbol: /<>|!=|==|<=|>=|[=<>(),.]/y,
};

/** @throws MLOpsError `INVALID_INPUT` that points at the character */
export function tokenize(text: string, what: Searched = 'filter'): readonly Token[] {
  if (typeof text !== 'string') {
    throw new MLOpsError('INVALID_INPUT', `${article[what]} must be a text, got ${describe(text)}`);
  }
  if (text.length > maxLength) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${article[what]} has ${text.length} characters; at most ${maxLength} are allowed`,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = match(patterns.space);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = quotedToken(text, at, what) ?? plainToken(match, at);
    if (token === undefined) throw problemAt(text, at, `unexpected ${JSON.stringify(characterAt(text, at))}`, what);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', at });
  return tokens;
}

interface Found {
  readonly token: Token;
  readonly end: number;
}

function plainToken(match: (pattern: RegExp) => string | undefined, at: number): Found | undefined {
  for (const kind of ['number', 'word', 'symbol'] as const) {
    const text = match(patterns[kind]);
    if (text !== undefined) return { token: { kind, text, at }, end: at + text.length };
  }
  return undefined;
}

/** A quote inside of quotes is written twice. */
function quotedToken(text: string, at: number, what: Searched): Found | undefined {
  const quote = text[at];
  if (quote !== '`' && quote !== '"' && quote !== "'") return undefined;
  let content = '';
  for (let from = at + 1; ;) {
    const to = text.indexOf(quote, from);
    if (to < 0) throw problemAt(text, at, `this ${quote} is never closed`, what);
    content += text.slice(from, to);
    if (text[to + 1] !== quote) return { token: { kind: 'quoted', text: content, quote, at }, end: to + 1 };
    content += quote;
    from = to + 2;
  }
}

const characterAt = (text: string, at: number): string => String.fromCodePoint(text.codePointAt(at)!);

/** An error that shows the line and puts a mark under the character. */
export function problemAt(text: string, at: number, problem: string, what: Searched): MLOpsError {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  const line = text.slice(start, end < 0 ? undefined : end).replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  const from = Math.max(0, at - start - 60);
  const shown = line.slice(from, from + 120);
  return new MLOpsError(
    'INVALID_INPUT',
    `${problem}, at character ${at + 1} of the ${what}\n  ${shown}\n  ${' '.repeat(at - start - from)}^`,
  );
}
