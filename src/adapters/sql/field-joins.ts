import { sql } from 'kysely';
import { type Fragment, type ValueColumns, entryColumns, idColumns } from './conditions.js';
import type { SqlDialect } from './sql-database.js';

/** The number of an index field; NULL, which equals nothing, when no record ever had it. */
export const fieldNumber = (collection: string, field: string): Fragment =>
  sql`(select fid from fields where collection = ${collection} and name = ${field})`;

/** Joins the entries of every field that a statement over `records as r` asks for, each once. */
export class FieldJoins {
  readonly #columns = new Map<string, ValueColumns>([['id', idColumns('r')]]);
  readonly #joins: Fragment[] = [];

  constructor(
    private readonly dialect: SqlDialect,
    private readonly collection: string,
  ) {}

  /** Declares that the statement itself provides the field, under the given alias of `entries`. */
  provide(field: string, alias: string): void {
    this.#columns.set(field, entryColumns(this.dialect, alias));
  }

  readonly columnsOf = (field: string): ValueColumns => {
    const known = this.#columns.get(field);
    if (known !== undefined) return known;
    const alias = `f${this.#joins.length}`;
    const entries = sql`left join entries as ${sql.id(alias)}`;
    const rid = sql.ref(`${alias}.rid`);
    const fid = sql.ref(`${alias}.fid`);
    this.#joins.push(sql`${entries} on ${rid} = r.rid and ${fid} = ${fieldNumber(this.collection, field)}`);
    const columns = entryColumns(this.dialect, alias);
    this.#columns.set(field, columns);
    return columns;
  };

  /** Ask last: after every {@link columnsOf}. */
  toSql(): Fragment {
    return this.#joins.length === 0 ? sql`` : sql.join(this.#joins, sql` `);
  }
}
