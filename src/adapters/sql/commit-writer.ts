import { ConflictError } from '../../errors.js';
import type { CheckedChange } from '../../storage/checked-change.js';
import { inBatches } from './batches.js';
import type { FieldNumbers } from './field-numbers.js';
import { NumberSource } from './number-source.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';
import { readStreamLength, toChunks } from './stream-chunks.js';
import { type Entry, toColumns } from './tables.js';

type Put = Extract<CheckedChange, { kind: 'put' }>;
type Append = Extract<CheckedChange, { kind: 'append' }>;
type RecordChange = Exclude<CheckedChange, Append>;

/** Makes the writes of a commit that was found to apply. */
type Step = () => Promise<number>;

/** Writes commits, one after the other, within one write transaction. */
export class CommitWriter {
  private constructor(
    private readonly connection: SqlConnection,
    private readonly dialect: SqlDialect,
    private readonly fields: FieldNumbers,
    private readonly numbers: NumberSource,
  ) {}

  static async begin(connection: SqlConnection, dialect: SqlDialect, fields: FieldNumbers): Promise<CommitWriter> {
    return new CommitWriter(connection, dialect, fields, await NumberSource.load(connection, dialect));
  }

  /**
   * @returns what `Storage.commit` returns
   * @throws ConflictError before anything of this commit is written
   */
  async write(changes: readonly CheckedChange[]): Promise<readonly number[]> {
    const steps: Step[] = [];
    for (const change of changes) {
      steps.push(change.kind === 'append' ? await this.#planAppend(change) : await this.#planRecordChange(change));
    }
    const results: number[] = [];
    for (const step of steps) results.push(await step());
    return results;
  }

  /** Call before the transaction is committed. */
  end(): Promise<void> {
    return this.numbers.save();
  }

  async #planAppend(change: Append): Promise<Step> {
    const { stream, expect: expected } = change;
    const actual = await readStreamLength(this.connection, this.dialect, stream);
    if (expected !== undefined && actual !== expected) {
      throw new ConflictError({ kind: 'stream', stream, expected, actual });
    }
    return () => this.#append(change, actual);
  }

  async #planRecordChange(change: RecordChange): Promise<Step> {
    const { collection, id, expect: expected } = change;
    const query = this.dialect.builder
      .selectFrom('records')
      .select(['rid', 'version'])
      .where('collection', '=', collection)
      .where('id', '=', id);
    const [found] = await this.connection.execute(query.compile());
    const actual = found?.version ?? 'absent';
    if (expected !== 'any' && actual !== expected) {
      throw new ConflictError({ kind: 'record', collection, id, expected, actual });
    }
    if (change.kind === 'put') return () => (found ? this.#update(change, found.rid) : this.#insert(change));
    if (change.kind === 'delete' && found !== undefined) return () => this.#delete(found.rid);
    return async () => 0;
  }

  async #append({ stream, texts }: Append, length: number): Promise<number> {
    let first = length;
    for (const { count, data } of toChunks(texts)) {
      const query = this.dialect.builder.insertInto('chunks').values({ stream, first, count, data });
      await this.connection.execute(query.compile());
      first += count;
    }
    return first;
  }

  async #insert(change: Put): Promise<number> {
    const { collection, id, text: value } = change;
    const version = this.numbers.next();
    const row = { rid: version, collection, id, version, value };
    await this.connection.execute(this.dialect.builder.insertInto('records').values(row).compile());
    await this.#insertEntries(await this.#entriesOf(change, row.rid));
    return version;
  }

  async #update(change: Put, rid: number): Promise<number> {
    const { builder } = this.dialect;
    const version = this.numbers.next();
    const query = builder.updateTable('records').set({ version, value: change.text }).where('rid', '=', rid);
    await this.connection.execute(query.compile());

    const wanted = await this.#entriesOf(change, rid);
    const stored = await this.connection.execute(
      builder.selectFrom('entries').selectAll().where('rid', '=', rid).compile(),
    );
    const outdated = new Map(stored.map((entry) => [entry.fid, entry]));
    const changed: Entry[] = [];
    for (const entry of wanted) {
      if (isSameEntry(entry, outdated.get(entry.fid))) outdated.delete(entry.fid);
      else changed.push(entry);
    }
    for (const batch of inBatches([...outdated.keys()])) {
      await this.connection.execute(
        builder.deleteFrom('entries').where('rid', '=', rid).where('fid', 'in', batch).compile(),
      );
    }
    await this.#insertEntries(changed);
    return version;
  }

  async #delete(rid: number): Promise<number> {
    const { builder } = this.dialect;
    await this.connection.execute(builder.deleteFrom('entries').where('rid', '=', rid).compile());
    await this.connection.execute(builder.deleteFrom('records').where('rid', '=', rid).compile());
    return 0;
  }

  async #entriesOf({ collection, index }: Put, rid: number): Promise<readonly Entry[]> {
    if (index.size === 0) return [];
    const fids = await this.fields.resolve(this.connection, this.numbers, collection, [...index.keys()]);
    return [...index.values()].map((value, i) => ({ rid, fid: fids[i]!, ...toColumns(value) }));
  }

  async #insertEntries(entries: readonly Entry[]): Promise<void> {
    for (const batch of inBatches(entries)) {
      await this.connection.execute(this.dialect.builder.insertInto('entries').values(batch).compile());
    }
  }
}

const isSameEntry = (a: Entry, b: Entry | undefined): boolean =>
  b !== undefined && a.kind === b.kind && a.num === b.num && a.text === b.text;
