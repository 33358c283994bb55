import type { Table } from './table.js';

/** A spreadsheet takes a text that begins like this for a formula. */
const formula = /^[=+\-@\t\r]/;

/**
 * A table as CSV (RFC 4180, UTF-8, a header line), line by line. Missing cells are empty, dates ISO 8601. Texts that a
 * spreadsheet would run as a formula get an apostrophe in front; numbers, negative ones too, stay as they are.
 */
export function* csvLines(table: Table): Generator<string> {
  const names = [...table.columns.keys()];
  yield `${names.map(textCell).join(',')}\n`;
  for (let row = 0; row < table.rowCount; row++) {
    const cells = table.row(row);
    yield `${names.map((name) => cell(cells[name] ?? null)).join(',')}\n`;
  }
}

const cell = (value: string | number | null): string =>
  value === null ? '' : typeof value === 'number' ? String(value) : textCell(value);

function textCell(text: string): string {
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
