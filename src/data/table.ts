import { MLOpsError } from '../errors.js';
import { type Digest, digestBytes } from '../util/digest.js';
import { nearest } from '../util/nearest.js';
import { type Column, cellsOf, numericColumn } from './column.js';
import { columnFromCells } from './infer-column.js';

/** A row as callers write it: numbers, text, booleans, dates; null, undefined and NaN are missing. */
export type Row = Readonly<Record<string, unknown>>;

/** Columns as callers write them. */
export type ColumnInput = Float64Array | Float32Array | Int32Array | readonly unknown[];

/** What every call that takes data accepts: a table, rows of objects, or an object of columns. */
export type TableInput = Table | readonly Row[] | Readonly<Record<string, ColumnInput>>;

/** An immutable set of named columns of one length. */
export class Table {
  readonly columns: ReadonlyMap<string, Column>;
  readonly rowCount: number;
  /** What a person should know about how the data was understood, such as text that was read as numbers. */
  readonly notes: readonly string[];
  #digest: Digest | undefined;

  /** @throws MLOpsError `INVALID_INPUT` for columns of different lengths */
  constructor(columns: readonly Column[], notes: readonly string[] = []) {
    this.columns = new Map(columns.map((column) => [column.name, column]));
    this.rowCount = columns[0] === undefined ? 0 : cellsOf(columns[0]).length;
    this.notes = notes;
    for (const column of columns) {
      const length = cellsOf(column).length;
      if (length !== this.rowCount) {
        throw new MLOpsError(
          'INVALID_INPUT',
          `column ${column.name} has ${length} values, ${columns[0]!.name} has ${this.rowCount}`,
        );
      }
    }
  }

  /** @throws MLOpsError `INVALID_INPUT` that names the nearest column there is */
  column(name: string): Column {
    const found = this.columns.get(name);
    if (found !== undefined) return found;
    const near = nearest(name, this.columns.keys());
    const hint = near === undefined ? `it has ${[...this.columns.keys()].join(', ')}` : `did you mean ${near}?`;
    throw new MLOpsError('INVALID_INPUT', `the data has no column ${name}; ${hint}`);
  }

  /** The rows at these positions, in this order. */
  take(rows: ArrayLike<number>): Table {
    return new Table(
      [...this.columns.values()].map((column) => takeColumn(column, rows)),
      this.notes,
    );
  }

  /**
   * SHA-256 over names, types and values, whatever order columns were given in and categories first appeared in: the
   * same data has the same digest.
   */
  digest(): Digest {
    this.#digest ??= digestTable(this);
    return this.#digest;
  }
}

/** @throws MLOpsError `INVALID_INPUT` for anything that is not a table */
export function toTable(data: TableInput): Table {
  if (data instanceof Table) return data;
  if (isRows(data)) return tableFromRows(data);
  if (typeof data === 'object' && data !== null) return tableFromColumns(data);
  throw new MLOpsError('INVALID_INPUT', `expected rows, columns or a table, got ${typeof data}`);
}

const isRows = (data: TableInput): data is readonly Row[] => Array.isArray(data);

/** A table from rows; columns are all keys that occur, in order of first appearance. */
export function tableFromRows(rows: readonly Row[]): Table {
  const names = new Set<string>();
  rows.forEach((row: unknown, i) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new MLOpsError('INVALID_INPUT', `row ${i} is not an object of column names and values`);
    }
    for (const name in row) names.add(name);
  });
  const notes: string[] = [];
  const columns = [...names].map((name) => columnFromCells(name, rows.length, (i) => rows[i]![name], notes));
  return new Table(columns, notes);
}

/** A table from columns; typed arrays are taken over without copying. */
export function tableFromColumns(input: Readonly<Record<string, ColumnInput>>): Table {
  const notes: string[] = [];
  const columns = Object.entries(input).map(([name, values]): Column => {
    if (values instanceof Float64Array) return numericColumn(name, values);
    if (ArrayBuffer.isView(values)) return numericColumn(name, Float64Array.from(values));
    if (!Array.isArray(values)) throw new MLOpsError('INVALID_INPUT', `column ${name} is not an array`);
    const cells = values as readonly unknown[];
    return columnFromCells(name, cells.length, (i) => cells[i], notes);
  });
  return new Table(columns, notes);
}

function takeColumn(column: Column, rows: ArrayLike<number>): Column {
  let missingCount = 0;
  if (column.kind === 'categorical') {
    const codes = Int32Array.from(rows, (row) => column.codes[row]!);
    for (const code of codes) if (code < 0) missingCount++;
    return { ...column, codes, missingCount };
  }
  const values = Float64Array.from(rows, (row) => column.values[row]!);
  for (const value of values) if (Number.isNaN(value)) missingCount++;
  return { ...column, values, missingCount };
}

function digestTable(table: Table): Digest {
  const parts = [...table.columns.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((column) => {
      const { cells, categories } = canonicalCells(column);
      const bytes = new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);
      return JSON.stringify([column.name, column.kind, categories, digestBytes(bytes)]);
    });
  return digestBytes(`${table.rowCount}\n${parts.join('\n')}`);
}

/** Cells whose bytes depend on the data alone: categories sorted, one NaN, no negative zero. */
function canonicalCells(column: Column): { cells: Float64Array | Int32Array; categories: readonly string[] } {
  if (column.kind !== 'categorical') return { cells: column.values.map((value) => value + 0), categories: [] };
  const used = new Set(column.codes);
  const sorted = column.categories.filter((_, code) => used.has(code)).sort();
  const rank = new Map(sorted.map((category, i) => [category, i]));
  const recode = column.categories.map((category) => rank.get(category) ?? -1);
  return { cells: column.codes.map((code) => (code < 0 ? -1 : recode[code]!)), categories: sorted };
}
