import { ConflictError } from '../../errors.js';
import { ChangeFeed, changedCollections } from '../../storage/change-feed.js';
import { type CheckedChange, checkChanges, checkCommitOptions } from '../../storage/checked-change.js';
import { checkQuery, checkRange } from '../../storage/checked-query.js';
import { encodeCursor } from '../../storage/cursor.js';
import { decodeDumpCursor } from '../../storage/dump-cursor.js';
import { OperationGate } from '../../storage/operation-gate.js';
import { checkStorageName } from '../../storage/storage-name.js';
import type {
  Change,
  DumpPage,
  Durability,
  Page,
  Query,
  Storage,
  StorageCapabilities,
  StoredRecord,
  StreamPage,
  StreamRange,
  WatchListener,
  WatchOptions,
} from '../../storage/storage.js';
import { CommitWriter } from './commit-writer.js';
import { type CommitOutcome, GroupCommit } from './group-commit.js';
import { readDumpPage } from './dump-page.js';
import { readNamedDigests } from './named-digests.js';
import { readRecord, readRecords, readSortKeys } from './read-records.js';
import { selectPage } from './select-page.js';
import type { SqlConnection, SqlDatabase } from './sql-database.js';
import { readStream } from './stream-chunks.js';
import { WriterMemory } from './writer-memory.js';

export interface SqlStorageOptions {
  readonly capabilities: StorageCapabilities;
  /** Of commits that do not say. */
  readonly durability: Durability;
  /** A query that leaves more candidates than this walks an index in its order instead of sorting them. */
  readonly mostCandidates?: number;
}

/**
 * Candidates that it pays to sort: with 100,000 records, sorting this many takes about 15 ms, and a walk that has to
 * pass over all but a few records up to 80 ms.
 */
const defaultMostCandidates = 5_000;

/** Storage in a SQL database whose schema is current. */
export class SqlStorage implements Storage {
  readonly #gate = new OperationGate('this storage');
  readonly #memory: WriterMemory;
  readonly #feed = new ChangeFeed((publish, signal) => this.database.watch(publish, signal));
  readonly #group = new GroupCommit((commits, durability) => this.#write(commits, durability));

  readonly capabilities: StorageCapabilities;

  constructor(
    private readonly database: SqlDatabase,
    private readonly options: SqlStorageOptions,
  ) {
    this.capabilities = options.capabilities;
    this.#memory = new WriterMemory(database.dialect);
  }

  get(collection: string, id: string): Promise<StoredRecord | undefined> {
    return this.#gate.run(() => {
      checkStorageName(collection, 'collection');
      checkStorageName(id, 'id');
      return this.database.read((connection) => readRecord(connection, this.#memory.statements, collection, id));
    });
  }

  query(collection: string, query?: Query): Promise<Page> {
    return this.#gate.run(() => {
      checkStorageName(collection, 'collection');
      const checked = checkQuery(collection, query);
      const { dialect } = this.database;
      const { mostCandidates = defaultMostCandidates } = this.options;
      return this.database.read(async (connection) => {
        const found = await selectPage(connection, dialect, collection, checked, mostCandidates);
        const page = found.slice(0, checked.limit);
        const records = await readRecords(connection, dialect, collection, page);
        const last = found.length > checked.limit ? page.at(-1) : undefined;
        if (last === undefined) return { records };
        const keys = await readSortKeys(connection, dialect, last, checked.orderBy);
        return { records, cursor: encodeCursor({ keys, id: last.id }, collection, checked.where, checked.orderBy) };
      });
    });
  }

  read(stream: string, range?: StreamRange): Promise<StreamPage> {
    return this.#gate.run(() => {
      checkStorageName(stream, 'stream');
      const checked = checkRange(range);
      const { statements } = this.#memory;
      const { dialect } = this.database;
      return this.database.read((connection) => readStream(connection, dialect, statements, stream, checked));
    });
  }

  commit(changes: readonly Change[], options: { readonly durability?: Durability } = {}): Promise<readonly number[]> {
    return this.#gate.run(async () => {
      const durability = checkCommitOptions(options) ?? this.options.durability;
      const checked = checkChanges(changes);
      const results = await this.#group.add(checked, durability);
      this.#feed.publish(changedCollections(checked));
      return results;
    });
  }

  watch(collections: readonly string[], listener: WatchListener, options?: WatchOptions): Promise<void> {
    return this.#gate.run(() => this.#feed.watch(collections, listener, options));
  }

  dump(cursor?: string): Promise<DumpPage> {
    return this.#gate.run(() => {
      const after = decodeDumpCursor(cursor);
      return this.database.read((connection) => readDumpPage(connection, this.database.dialect, after));
    });
  }

  namedDigests(): Promise<ReadonlySet<string>> {
    return this.#gate.run(() =>
      this.database.read((connection) => readNamedDigests(connection, this.database.dialect)),
    );
  }

  close(): Promise<void> {
    return this.#gate.close(() => {
      this.#feed.close();
      return this.database.close();
    });
  }

  async #write(
    commits: readonly (readonly CheckedChange[])[],
    durability: Durability,
  ): Promise<readonly CommitOutcome[]> {
    let isRolledBack = false;
    try {
      return await this.database.write(durability, (connection) => {
        if (isRolledBack) this.#memory.forget();
        isRolledBack = true; // should the work ever run again
        return this.#writeEach(connection, commits);
      });
    } catch (error) {
      this.#memory.forget();
      throw error;
    }
  }

  async #writeEach(
    connection: SqlConnection,
    commits: readonly (readonly CheckedChange[])[],
  ): Promise<readonly CommitOutcome[]> {
    const writer = await CommitWriter.begin(connection, this.#memory);
    const outcomes: CommitOutcome[] = [];
    for (const changes of commits) {
      try {
        outcomes.push({ results: await writer.write(changes) });
        connection.announce?.(changedCollections(changes));
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        outcomes.push({ error });
      }
    }
    await writer.end();
    return outcomes;
  }
}
