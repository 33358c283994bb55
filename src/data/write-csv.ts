import type { Table } from './table.js';

/** A spreadsheet takes a text that begins like this for a formula. */
const formula = /^[=+\-@\t\r]/;

/**
 * A table as CSV (RFC 4180, UTF-8, a header line), line by line. Missing cells are empty, dates ISO 8601, numbers in
 * the fewest digits that give the same number back.
 *
 * @param reader for `people`, texts that a spreadsheet would run as a formula get an apostrophe in front; `programs` get
 *   every text as it is
 */
export function* csvLines(table: Table, reader: 'people' | 'programs' = 'people'): Generator<string> {
  const names = [...table.columns.keys()];
  const text = reader === 'people' ? (value: string) => quoted(withoutFormula(value)) : quoted;
  yield `${names.map(text).join(',')}\n`;
  for (let row = 0; row < table.rowCount; row++) {
    const cells = table.row(row);
    // A blank line would be skipped by whoever reads it.
    yield `${names.map((name) => cell(cells[name] ?? null, text)).join(',') || '""'}\n`;
  }
}

const cell = (value: string | number | null, text: (value: string) => string): string =>
  value === null ? '' : typeof value === 'number' ? String(value) : text(value);

const withoutFormula = (text: string): string => (formula.test(text) ? `'${text}` : text);

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
