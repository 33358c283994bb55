import type { CompiledQuery } from 'kysely';
import type { SqlConnection } from '../sql/sql-database.js';
import type { PostgresPoolClient, PostgresResult } from './postgres-client.js';

/** The type of bigint columns and of count(*), which drivers hand out as text; see pg_type. */
const int8 = 20;

/** Runs the statements of one transaction. */
export class PostgresConnection implements SqlConnection {
  readonly #announced = new Set<string>();
  #hasWritten = false;

  constructor(private readonly client: Pick<PostgresPoolClient, 'query'>) {}

  /** Collections to notify watchers about when the transaction is committed. */
  get announced(): ReadonlySet<string> {
    return this.#announced;
  }

  /** Whether a statement other than a select ran. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  async execute<Row>({ sql, parameters }: CompiledQuery<Row>): Promise<readonly Row[]> {
    this.#hasWritten ||= !sql.startsWith('select');
    const { rows, fields } = (await this.client.query({ text: sql, values: [...parameters] })) as PostgresResult;
    const integers = fields.filter(({ dataTypeID }) => dataTypeID === int8).map(({ name }) => name);
    for (const row of rows) for (const name of integers) row[name] = toNumber(row[name]);
    return rows as Row[];
  }

  async executeAll(queries: readonly CompiledQuery[]): Promise<void> {
    for (const query of queries) await this.execute(query);
  }

  announce(collections: Iterable<string>): void {
    for (const collection of collections) this.#announced.add(collection);
  }
}

const toNumber = (value: unknown): unknown => (value === null ? null : Number(value));
