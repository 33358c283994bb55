import type { NumberSource } from './number-source.js';
import { inBatches } from './batches.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';

/** Forget everything rather than remember more fields than this. */
const mostRemembered = 20_000;

interface Indexed {
  readonly collection: string;
  readonly index: ReadonlyMap<string, unknown>;
}

/** The numbers of index fields. They never change, so those once read are remembered. */
export class FieldNumbers {
  readonly #known = new Map<string, Map<string, number>>();
  #size = 0;

  constructor(private readonly dialect: SqlDialect) {}

  /** The numbers of the fields of an index, in its order, if all of them are remembered. */
  recall({ collection, index }: Indexed): readonly number[] | undefined {
    const known = this.#known.get(collection);
    const fids: number[] = [];
    for (const name of index.keys()) {
      const fid = known?.get(name);
      if (fid === undefined) return undefined;
      fids.push(fid);
    }
    return fids;
  }

  /** The same, with numbers read, or given out to fields that have none. */
  async resolve(
    connection: SqlConnection,
    numbers: NumberSource,
    { collection, index }: Indexed,
  ): Promise<readonly number[]> {
    if (this.#size > mostRemembered) this.forget();
    let known = this.#known.get(collection);
    if (known === undefined) this.#known.set(collection, (known = new Map<string, number>()));
    const names = [...index.keys()];
    const unknown = names.filter((name) => !known.has(name));
    for (const batch of inBatches(unknown)) await this.#learn(connection, numbers, collection, batch, known);
    this.#size += unknown.length;
    return names.map((name) => known.get(name)!);
  }

  /** For when a transaction was rolled back, and with it numbers just given out. */
  forget(): void {
    this.#known.clear();
    this.#size = 0;
  }

  async #learn(
    connection: SqlConnection,
    numbers: NumberSource,
    collection: string,
    names: readonly string[],
    known: Map<string, number>,
  ): Promise<void> {
    const { builder } = this.dialect;
    const query = builder
      .selectFrom('fields')
      .select(['fid', 'name'])
      .where('collection', '=', collection)
      .where('name', 'in', names);
    for (const { fid, name } of await connection.execute(query.compile())) {
      known.set(name, fid);
    }
    const created = names.filter((name) => !known.has(name)).map((name) => ({ fid: numbers.next(), collection, name }));
    if (created.length === 0) return;
    await connection.execute(builder.insertInto('fields').values(created).compile());
    for (const { fid, name } of created) known.set(name, fid);
  }
}
