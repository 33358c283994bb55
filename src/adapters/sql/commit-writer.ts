import { ConflictError } from '../../errors.js';
import type { CheckedChange } from '../../storage/checked-change.js';
import type { IndexScalar } from '../../storage/storage.js';
import type { RecordKey, StreamEnd } from './last-state.js';
import type { SqlConnection } from './sql-database.js';
import { isExtensible, readStreamLength, toChunks } from './stream-chunks.js';
import { fromColumns, toColumns } from './tables.js';
import type { EntriesByField } from './written-entries.js';
import type { WriterMemory } from './writer-memory.js';

type Put = Extract<CheckedChange, { kind: 'put' }>;
type Append = Extract<CheckedChange, { kind: 'append' }>;
type StreamChange = Extract<CheckedChange, { stream: string }>;
type RecordChange = Exclude<CheckedChange, StreamChange>;

/** Makes the writes of a change that was found to apply. */
type Step = () => number | Promise<number>;

/** Writes commits, one after the other, within one write transaction. */
export class CommitWriter {
  #entries: unknown[][] = [];
  #chunks: unknown[][] = [];

  private constructor(
    private readonly connection: SqlConnection,
    private readonly memory: WriterMemory,
  ) {}

  static async begin(connection: SqlConnection, memory: WriterMemory): Promise<CommitWriter> {
    await memory.begin(connection);
    return new CommitWriter(connection, memory);
  }

  /**
   * @returns what `Storage.commit` returns
   * @throws ConflictError before anything of this commit is written
   */
  async write(changes: readonly CheckedChange[]): Promise<readonly number[]> {
    const steps: Step[] = [];
    for (const change of changes) {
      steps.push('stream' in change ? await this.#planStreamChange(change) : await this.#planRecordChange(change));
    }
    const results: number[] = [];
    for (const step of steps) results.push(await step());
    await this.#flush();
    return results;
  }

  /** Call before the transaction is committed. */
  end(): Promise<void> {
    return this.memory.numbers.save(this.connection);
  }

  async #planStreamChange(change: StreamChange): Promise<Step> {
    const { stream, expect: expected } = change;
    const end = await this.#endOf(stream);
    const actual = end.length;
    if (expected !== undefined && actual !== expected) {
      throw new ConflictError({ kind: 'stream', stream, expected, actual });
    }
    return () => (change.kind === 'append' ? this.#append(change, end) : this.#drop(change.stream));
  }

  async #planRecordChange(change: RecordChange): Promise<Step> {
    const { collection, id, expect: expected } = change;
    const found = await this.#find(collection, id);
    const actual = found?.version ?? 'absent';
    if (expected !== 'any' && actual !== expected) {
      throw new ConflictError({ kind: 'record', collection, id, expected, actual });
    }
    if (change.kind === 'put') return () => (found ? this.#update(change, found) : this.#insert(change));
    if (change.kind === 'delete' && found !== undefined) return () => this.#delete(change, found.rid);
    return () => 0;
  }

  async #drop(stream: string): Promise<number> {
    this.memory.last.setEnd(stream, { length: 0 });
    await this.connection.execute(this.memory.statements.dropStream(stream));
    return 0;
  }

  async #endOf(stream: string): Promise<StreamEnd> {
    const { last, statements } = this.memory;
    return last.end(stream) ?? { length: await readStreamLength(this.connection, statements, stream) };
  }

  async #find(collection: string, id: string): Promise<RecordKey | undefined> {
    const { last, statements } = this.memory;
    return last.record(collection, id) ?? (await this.connection.execute(statements.findRecord(collection, id)))[0];
  }

  async #append({ stream, texts }: Append, { length, chunk: last }: StreamEnd): Promise<number> {
    const { last: memory, statements } = this.memory;
    const added = [...toChunks(texts)];
    if (added.length === 1 && last !== undefined && isExtensible(last, added[0]!)) {
      const { count, data } = added[0]!;
      await this.connection.execute(statements.extendChunk(count, `,${data.slice(1)}`, stream, last.first));
      const characters = last.characters + data.length - 1; // a comma instead of two brackets
      const chunk = { first: last.first, count: last.count + count, characters };
      memory.setEnd(stream, { length: length + count, chunk });
      return length + count;
    }
    let end: StreamEnd = { length };
    for (const { count, data } of added) {
      const first = end.length;
      this.#chunks.push([stream, first, count, data]);
      end = { length: first + count, chunk: { first, count, characters: data.length } };
    }
    memory.setEnd(stream, end);
    return end.length;
  }

  async #insert(change: Put): Promise<number> {
    const { collection, id, text } = change;
    const version = this.memory.numbers.next();
    await this.connection.execute(this.memory.statements.insertRecord(version, collection, id, version, text));
    for (const [fid, value] of await this.#entriesOf(change)) this.#addEntry(version, fid, value);
    this.memory.last.setRecord(collection, id, { rid: version, version });
    return version;
  }

  async #update(change: Put, found: RecordKey): Promise<number> {
    const { statements, entries: known, numbers, last } = this.memory;
    const { rid } = found;
    const version = numbers.next();
    await this.connection.execute(statements.updateRecord(version, change.text, rid));

    const stored = known.get(rid, found.version) ?? (await this.#readEntries(rid));
    const wanted = await this.#entriesOf(change);
    for (const fid of stored.keys()) {
      if (!wanted.has(fid)) await this.connection.execute(statements.deleteEntry(rid, fid));
    }
    for (const [fid, value] of wanted) {
      if (!Object.is(value, stored.get(fid))) this.#addEntry(rid, fid, value);
    }
    known.set(rid, version, wanted);
    last.setRecord(change.collection, change.id, { rid, version });
    return version;
  }

  async #delete({ collection, id }: RecordChange, rid: number): Promise<number> {
    this.memory.last.dropRecord(collection, id);
    await this.connection.execute(this.memory.statements.deleteEntries(rid));
    await this.connection.execute(this.memory.statements.deleteRecord(rid));
    return 0;
  }

  async #readEntries(rid: number): Promise<EntriesByField> {
    const entries = await this.connection.execute(this.memory.statements.readEntries(rid));
    return new Map(entries.map((entry) => [entry.fid, fromColumns(entry)]));
  }

  async #entriesOf({ collection, index }: Put): Promise<EntriesByField> {
    if (index.size === 0) return noEntries;
    const { fields, numbers } = this.memory;
    const fids = await fields.resolve(this.connection, numbers, collection, [...index.keys()]);
    const entries = new Map<number, IndexScalar>();
    let i = 0;
    for (const value of index.values()) entries.set(fids[i++]!, value);
    return entries;
  }

  #addEntry(rid: number, fid: number, value: IndexScalar): void {
    const { kind, num, text } = toColumns(value);
    this.#entries.push([rid, fid, kind, num, text]);
  }

  /** Writes the entries and chunks of a commit together: many rows a statement. */
  async #flush(): Promise<void> {
    const { statements } = this.memory;
    for (const query of statements.putEntries(this.#entries)) await this.connection.execute(query);
    for (const query of statements.insertChunks(this.#chunks)) await this.connection.execute(query);
    this.#entries = [];
    this.#chunks = [];
  }
}

const noEntries: EntriesByField = new Map();
