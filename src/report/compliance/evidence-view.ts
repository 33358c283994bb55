import { isDigest } from '../../util/digest.js';
import { type JsonObject, type JsonValue } from '../../util/json.js';
import { type Html, type HtmlPart, html } from '../page/html.js';
import { counted, moment, number } from '../page/numbers.js';
import { digest, proof, table } from '../page/parts.js';

/** Rows of a list that are shown; the stored report holds all. */
const mostRows = 40;
/** Characters of a nested value that are shown. */
const mostCharacters = 400;

/** What a check was computed from, whatever its shape: names and values, and a table for each list of records. */
export function evidenceView(what: string, evidence: JsonObject): Html | undefined {
  const entries = Object.entries(evidence);
  if (entries.length === 0) return undefined;
  const tables = entries.filter((entry): entry is [string, readonly JsonObject[]] => isRecords(entry[1]));
  const pairs = entries.filter(([, value]) => !isRecords(value));
  return html`${pairs.length > 0 && proof(pairs.map(([name, value]) => [spaced(name), valueView(value)] as const))}
  ${tables.map(([name, records]) => recordTable(`${what}: ${spaced(name)}`, records))}`;
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isRecords = (value: JsonValue): value is readonly JsonObject[] =>
  Array.isArray(value) && value.length > 0 && value.every(isObject);

function recordTable(caption: string, records: readonly JsonObject[]): Html {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const columns = names.map((name) => {
    const values = records.map((record) => record[name]).filter((value) => value !== undefined && value !== null);
    const isNumber = values.length > 0 && values.every((value) => typeof value === 'number');
    return { title: spaced(name), ...(isNumber && { kind: 'number' as const }) };
  });
  const shown = records.slice(0, mostRows);
  const rest = records.length - shown.length;
  return html`${table(
    caption,
    columns,
    shown.map((record) => names.map((name) => valueView(record[name]))),
  )}${rest > 0 && html`<p class="c-muted">and ${counted(rest, 'more', 'more')}, in the stored report</p>`}`;
}

function valueView(value: JsonValue | undefined): HtmlPart {
  if (value === undefined || value === null) return html`<span class="c-muted">none</span>`;
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return textView(value);
  if (Array.isArray(value) && value.length === 0) return html`<span class="c-muted">none</span>`;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number')) {
    const shown = value.slice(0, mostRows).map((item) => (typeof item === 'number' ? number(item) : item));
    return `${shown.join(', ')}${value.length > mostRows ? `, and ${counted(value.length - mostRows, 'more', 'more')}` : ''}`;
  }
  if (isObject(value) && Object.values(value).every((part) => typeof part !== 'object' || part === null)) {
    const parts = Object.entries(value).filter(([, part]) => part !== null);
    return parts.map(([name, part], i) => html`${i > 0 && ', '}${spaced(name)} ${valueView(part)}`);
  }
  const text = JSON.stringify(value);
  return html`<code>${text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text}</code>`;
}

const textView = (text: string): HtmlPart =>
  isDigest(text) ? digest(text) : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) ? moment(text) : text;

/** `nextReviewAt` as a person writes it. */
const spaced = (name: string): string =>
  name
    .replaceAll('_', ' ')
    .replace(/([a-z\d])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
