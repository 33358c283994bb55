import { refuse } from '../util/check.js';
import type { Digest } from '../util/digest.js';
import { atOnce, inSteps, type Watch } from '../util/in-steps.js';
import { nearest } from '../util/nearest.js';
import { type ArrowTable, columnsFromArrow, isArrowTable } from './arrow.js';
import { type Column, type ColumnKind, columnLength, joinColumns, numberColumn, takeFromColumn } from './column.js';
import { type BuiltColumn, ColumnBuilder } from './column-builder.js';
import { digestSteps } from './table-digest.js';

export type { CategoricalColumn, Column, ColumnKind, DateColumn, NumericColumn } from './column.js';

/** One record: column names to numbers, strings, booleans, dates, bigints, null or undefined. */
export type Row = Readonly<Record<string, unknown>>;

/** Columns by name, each an array of cells or a typed array, all of one length. */
export type ColumnsInput = Readonly<Record<string, ArrayLike<unknown>>>;

/** Data in any of the shapes that public calls accept; an array holds {@link Row}s, which may be of an interface of yours. */
export type TableInput = Table | readonly object[] | ColumnsInput | ArrowTable;

/** How values become the columns of a {@link Table}. */
export interface TableOptions {
  /** Kinds that are not to be inferred. A cell that does not fit is refused. */
  readonly types?: Readonly<Record<string, ColumnKind>>;
  /** Cells that are arrays, objects or functions are refused unless told to take them as missing, with a note. */
  readonly unreadable?: 'refuse' | 'missing' | undefined;
}

/**
 * Immutable data by columns. Kinds are inferred over all cells of a column: all numbers, or texts that spell numbers
 * (`"4.250"`, or all with a percent sign), make it numeric; ISO 8601 dates make it a date; anything else, booleans
 * included, is categorical. `null`, `undefined`, NaN and the texts `NaN nan NA N/A null` and empty are missing.
 *
 * @example
 * const table = toTable([{ coupon: 4.25, term: '5-Year' }, { coupon: null, term: '10-Year' }]);
 * table.column('coupon').missingCount; // 1
 */
export class Table {
  readonly columns: ReadonlyMap<string, Column>;
  #digest: Digest | undefined;

  /**
   * @param columns of equal length and distinct names
   * @param notes what inference assumed, in sentences for a reader
   */
  constructor(
    columns: readonly Column[],
    readonly rowCount: number,
    readonly notes: readonly string[] = [],
  ) {
    this.columns = new Map(columns.map((column) => [column.name, column]));
    if (this.columns.size < columns.length) refuse('two columns have the same name; rename one');
    for (const column of columns) {
      if (columnLength(column) !== rowCount) {
        refuse(`column ${JSON.stringify(column.name)} has ${columnLength(column)} rows, expected ${rowCount}`);
      }
    }
  }

  /** @throws MLOpsError `INVALID_INPUT` that names the nearest column when there is none of this name */
  column(name: string): Column {
    const column = this.columns.get(name);
    if (column !== undefined) return column;
    const guess = nearest(name, this.columns.keys());
    return refuse(
      `there is no column ${JSON.stringify(name)}` +
        (guess === undefined
          ? `; there are ${[...this.columns.keys()].join(', ') || 'none: the data are empty'}`
          : `; did you mean ${JSON.stringify(guess)}?`),
    );
  }

  /** The given columns, in the given order. */
  select(names: readonly string[]): Table {
    return new Table(
      names.map((name) => this.column(name)),
      this.rowCount,
      this.notes,
    );
  }

  /** The given rows, in the given order; rows may repeat. */
  take(rows: ArrayLike<number>): Table {
    for (let i = 0; i < rows.length; i++) this.#checkRow(rows[i]!);
    const columns = [...this.columns.values()].map((column) => takeFromColumn(column, rows));
    return new Table(columns, rows.length, this.notes);
  }

  /** Rows from `start` up to but not including `end`, as of `Array.prototype.slice`. */
  slice(start: number, end = this.rowCount): Table {
    const bound = (index: number): number =>
      Math.min(this.rowCount, index < 0 ? Math.max(0, this.rowCount + index) : index);
    const first = bound(start);
    return this.take(Int32Array.from({ length: Math.max(0, bound(end) - first) }, (_, i) => first + i));
  }

  /** This table with a column added, or replaced where there is one of its name. */
  withColumn(column: Column): Table {
    return new Table([...new Map(this.columns).set(column.name, column).values()], this.rowCount, this.notes);
  }

  /** One row: numbers, texts, dates in ISO 8601, null where missing. */
  row(index: number): Record<string, string | number | null> {
    this.#checkRow(index);
    return Object.fromEntries(Array.from(this.columns, ([name, column]) => [name, cellOf(column, index)]));
  }

  /** Rows of tables with the same columns, one after the other. */
  concat(...others: readonly Table[]): Table {
    const tables = [this, ...others];
    for (const other of others) {
      for (const name of other.columns.keys()) this.column(name);
      for (const name of this.columns.keys()) other.column(name);
    }
    const columns = [...this.columns.keys()].map((name) => {
      const parts = tables.map((table) => table.column(name));
      const kinds = [...new Set(parts.map((part) => part.kind))].join(' and ');
      return (
        joinColumns(parts) ?? refuse(`column ${JSON.stringify(name)} is ${kinds}; force one type with options.types`)
      );
    });
    const rowCount = tables.reduce((sum, table) => sum + table.rowCount, 0);
    return new Table(columns, rowCount, [...new Set(tables.flatMap((table) => table.notes))]);
  }

  /**
   * Identifies the content: SHA-256 over the columns sorted by name, each its name, kind and row count as JSON, then its
   * values as little-endian doubles (or its categories as JSON and its codes as 32-bit integers). The order of columns
   * and the way the table came about do not matter.
   */
  digest(): Digest {
    return (this.#digest ??= atOnce(digestSteps([...this.columns.values()], this.rowCount)));
  }

  /** {@link digest}, without holding the event loop. */
  async digestInSteps(watch: Watch = {}): Promise<Digest> {
    return (this.#digest ??= await inSteps(digestSteps([...this.columns.values()], this.rowCount), watch));
  }

  #checkRow(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.rowCount) {
      refuse(`there is no row ${index}; rows are 0 to ${this.rowCount - 1}`);
    }
  }
}

function cellOf(column: Column, row: number): string | number | null {
  if (column.kind === 'categorical') return column.categories[column.codes[row]!] ?? null;
  const value = column.values[row]!;
  if (Number.isNaN(value)) return null;
  return column.kind === 'date' ? new Date(value).toISOString() : value;
}

/**
 * A table from whatever shape the data has; a table is returned as it is. What needs no conversion is not copied: a
 * `Float64Array`, and a column of doubles without nulls in one chunk of an Arrow table, become the column's values
 * themselves. Leave such an array unchanged for as long as the table is in use.
 *
 * @throws MLOpsError `INVALID_INPUT` for anything else, with the row or column at fault
 */
export const toTable = (data: TableInput, options: TableOptions = {}): Table => atOnce(tableSteps(data, options));

/** {@link toTable} in steps; yields the share done. */
export function* tableSteps(data: TableInput, options: TableOptions = {}): Generator<number, Table> {
  if (data instanceof Table) return data;
  if (Array.isArray(data)) return yield* rowSteps(data as readonly Row[], options);
  if (typeof data !== 'object' || (data as object | null) === null) {
    const hint = typeof data === 'string' ? '; read a file with readTable' : '';
    return refuse(`data must be a table, an array of rows or an object of columns, got ${describe(data)}${hint}`);
  }
  if (isArrowTable(data)) {
    const { built, notes } = yield* columnsFromArrow(data, options.types);
    return assemble(built, data.numRows, options, notes);
  }
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(data) as object | null);
  if (isPlain || Object.keys(data).length > 0) return yield* columnSteps(data as ColumnsInput, options);
  return refuse(`data must be a table, an array of rows or an object of columns, got ${describe(data)}`);
}

function describe(data: unknown): string {
  if (data === null || typeof data !== 'object') return data === null ? 'null' : typeof data;
  const { name } = data.constructor;
  return name === 'Promise' ? 'a promise; await it first' : `a ${name}`;
}

/** A table from records; a column that a record lacks is missing there. */
export const tableFromRows = (rows: readonly Row[], options: TableOptions = {}): Table =>
  atOnce(rowSteps(rows, options));

/** Rows or cells read before others get a turn. */
const stepLength = 1 << 10;

function* rowSteps(rows: readonly Row[], options: TableOptions): Generator<number, Table> {
  const builders = new Map<string, ColumnBuilder>();
  for (let row = 0; row < rows.length; row++) {
    addRow(builders, rows[row], row, options);
    if (row % stepLength === 0) yield row / rows.length;
  }
  return yield* tableFromBuilders([...builders.values()], rows.length, options);
}

/** Adds a record's cells to the columns they belong to, which are made when they are first seen. */
export function addRow(
  builders: Map<string, ColumnBuilder>,
  record: unknown,
  row: number,
  { unreadable }: TableOptions,
): void {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    refuse(
      `row ${row} is ${record === null ? 'null' : Array.isArray(record) ? 'an array' : typeof record}; expected an object`,
    );
  }
  for (const name of Object.keys(record)) {
    let builder = builders.get(name);
    if (builder === undefined) builders.set(name, (builder = new ColumnBuilder(name, false, unreadable)));
    builder.addCell((record as Row)[name], row);
  }
}

/** A table from arrays of cells or typed arrays, one a column. */
export const tableFromColumns = (columns: ColumnsInput, options: TableOptions = {}): Table =>
  atOnce(columnSteps(columns, options));

function* columnSteps(columns: ColumnsInput, options: TableOptions): Generator<number, Table> {
  const entries = Object.entries(columns);
  for (const [name, cells] of entries) {
    const length: unknown = (cells as { length?: unknown } | null)?.length;
    if (typeof cells !== 'object' || typeof length !== 'number') {
      refuse(`column ${JSON.stringify(name)} must be an array or a typed array, got ${describe(cells)}`);
    }
  }
  const built: BuiltColumn[] = [];
  for (const [name, cells] of entries) {
    built.push(yield* readColumn(name, cells, options));
    yield built.length / entries.length;
  }
  return assemble(built, entries[0]?.[1].length ?? 0, options);
}

function* readColumn(
  name: string,
  cells: ArrayLike<unknown>,
  { types, unreadable }: TableOptions,
): Generator<number, BuiltColumn> {
  const forced = types?.[name];
  const values = (forced ?? 'numeric') === 'numeric' ? numbersOf(cells) : undefined;
  if (values !== undefined) return { column: numberColumn('numeric', name, values) };
  const builder = new ColumnBuilder(name, false, unreadable);
  for (let row = 0; row < cells.length; row++) {
    builder.addCell(cells[row], row);
    if (row % stepLength === 0) yield row / cells.length;
  }
  return yield* builder.finishSteps(cells.length, forced);
}

/** The numbers of a typed array: doubles as they are, unless they could move in memory. */
function numbersOf(cells: ArrayLike<unknown>): Float64Array | undefined {
  if (!ArrayBuffer.isView(cells) || cells instanceof BigInt64Array || cells instanceof BigUint64Array) return undefined;
  if (cells instanceof Float64Array) {
    return (cells.buffer as { readonly resizable?: boolean }).resizable === true ? cells.slice() : cells;
  }
  return new Float64Array(cells as unknown as ArrayLike<number>);
}

/** A table from columns collected cell by cell. */
export function* tableFromBuilders(
  builders: readonly ColumnBuilder[],
  rowCount: number,
  options: TableOptions,
  notes: readonly string[] = [],
): Generator<number, Table> {
  const built: BuiltColumn[] = [];
  for (const builder of builders) built.push(yield* builder.finishSteps(rowCount, options.types?.[builder.name]));
  return assemble(built, rowCount, options, notes);
}

/** The table of built columns; a kind forced on a column that has another by nature is refused. */
function assemble(
  built: readonly BuiltColumn[],
  rowCount: number,
  { types = {} }: TableOptions,
  notes: readonly string[] = [],
): Table {
  const columns = built.map(({ column }) => column);
  for (const [name, kind] of Object.entries(types)) {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) {
      const names = columns.map((candidate) => candidate.name).join(', ');
      refuse(`types names ${JSON.stringify(name)}, which is not a column; there are ${names}`);
    }
    if (column.kind !== kind) refuse(`column ${JSON.stringify(name)} is ${column.kind} and cannot be read as ${kind}`);
  }
  return new Table(columns, rowCount, [...new Set([...built.flatMap(({ note }) => note ?? []), ...notes])]);
}
