import type Database from 'better-sqlite3';
import type { CompiledQuery } from 'kysely';
import type { SqlConnection } from '../sql/sql-database.js';

/** Prepared statements to keep. */
const mostStatements = 256;

/** Runs statements on a SQLite connection and keeps the latest prepared. */
export class SqliteConnection implements SqlConnection {
  readonly #statements = new Map<string, Database.Statement>();
  #dataVersion: unknown;
  #lastWriter: object | undefined;

  constructor(readonly database: Database.Database) {}

  async execute<Row>({ sql, parameters }: CompiledQuery<Row>): Promise<readonly Row[]> {
    return this.run(sql, parameters) as readonly Row[];
  }

  async executeAll(queries: readonly CompiledQuery[]): Promise<void> {
    for (const { sql, parameters } of queries) this.run(sql, parameters);
  }

  /** The version changes when another connection has committed: https://sqlite.org/pragma.html#pragma_data_version */
  isUndisturbed(writer: object): boolean {
    const [row] = this.run('pragma data_version') as { data_version: number }[];
    const isSame = row!.data_version === this.#dataVersion && writer === this.#lastWriter;
    this.#dataVersion = row!.data_version;
    this.#lastWriter = writer;
    return isSame;
  }

  run(sql: string, parameters: readonly unknown[] = []): readonly unknown[] {
    const statement = this.#prepare(sql);
    if (statement.reader) return statement.all(...parameters);
    statement.run(...parameters);
    return [];
  }

  #prepare(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    const statement = known ?? this.database.prepare(sql);
    // Maps keep the order of insertion: the first key is the one unused for longest.
    if (known !== undefined) this.#statements.delete(sql);
    else if (this.#statements.size >= mostStatements) this.#statements.delete(this.#statements.keys().next().value!);
    this.#statements.set(sql, statement);
    return statement;
  }
}
