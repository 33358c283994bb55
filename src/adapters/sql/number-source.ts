import type { SqlConnection, SqlDialect } from './sql-database.js';

/** The store-wide counter behind record versions and row numbers, held during one write transaction. */
export class NumberSource {
  #taken = 0;

  private constructor(
    private readonly connection: SqlConnection,
    private readonly dialect: SqlDialect,
    private readonly before: number,
  ) {}

  static async load(connection: SqlConnection, dialect: SqlDialect): Promise<NumberSource> {
    const query = dialect.builder.selectFrom('meta').select('value').where('key', '=', 'last_number');
    const [row] = await connection.execute(query.compile());
    return new NumberSource(connection, dialect, row?.value ?? 0);
  }

  /** A number that nothing in the store ever had. */
  next(): number {
    return this.before + ++this.#taken;
  }

  async save(): Promise<void> {
    if (this.#taken === 0) return;
    const value = this.before + this.#taken;
    const query = this.dialect.builder.updateTable('meta').set({ value }).where('key', '=', 'last_number');
    await this.connection.execute(query.compile());
  }
}
