import type { NumberSource } from './number-source.js';
import { inBatches } from './batches.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';

/** Forget everything rather than remember more fields than this. */
const mostRemembered = 20_000;

/** The numbers of index fields. They never change, so those once read are remembered. */
export class FieldNumbers {
  readonly #known = new Map<string, number>();

  constructor(private readonly dialect: SqlDialect) {}

  /** The numbers of fields, given out now if they have none, in the order of the names. */
  async resolve(
    connection: SqlConnection,
    numbers: NumberSource,
    collection: string,
    names: readonly string[],
  ): Promise<readonly number[]> {
    if (this.#known.size > mostRemembered) this.forget();
    const unknown = names.filter((name) => !this.#known.has(keyOf(collection, name)));
    for (const batch of inBatches(unknown)) await this.#learn(connection, numbers, collection, batch);
    return names.map((name) => this.#known.get(keyOf(collection, name))!);
  }

  /** For when a transaction was rolled back, and with it numbers just given out. */
  forget(): void {
    this.#known.clear();
  }

  async #learn(
    connection: SqlConnection,
    numbers: NumberSource,
    collection: string,
    names: readonly string[],
  ): Promise<void> {
    const { builder } = this.dialect;
    const query = builder
      .selectFrom('fields')
      .select(['fid', 'name'])
      .where('collection', '=', collection)
      .where('name', 'in', names);
    for (const { fid, name } of await connection.execute(query.compile())) {
      this.#known.set(keyOf(collection, name), fid);
    }
    const created = names
      .filter((name) => !this.#known.has(keyOf(collection, name)))
      .map((name) => ({ fid: numbers.next(), collection, name }));
    if (created.length === 0) return;
    await connection.execute(builder.insertInto('fields').values(created).compile());
    for (const { fid, name } of created) this.#known.set(keyOf(collection, name), fid);
  }
}

/** Names hold no control characters. */
const keyOf = (collection: string, name: string): string => `${collection}\n${name}`;
