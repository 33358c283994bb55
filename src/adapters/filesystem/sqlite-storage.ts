import type { Database, Statement } from 'better-sqlite3';
import {
  type CompiledQuery,
  Kysely,
  DummyDriver,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';
import { ConflictError, MLOpsError } from '../../errors.js';
import { classOf, flattenIndex } from '../../storage/index-order.js';
import type {
  Change,
  Durability,
  Page,
  Query,
  Storage,
  StoredRecord,
  StreamEntry,
  StreamPage,
  StreamRange,
} from '../../storage/storage.js';
import {
  type CheckedAppend,
  type CheckedChange,
  type CheckedPut,
  checkChanges,
  checkQuery,
  checkRange,
  checkStorageName,
  decodeCursor,
  encodeCursor,
} from '../../storage/validate.js';
import type { JsonValue } from '../../util/json.js';
import { sleep } from '../../util/sleep.js';
import { compileOrder, compileWhere, keyOf } from '../sql/compile-query.js';
import { isBusy, isIoFailure, storageError } from './storage-error.js';

/** Another writer is waited for this often, a few milliseconds each time, before giving up. */
const maxBusyWaits = 5000;
const longestWaitMs = 20;

interface PendingCommit {
  readonly changes: readonly CheckedChange[];
  readonly durability: Durability;
  readonly resolve: (results: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Records and streams in one SQLite database. Commits that are awaited together share a transaction. */
export class SqliteStorage implements Storage {
  readonly capabilities = { name: 'filesystem', persistent: true, multiProcess: true };
  readonly #statements = new Map<string, Statement>();
  readonly #compiler = createCompiler();
  #queue: PendingCommit[] = [];
  #writing: Promise<void> | undefined;
  #isClosed = false;
  /** Set when the medium failed: nothing more is written through this handle. */
  #failure: MLOpsError | undefined;

  constructor(
    private readonly database: Database,
    private readonly path: string,
    private readonly durability: Durability,
  ) {}

  async get(collection: string, id: string): Promise<StoredRecord | undefined> {
    this.#assertOpen();
    checkStorageName(collection, 'collection');
    checkStorageName(id, 'id');
    return this.#guarded(() => {
      const row = this.#statement('select id, version, value from records where collection = ? and id = ?').get(
        collection,
        id,
      );
      return row === undefined ? undefined : viewRecord(row as RecordRow);
    });
  }

  async query(collection: string, query: Query = {}): Promise<Page> {
    this.#assertOpen();
    checkStorageName(collection, 'collection');
    const limit = checkQuery(query);
    const { where, orderBy = [], cursor } = query;
    const after = cursor === undefined ? undefined : decodeCursor(cursor, orderBy.length);
    const order = compileOrder(orderBy, after);
    const compiled = this.#compile(sql`
      select r.id, r.version, r.value ${order.columns} from records r ${order.joins}
      where r.collection = ${collection} and ${where === undefined ? sql`1 = 1` : compileWhere(where)} and ${order.after}
      order by ${order.orderBy} limit ${limit + 1}`);
    return this.#guarded(() => {
      const rows = this.#statement(compiled.sql).all(...compiled.parameters) as (RecordRow & Record<string, unknown>)[];
      const page = rows.slice(0, limit);
      const records = page.map(viewRecord);
      if (rows.length <= limit) return { records };
      const last = page[page.length - 1]!;
      return { records, cursor: encodeCursor({ keys: orderBy.map((_, i) => keyOf(last, i)), id: last.id }) };
    });
  }

  async read(stream: string, range: StreamRange = {}): Promise<StreamPage> {
    this.#assertOpen();
    checkStorageName(stream, 'stream');
    const { from, to, limit } = checkRange(range);
    return this.#guarded(() => {
      const length = this.#streamLength(stream);
      const end = Math.min(to, length, from + limit);
      const entries: StreamEntry[] = [];
      if (from >= end) return { entries, length };
      const chunks = this.#statement(
        `select first, entries from stream_chunks where stream = @stream and first < @end
         and first >= (select max(first) from stream_chunks where stream = @stream and first <= @from) order by first`,
      ).iterate({ stream, from, end }) as IterableIterator<{ first: number; entries: string }>;
      for (const chunk of chunks) {
        const values = JSON.parse(chunk.entries) as JsonValue[];
        const [begin, stop] = [Math.max(from - chunk.first, 0), Math.min(values.length, end - chunk.first)];
        for (let i = begin; i < stop; i++) entries.push({ seq: chunk.first + i, value: values[i]! });
      }
      return { entries, length };
    });
  }

  async commit(
    changes: readonly Change[],
    options: { readonly durability?: Durability } = {},
  ): Promise<readonly number[]> {
    this.#assertOpen();
    const checked = checkChanges(changes);
    return new Promise((resolve, reject) => {
      this.#queue.push({ changes: checked, durability: options.durability ?? this.durability, resolve, reject });
      this.#writing ??= this.#writeQueue();
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writing;
    this.database.close();
  }

  /** Writes what is queued, group after group, until nothing is left. */
  async #writeQueue(): Promise<void> {
    await Promise.resolve(); // commits made in the same turn of the event loop join the first group
    while (this.#queue.length > 0) {
      const group = this.#queue;
      this.#queue = [];
      await this.#writeGroup(group);
    }
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly PendingCommit[]): Promise<void> {
    for (let waits = 0; ; waits++) {
      try {
        if (this.#failure !== undefined) throw this.#failure;
        const settle = this.#transact(group);
        for (const done of settle) done();
        return;
      } catch (error) {
        if (isBusy(error) && waits < maxBusyWaits) {
          await sleep(Math.min(waits, longestWaitMs) * Math.random());
          continue;
        }
        const failure = storageError(error, this.path);
        if (isIoFailure(error)) this.#failure = failure;
        for (const { reject } of group) reject(failure);
        return;
      }
    }
  }

  /** One transaction for the group; a commit whose precondition fails is left out of it. Returns how to tell each. */
  #transact(group: readonly PendingCommit[]): (() => void)[] {
    const isPower = group.some(({ durability }) => durability === 'power');
    this.database.pragma(`synchronous = ${isPower ? 'full' : 'normal'}`);
    this.#statement('begin immediate').run();
    try {
      const settle = group.map((commit) => this.#apply(commit));
      this.#statement('commit').run();
      return settle;
    } catch (error) {
      if (this.database.inTransaction) this.#statement('rollback').run();
      throw error;
    }
  }

  #apply({ changes, resolve, reject }: PendingCommit): () => void {
    const conflict = this.#conflictOf(changes);
    if (conflict !== undefined) return () => reject(conflict);
    const version = changes.some(({ kind }) => kind === 'put') ? this.#nextVersion() : 0;
    const results = changes.map((change) => this.#write(change, version));
    return () => resolve(results);
  }

  /** Every precondition is judged before anything of the commit is written. */
  #conflictOf(changes: readonly CheckedChange[]): ConflictError | undefined {
    for (const change of changes) {
      if (change.kind === 'append') {
        const { stream, expect: expected } = change;
        if (expected === undefined) continue;
        const actual = this.#streamLength(stream);
        if (expected !== actual) return new ConflictError({ kind: 'stream', stream, expected, actual });
      } else if (change.expect !== 'any') {
        const { collection, id, expect: expected } = change;
        const found = this.#statement('select version from records where collection = ? and id = ?').get(
          collection,
          id,
        );
        const actual = (found as { version: number } | undefined)?.version ?? 'absent';
        if (expected !== actual) return new ConflictError({ kind: 'record', collection, id, expected, actual });
      }
    }
    return undefined;
  }

  #write(change: CheckedChange, version: number): number {
    switch (change.kind) {
      case 'put':
        return this.#put(change, version);
      case 'delete':
        this.#statement('delete from records where collection = ? and id = ?').run(change.collection, change.id);
        this.#statement('delete from record_index where collection = ? and id = ?').run(change.collection, change.id);
        return 0;
      case 'append':
        return this.#append(change);
      case 'check':
        return 0;
    }
  }

  #put({ collection, id, index, json }: CheckedPut, version: number): number {
    this.#statement(
      `insert into records (collection, id, version, value) values (?, ?, ?, ?)
       on conflict (collection, id) do update set version = excluded.version, value = excluded.value`,
    ).run(collection, id, version, json);
    const fresh = flattenIndex(index);
    const stale = this.#statement(
      'select field, kind, num, text from record_index where collection = ? and id = ?',
    ).all(collection, id);
    const known = new Map((stale as IndexRow[]).map((row) => [row.field, row]));
    for (const [field, value] of fresh) {
      const row = {
        field,
        kind: classOf(value),
        num: typeof value === 'string' ? 0 : Number(value) || 0,
        text: typeof value === 'string' ? value : '',
      };
      const before = known.get(field);
      known.delete(field);
      if (before?.kind === row.kind && before.num === row.num && before.text === row.text) continue;
      this.#statement(
        `insert into record_index (collection, id, field, kind, num, text) values (?, ?, ?, ?, ?, ?)
         on conflict (collection, id, field) do update set kind = excluded.kind, num = excluded.num, text = excluded.text`,
      ).run(collection, id, row.field, row.kind, row.num, row.text);
    }
    for (const field of known.keys()) {
      this.#statement('delete from record_index where collection = ? and id = ? and field = ?').run(
        collection,
        id,
        field,
      );
    }
    return version;
  }

  #append({ stream, values, json }: CheckedAppend): number {
    const first = this.#streamLength(stream);
    if (values.length === 0) return first;
    this.#statement('insert into stream_chunks (stream, first, count, entries) values (?, ?, ?, ?)').run(
      stream,
      first,
      values.length,
      json,
    );
    return first + values.length;
  }

  #streamLength(stream: string): number {
    const last = this.#statement(
      'select first + count as length from stream_chunks where stream = ? order by first desc limit 1',
    ).get(stream);
    return (last as { length: number } | undefined)?.length ?? 0;
  }

  #nextVersion(): number {
    const row = this.#statement('update last_version set value = value + 1 returning value').get();
    return (row as { value: number }).value;
  }

  #statement(text: string): Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.database.prepare(text);
      // Queries are as varied as their conditions: the cache stays bounded.
      if (this.#statements.size >= 500) this.#statements.clear();
      this.#statements.set(text, statement);
    }
    return statement;
  }

  #compile(fragment: ReturnType<typeof sql>): CompiledQuery {
    return fragment.compile(this.#compiler);
  }

  async #guarded<T>(read: () => T): Promise<T> {
    for (let waits = 0; ; waits++) {
      try {
        return read();
      } catch (error) {
        if (!isBusy(error) || waits === maxBusyWaits) throw storageError(error, this.path);
        await sleep(Math.min(waits, longestWaitMs) * Math.random());
      }
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new MLOpsError('CLOSED', 'this storage was closed; open another');
  }
}

interface RecordRow {
  readonly id: string;
  readonly version: number;
  readonly value: string;
}

interface IndexRow {
  readonly field: string;
  readonly kind: number;
  readonly num: number;
  readonly text: string;
}

const viewRecord = ({ id, version, value }: RecordRow): StoredRecord => ({
  id,
  version,
  value: JSON.parse(value) as JsonValue,
});

/** Compiles queries to SQLite's dialect and never runs one. */
function createCompiler(): Kysely<unknown> {
  return new Kysely({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}
