import { type Column, categoricalColumn } from './column.js';

/** How programs write booleans: JSON and JavaScript, pandas, spreadsheets. */
const spellings: ReadonlyMap<string, 'false' | 'true'> = new Map([
  ['false', 'false'],
  ['true', 'true'],
  ['False', 'false'],
  ['True', 'true'],
  ['FALSE', 'false'],
  ['TRUE', 'true'],
]);

/** `false` or `true` for a text that spells one of them, undefined for any other. */
export const booleanText = (text: string): 'false' | 'true' | undefined => spellings.get(text);

/** Whether texts spell booleans and nothing else: then `True` and `true` are one. */
export const areBooleans = (texts: readonly string[]): boolean => texts.every((text) => spellings.has(text));

/** Two columns to compare, booleans that they write differently written alike. */
export function withSameBooleans(
  a: Column | undefined,
  b: Column | undefined,
): readonly [Column | undefined, Column | undefined] {
  if (a?.kind !== 'categorical' || b?.kind !== 'categorical') return [a, b];
  if (!areBooleans([...a.categories, ...b.categories])) return [a, b];
  return [spelledPlainly(a), spelledPlainly(b)];
}

function spelledPlainly(column: Extract<Column, { kind: 'categorical' }>): Column {
  const texts = [...new Set(column.categories.map((text) => spellings.get(text)!))];
  if (texts.length === column.categories.length && texts.every((text, i) => text === column.categories[i]))
    return column;
  const codeOf = column.categories.map((text) => texts.indexOf(spellings.get(text)!));
  const codes = column.codes.map((code) => (code < 0 ? -1 : codeOf[code]!));
  return { ...categoricalColumn(column.name, codes, texts), ...(column.origin && { origin: column.origin }) };
}
