import type { CompiledQuery } from 'kysely';
import { ConflictError } from '../../errors.js';
import { type CheckedChange, isAuditStream } from '../../storage/checked-change.js';
import type { IndexScalar } from '../../storage/storage.js';
import type { RecordKey, StreamEnd } from './last-state.js';
import type { SqlConnection } from './sql-database.js';
import { isExtensible, readStreamEnd, toChunks } from './stream-chunks.js';
import { auditSpan, fromColumns, toColumns } from './tables.js';
import type { EntriesByField } from './written-entries.js';
import type { WriterMemory } from './writer-memory.js';

type Put = Extract<CheckedChange, { kind: 'put' }>;
type Append = Extract<CheckedChange, { kind: 'append' }>;
type StreamChange = Extract<CheckedChange, { stream: string }>;
type RecordChange = Exclude<CheckedChange, StreamChange>;

/** A change, and what is stored of what it names. */
type Found = FoundStream | { readonly change: RecordChange; readonly key: RecordKey | undefined };
interface FoundStream {
  readonly change: StreamChange;
  readonly end: StreamEnd;
}

/**
 * Writes commits, one after the other, within one write transaction. Only what nobody remembers is read, and awaited; the
 * statements of a commit are gathered and run together.
 */
export class CommitWriter {
  #queries: CompiledQuery[] = [];
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
    const found: Found[] = [];
    for (const change of changes) {
      const next = this.#recall(change) ?? (await this.#find(change));
      checkExpected(next);
      found.push(next);
    }
    const { entries, fields, numbers } = this.memory;
    const results: number[] = [];
    for (const next of found) {
      if ('end' in next) {
        const { change, end } = next;
        if (change.kind === 'drop') results.push(this.#drop(next));
        else if (!isAuditStream(change.stream)) results.push(this.#append(change, end));
        else {
          const number = end.number ?? (await this.#numberAuditStream(change.stream));
          results.push(this.#appendAudit(change, end.length, number));
        }
      } else if (next.change.kind === 'put') {
        const { change, key } = next;
        const fids = fields.recall(change) ?? (await fields.resolve(this.connection, numbers, change));
        const stored = key && (entries.get(key.rid, key.version) ?? (await this.#readEntries(key)));
        results.push(this.#put(change, key, fids, stored));
      } else {
        if (next.change.kind === 'delete' && next.key !== undefined) this.#delete(next.change, next.key);
        results.push(0);
      }
    }
    await this.#flush();
    return results;
  }

  /** Call before the transaction is committed. */
  end(): Promise<void> {
    return this.memory.numbers.save(this.connection);
  }

  #recall(change: CheckedChange): Found | undefined {
    const { last } = this.memory;
    if ('stream' in change) {
      const end = last.end(change.stream);
      return end && { change, end };
    }
    const key = last.record(change.collection, change.id);
    return key && { change, key };
  }

  async #find(change: CheckedChange): Promise<Found> {
    const { connection } = this;
    const { statements } = this.memory;
    if ('stream' in change) {
      return { change, end: await readStreamEnd(connection, statements, change.stream) };
    }
    return { change, key: (await connection.execute(statements.findRecord(change.collection, change.id)))[0] };
  }

  async #readEntries({ rid }: RecordKey): Promise<EntriesByField> {
    const entries = await this.connection.execute(this.memory.statements.readEntries(rid));
    return new Map(entries.map((entry) => [entry.fid, fromColumns(entry)]));
  }

  #append({ stream, texts }: Append, { length, chunk: last }: StreamEnd): number {
    const { last: memory, statements } = this.memory;
    const added = toChunks(texts);
    if (added.length === 1 && last !== undefined && isExtensible(last, added[0]!)) {
      const { count, data } = added[0]!;
      this.#queries.push(statements.extendChunk(count, `,${data.slice(1)}`, stream, last.first));
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

  #appendAudit({ stream, texts }: Append, length: number, number: number): number {
    for (const { count, data } of toChunks(texts)) {
      this.#queries.push(this.memory.statements.insertAuditChunk(number * auditSpan + length, count, data));
      length += count;
    }
    this.memory.last.setEnd(stream, { length, number });
    return length;
  }

  async #numberAuditStream(stream: string): Promise<number> {
    const { statements } = this.memory;
    await this.connection.execute(statements.numberAuditStream(stream));
    return (await readStreamEnd(this.connection, statements, stream)).number!;
  }

  #drop({ change: { stream }, end: { number } }: FoundStream): number {
    const { last, statements } = this.memory;
    if (!isAuditStream(stream)) {
      this.#queries.push(statements.dropStream(stream));
    } else if (number !== undefined) {
      const chunks = statements.dropAuditChunks(number * auditSpan, (number + 1) * auditSpan);
      this.#queries.push(chunks, statements.dropAuditStream(stream));
    }
    last.setEnd(stream, { length: 0 });
    return 0;
  }

  #put(change: Put, key: RecordKey | undefined, fids: readonly number[], stored: EntriesByField = noEntries): number {
    const { statements, entries, numbers, last } = this.memory;
    const { collection, id, text } = change;
    const version = numbers.next();
    const rid = key?.rid ?? version;
    this.#queries.push(
      key === undefined
        ? statements.insertRecord(rid, collection, id, version, text)
        : statements.updateRecord(version, text, rid),
    );
    const wanted = new Map<number, IndexScalar>();
    let i = 0;
    for (const value of change.index.values()) wanted.set(fids[i++]!, value);
    for (const fid of stored.keys()) if (!wanted.has(fid)) this.#queries.push(statements.deleteEntry(rid, fid));
    for (const [fid, value] of wanted) {
      if (!Object.is(value, stored.get(fid))) this.#addEntry(rid, fid, value);
    }
    if (key !== undefined) entries.set(rid, version, wanted);
    last.setRecord(collection, id, { rid, version });
    return version;
  }

  #delete({ collection, id }: RecordChange, { rid }: RecordKey): void {
    this.memory.last.dropRecord(collection, id);
    this.#queries.push(this.memory.statements.deleteEntries(rid), this.memory.statements.deleteRecord(rid));
  }

  #addEntry(rid: number, fid: number, value: IndexScalar): void {
    const { kind, num, text } = toColumns(value);
    this.#entries.push([rid, fid, kind, num, text]);
  }

  /** Entries and chunks are written many rows a statement. */
  async #flush(): Promise<void> {
    const { statements } = this.memory;
    const queries = this.#queries;
    queries.push(...statements.putEntries(this.#entries), ...statements.insertChunks(this.#chunks));
    this.#queries = [];
    this.#entries = [];
    this.#chunks = [];
    await this.connection.executeAll(queries);
  }
}

const noEntries: EntriesByField = new Map();

/** Holds a change to what it expects. */
function checkExpected(found: Found): void {
  const { expect: expected } = found.change;
  if ('end' in found) {
    const { length: actual } = found.end;
    if (expected === undefined || actual === expected) return;
    throw new ConflictError({ kind: 'stream', stream: found.change.stream, expected: expected as number, actual });
  }
  const actual = found.key?.version ?? 'absent';
  if (expected === 'any' || actual === expected) return;
  const { collection, id } = found.change;
  throw new ConflictError({ kind: 'record', collection, id, expected: expected as number | 'absent', actual });
}
