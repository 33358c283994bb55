import { statSync } from 'node:fs';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { MLOpsError } from '../../errors.js';
import type { Publish } from '../../storage/change-feed.js';
import { poll } from '../../storage/poll.js';
import type { Durability } from '../../storage/storage.js';
import { Mutex } from '../../util/mutex.js';
import type { SqlConnection, SqlDatabase } from '../sql/sql-database.js';
import { SqliteConnection } from './sqlite-connection.js';
import { createSqliteDialect } from './sqlite-dialect.js';
import { toStorageError } from './storage-errors.js';
import { isError } from '../../util/is-error.js';

/** How long to wait for another process to release the database, in milliseconds. */
const patienceMs = 60_000;

/**
 * How long calls that are awaited one after the other may go on before the event loop gets its turn, in milliseconds. SQLite
 * answers at once: without that, a loop of awaited calls would hold up timers, sockets and signals until it ends.
 */
const longestHoldMs = 10;

/** How often to look whether another connection committed, in milliseconds; one look takes microseconds. */
const watchIntervalMs = 100;

/** How often a commit looks whether the file is still in its place, in milliseconds. */
const placeIntervalMs = 100;

const fileAt = (path: string): string | undefined => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && `${found.dev}/${found.ino}`;
};

/** A SQLite database behind one connection, whose transactions take turns. */
export class SqliteDatabase implements SqlDatabase {
  readonly dialect = createSqliteDialect();
  readonly #connection: SqliteConnection;
  readonly #turns = new Mutex();
  #synchronous: Durability | undefined;
  #isBroken = false;
  #lastTurn = 0;
  #lastLook = 0;
  readonly #file: string | undefined;

  constructor(
    database: Database.Database,
    private readonly path: string,
    readonly isReadOnly: boolean,
  ) {
    this.#connection = new SqliteConnection(database);
    this.#file = fileAt(path);
  }

  read<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#transaction('begin', work);
  }

  write<T>(durability: Durability, work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#transaction('begin immediate', work, () => {
      this.#assertWritable();
      this.#synchronize(durability);
    });
  }

  /** SQLite tells that another connection committed, but not what: https://sqlite.org/pragma.html#pragma_data_version */
  async watch(publish: Publish, signal: AbortSignal): Promise<void> {
    let seen = await this.#dataVersion();
    const look = async (): Promise<void> => {
      const version = await this.#dataVersion().catch(() => undefined); // whoever reads will meet the error
      if (version === seen && version !== undefined) return;
      seen = version;
      publish('any');
    };
    poll(look, watchIntervalMs, signal);
  }

  /** Runs a statement outside of any transaction, as PRAGMA journal_mode has to be. */
  statement(sql: string): Promise<readonly unknown[]> {
    return this.#patiently(() => this.#turns.run(async () => this.#connection.run(sql)));
  }

  close(): Promise<void> {
    return this.#patiently(() => this.#turns.run(async () => void this.#connection.database.close()));
  }

  async #dataVersion(): Promise<unknown> {
    const [row] = (await this.statement('pragma data_version')) as { data_version: number }[];
    return row?.data_version;
  }

  #transaction<T>(
    begin: string,
    work: (connection: SqlConnection) => Promise<T>,
    prepare: () => void = () => undefined,
  ): Promise<T> {
    const attempt = async (): Promise<T> => {
      if (performance.now() - this.#lastTurn > longestHoldMs) {
        await turn();
        this.#lastTurn = performance.now();
      }
      prepare();
      this.#connection.run(begin);
      try {
        const result = await work(this.#connection);
        this.#connection.run('commit');
        return result;
      } catch (error) {
        this.#isBroken ||= isDeviceFailure(error);
        if (this.#connection.database.inTransaction) this.#connection.run('rollback');
        throw error;
      }
    };
    return this.#patiently(() => this.#turns.run(attempt));
  }

  /** A turn ends between attempts, so that this process is not held up by the one that holds the lock. */
  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const start = performance.now();
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 16)) {
      try {
        return await attempt();
      } catch (error) {
        if (!isBusy(error) || performance.now() - start > patienceMs) throw toStorageError(error, this.path);
      }
      await delay(pauseMs);
    }
  }

  #assertWritable(): void {
    if (this.isReadOnly) {
      throw new MLOpsError(
        'STORAGE_READ_ONLY',
        `${this.path}: opened for reading only, as its directory or file is not writable; make it writable, then open it again`,
      );
    }
    if (this.#isBroken) {
      throw new MLOpsError(
        'STORAGE_UNAVAILABLE',
        `${this.path}: an earlier write failed in the device; check the disk, close this storage and open it again`,
      );
    }
    this.#assertInPlace();
  }

  /** SQLite goes on writing into a file that has no name any more, or another one, as after a restore. */
  #assertInPlace(): void {
    const now = performance.now();
    if (now - this.#lastLook < placeIntervalMs) return;
    if (fileAt(this.path) !== this.#file) {
      throw new MLOpsError(
        'STORAGE_UNAVAILABLE',
        `${this.path}: the database was moved, deleted or replaced while it was open; close this storage and open it again`,
      );
    }
    this.#lastLook = now;
  }

  /** In WAL mode, FULL flushes the log at every commit; NORMAL leaves that to the operating system. */
  #synchronize(durability: Durability): void {
    if (this.#synchronous === durability) return;
    this.#connection.run(`pragma synchronous = ${durability === 'power' ? 'full' : 'normal'}`);
    this.#synchronous = durability;
  }
}

const codeOf = (error: unknown): string => (isError(error) && 'code' in error ? String(error.code) : '');

const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(codeOf(error));

/**
 * After a failed flush the kernel may have dropped what it was to write, and a retry would report success; see Rebello
 * et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
 */
const isDeviceFailure = (error: unknown): boolean =>
  codeOf(error).startsWith('SQLITE_IOERR') && codeOf(error) !== 'SQLITE_IOERR_SHMSIZE';
