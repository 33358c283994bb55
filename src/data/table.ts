import { createHash } from 'node:crypto';
import { refuse } from '../util/check.js';
import type { Digest } from '../util/digest.js';
import { nearest } from '../util/nearest.js';
import { type Column, type ColumnKind, columnLength, joinColumns, numberColumn, takeFromColumn } from './column.js';
import { type BuiltColumn, ColumnBuilder } from './column-builder.js';

export type { CategoricalColumn, Column, ColumnKind, DateColumn, NumericColumn } from './column.js';

/** One record: column names to numbers, strings, booleans, dates, bigints, null or undefined. */
export type Row = Readonly<Record<string, unknown>>;

/** Columns by name, each an array of cells or a typed array, all of one length. */
export type ColumnsInput = Readonly<Record<string, ArrayLike<unknown>>>;

/** Data in any of the shapes that public calls accept. */
export type TableInput = Table | readonly Row[] | ColumnsInput;

export interface TableOptions {
  /** Kinds that are not to be inferred. A cell that does not fit is refused. */
  readonly types?: Readonly<Record<string, ColumnKind>>;
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
          ? `; there are ${[...this.columns.keys()].join(', ')}`
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
    return (this.#digest ??= digestOf([...this.columns.values()], this.rowCount));
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

function digestOf(columns: readonly Column[], rowCount: number): Digest {
  const hash = createHash('sha256');
  for (const column of [...columns].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${JSON.stringify([column.name, column.kind, rowCount])}\n`);
    if (column.kind === 'categorical')
      hash.update(`${JSON.stringify(column.categories)}\n`).update(bytesOf(column.codes));
    else hash.update(bytesOf(column.values.map((value) => (Number.isNaN(value) ? NaN : value + 0)))); // one NaN, one zero
  }
  return `sha256:${hash.digest('hex')}`;
}

const bytesOf = (array: Float64Array | Int32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A table from whatever shape the data has; a table is returned as it is. */
export function toTable(data: TableInput, options: TableOptions = {}): Table {
  if (data instanceof Table) return data;
  if (Array.isArray(data)) return tableFromRows(data as readonly Row[], options);
  if (typeof data === 'object' && (data as object | null) !== null)
    return tableFromColumns(data as ColumnsInput, options);
  return refuse(`data must be a table, an array of rows or an object of columns, got ${typeof data}`);
}

/** A table from records; a column that a record lacks is missing there. */
export function tableFromRows(rows: readonly Row[], options: TableOptions = {}): Table {
  const builders = new Map<string, ColumnBuilder>();
  for (let row = 0; row < rows.length; row++) {
    const record: unknown = rows[row];
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      refuse(
        `row ${row} is ${record === null ? 'null' : Array.isArray(record) ? 'an array' : typeof record}; expected an object`,
      );
    }
    for (const name of Object.keys(record)) {
      let builder = builders.get(name);
      if (builder === undefined) builders.set(name, (builder = new ColumnBuilder(name, false)));
      builder.addCell((record as Row)[name], row);
    }
  }
  return tableFromBuilders([...builders.values()], rows.length, options);
}

/** A table from arrays of cells or typed arrays, one a column. */
export function tableFromColumns(columns: ColumnsInput, options: TableOptions = {}): Table {
  const entries = Object.entries(columns);
  for (const [name, cells] of entries) {
    const length: unknown = (cells as { length?: unknown } | null)?.length;
    if (typeof cells !== 'object' || typeof length !== 'number') {
      refuse(`column ${JSON.stringify(name)} must be an array or a typed array, got ${typeof cells}`);
    }
  }
  const rowCount = entries[0]?.[1].length ?? 0;
  const built = entries.map(([name, cells]): BuiltColumn => {
    if (cells instanceof Float64Array && (options.types?.[name] ?? 'numeric') === 'numeric') {
      return { column: numberColumn('numeric', name, cells.slice()) };
    }
    const builder = new ColumnBuilder(name, false);
    for (let row = 0; row < cells.length; row++) builder.addCell(cells[row], row);
    return builder.finish(cells.length, options.types?.[name]);
  });
  checkForced(
    options,
    entries.map(([name]) => name),
  );
  return fromBuilt(built, rowCount);
}

/** A table from columns collected cell by cell. */
export function tableFromBuilders(builders: readonly ColumnBuilder[], rowCount: number, options: TableOptions): Table {
  checkForced(
    options,
    builders.map((builder) => builder.name),
  );
  return fromBuilt(
    builders.map((builder) => builder.finish(rowCount, options.types?.[builder.name])),
    rowCount,
  );
}

const fromBuilt = (built: readonly BuiltColumn[], rowCount: number): Table =>
  new Table(
    built.map(({ column }) => column),
    rowCount,
    built.flatMap(({ note }) => note ?? []),
  );

function checkForced({ types = {} }: TableOptions, names: readonly string[]): void {
  for (const name of Object.keys(types)) {
    if (!names.includes(name))
      refuse(`types names ${JSON.stringify(name)}, which is not a column; there are ${names.join(', ')}`);
  }
}
