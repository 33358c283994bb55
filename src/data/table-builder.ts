import type { Column } from './column.js';
import { ColumnBuilder } from './column-builder.js';
import { type Row, type Table, type TableOptions, addRow, tableFromBuilders } from './table.js';

/** Rows added before others get a turn. */
const stepLength = 1 << 10;

/** Collects rows and tables, one after the other, into one table whose kinds are inferred over all of them. */
export class TableBuilder {
  readonly #builders = new Map<string, ColumnBuilder>();
  readonly #notes = new Set<string>();
  readonly #options: TableOptions;
  #rowCount = 0;

  constructor(options: TableOptions = {}) {
    this.#options = options;
  }

  *addRows(rows: readonly Row[]): Generator<number, void> {
    for (let i = 0; i < rows.length; i++) {
      addRow(this.#builders, rows[i], this.#rowCount++, this.#options);
      if (i % stepLength === 0) yield i / rows.length;
    }
  }

  *addTable(table: Table): Generator<number, void> {
    for (const column of table.columns.values()) {
      let builder = this.#builders.get(column.name);
      if (builder === undefined) this.#builders.set(column.name, (builder = new ColumnBuilder(column.name, true)));
      yield* addColumn(builder, column, this.#rowCount);
    }
    for (const note of table.notes) this.#notes.add(note);
    this.#rowCount += table.rowCount;
  }

  *finish(): Generator<number, Table> {
    return yield* tableFromBuilders([...this.#builders.values()], this.#rowCount, this.#options, [...this.#notes]);
  }
}

function* addColumn(builder: ColumnBuilder, column: Column, firstRow: number): Generator<number, void> {
  builder.addOrigin(column.origin);
  const length = column.kind === 'categorical' ? column.codes.length : column.values.length;
  for (let i = 0; i < length; i++) {
    if (i % stepLength === 0) yield i / length;
    if (column.kind === 'numeric') {
      builder.addNumber(column.values[i]!, firstRow + i);
    } else if (column.kind === 'date') {
      const time = column.values[i]!;
      if (!Number.isNaN(time)) builder.addCell(new Date(time), firstRow + i);
    } else if (column.codes[i]! >= 0) {
      builder.addText(column.categories[column.codes[i]!]!, firstRow + i);
    }
  }
}
