import { MLOpsError } from '../errors.js';
import type { Column } from './column.js';

/** Text that stands for "no value". */
const missingText = new Set(['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', 'None']);

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const datePattern = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** What the present cells of a column have in common. */
type Shape = 'number' | 'numeric_text' | 'percent_text' | 'date' | 'other';

/**
 * A column of the type its cells have in common: numbers (also as text such as "4.250" or "4.25%"), ISO 8601 dates, or
 * else categories. A cell is missing when it is null, undefined, NaN, or text such as "" or "NA".
 *
 * @param notes receives what a person should know about how the cells were understood
 * @throws MLOpsError `INVALID_INPUT` for cells that are objects or functions
 */
export function columnFromCells(
  name: string,
  length: number,
  cellAt: (row: number) => unknown,
  notes: string[],
): Column {
  const shapes = new Set<Shape>();
  for (let row = 0; row < length; row++) {
    const cell = cellAt(row);
    if (!isMissing(cell)) shapes.add(shapeOf(cell, name, row));
  }
  const isText = shapes.has('numeric_text') || shapes.has('percent_text');
  if (shapes.has('other') || (shapes.has('date') && shapes.size > 1)) {
    if (shapes.size > 1) notes.push(`${name} mixes numbers, dates or text; it is read as categories`);
    return categorical(name, length, cellAt);
  }
  if (shapes.has('date')) return measured(name, 'date', length, cellAt, toTime);
  if (isText)
    notes.push(`${name} holds numbers as text${shapes.has('percent_text') ? ' with %' : ''}; it is read as numbers`);
  return measured(name, 'numeric', length, cellAt, toNumber);
}

function isMissing(cell: unknown): boolean {
  return (
    cell === undefined ||
    cell === null ||
    (typeof cell === 'string' ? missingText.has(cell.trim()) : Number.isNaN(cell))
  );
}

function shapeOf(cell: unknown, name: string, row: number): Shape {
  switch (typeof cell) {
    case 'number':
    case 'bigint':
      return 'number';
    case 'boolean':
      return 'other';
    case 'string': {
      const text = cell.trim();
      if (numberPattern.test(text)) return 'numeric_text';
      if (text.endsWith('%') && numberPattern.test(text.slice(0, -1))) return 'percent_text';
      return datePattern.test(text) && !Number.isNaN(Date.parse(text)) ? 'date' : 'other';
    }
    default:
      if (cell instanceof Date) return 'date';
      throw new MLOpsError(
        'INVALID_INPUT',
        `${name} in row ${row} is of type ${typeof cell}; cells are numbers, text, booleans, dates or null`,
      );
  }
}

function toNumber(cell: unknown): number {
  if (typeof cell !== 'string') return Number(cell);
  const text = cell.trim();
  return Number(text.endsWith('%') ? text.slice(0, -1) : text);
}

const toTime = (cell: unknown): number => (cell instanceof Date ? cell.getTime() : Date.parse((cell as string).trim()));

function measured(
  name: string,
  kind: 'numeric' | 'date',
  length: number,
  cellAt: (row: number) => unknown,
  convert: (cell: unknown) => number,
): Column {
  const values = new Float64Array(length);
  let missingCount = 0;
  for (let row = 0; row < length; row++) {
    const cell = cellAt(row);
    const value = isMissing(cell) ? NaN : convert(cell);
    if (Number.isNaN(value)) missingCount++;
    values[row] = value;
  }
  return { kind, name, values, missingCount };
}

function categorical(name: string, length: number, cellAt: (row: number) => unknown): Column {
  const codes = new Int32Array(length);
  const known = new Map<string, number>();
  let missingCount = 0;
  for (let row = 0; row < length; row++) {
    const cell = cellAt(row);
    if (isMissing(cell)) {
      codes[row] = -1;
      missingCount++;
      continue;
    }
    const category = cell instanceof Date ? cell.toISOString() : String(cell).trim();
    let code = known.get(category);
    if (code === undefined) known.set(category, (code = known.size));
    codes[row] = code;
  }
  return { kind: 'categorical', name, codes, categories: [...known.keys()], missingCount };
}
