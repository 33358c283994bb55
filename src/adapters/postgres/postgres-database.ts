import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Publish } from '../../storage/change-feed.js';
import type { Durability } from '../../storage/storage.js';
import { Mutex } from '../../util/mutex.js';
import type { SqlConnection, SqlDatabase } from '../sql/sql-database.js';
import { ChangeListener, encodeNotice } from './change-listener.js';
import { type PostgresPool, guard } from './postgres-client.js';
import { listStatements } from './list-statements.js';
import { PostgresConnection } from './postgres-connection.js';
import { createPostgresDialect } from './postgres-dialect.js';
import { isConnectionLoss, isReadOnlyServer, isTransient, toPostgresError } from './postgres-errors.js';
import { type ListStatements, WatchedClient } from './watched-client.js';

export interface PostgresDatabaseOptions {
  /** Where the tables are; a plain lowercase name. */
  readonly schema: string;
  /** How the database is called in messages. */
  readonly place: string;
  /** How long to go on trying while the server cannot be reached, and how long it may be silent, in milliseconds. */
  readonly patienceMs: number;
  /** Where to ask the server whether it still works: the same pool, or one that cannot be used up. */
  readonly probes: PostgresPool;
  /** Whether closing closes the pool. */
  readonly ownsPool: boolean;
}

/** Server settings of a write transaction. A vanished client must be given up before others lose their patience. */
const writeSettings = `set local lock_timeout = '60s'; set local idle_in_transaction_session_timeout = '30s'`;

/**
 * A PostgreSQL database.
 *
 * Write transactions of all processes and hosts take turns: each begins with an advisory lock and holds it to its end.
 * At isolation level "read committed" every statement after the lock sees all that was committed before, so nothing has
 * to be repeated because of others, and the order of commits is that of versions and of stream positions.
 *
 * A commit whose answer is lost with the connection is looked up after reconnecting: every transaction writes its
 * number into this handle's row of `writers`. The lookup happens under the same lock, which the lost transaction holds
 * until it is over, so it cannot come too early.
 */
export class PostgresDatabase implements SqlDatabase {
  readonly dialect = createPostgresDialect();
  readonly #turns = new Mutex();
  readonly #writer = randomUUID();
  #lastWrite = 0;
  #lastConnection = 0;
  #asking: ReturnType<ListStatements> | undefined;

  constructor(
    private readonly pool: PostgresPool,
    private readonly options: PostgresDatabaseOptions,
  ) {}

  read<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#patiently(
      async (client) => {
        await client.query({ text: `begin isolation level repeatable read read only; ${this.#searchPath}` });
        const result = await work(new PostgresConnection(client));
        await client.query({ text: 'commit' });
        return result;
      },
      () => 'reading',
    );
  }

  write<T>(durability: Durability, work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    return this.#turns.run(() => this.#write(++this.#lastWrite, durability, work));
  }

  watch(publish: Publish, signal: AbortSignal): Promise<void> {
    return new ChangeListener(this.pool, this.#channel, publish, signal).start().catch((error: unknown) => {
      throw toPostgresError(error, this.options.place, 'reading');
    });
  }

  async close(): Promise<void> {
    if (this.#lastWrite > 0) await this.#forgetWriter().catch(() => undefined); // the next to close does it, in a week
    if (!this.options.ownsPool) return;
    await this.options.probes.end();
    await this.pool.end();
  }

  async #write<T>(number: number, durability: Durability, work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    let inDoubt: { readonly result: T } | undefined;
    const attempt = async (client: WatchedClient): Promise<T> => {
      await client.query({ text: this.#begin(durability) });
      if (inDoubt !== undefined) {
        const { result } = inDoubt;
        const isWritten = await this.#isWritten(client, number);
        if (isWritten) await client.query({ text: 'rollback' });
        if (isWritten) return result;
        inDoubt = undefined;
      }
      const connection = new PostgresConnection(client);
      const result = await work(connection);
      if (!connection.hasWritten) {
        await client.query({ text: 'rollback' });
        return result;
      }
      inDoubt = { result };
      await this.#commit(client, number, connection.announced).catch((error: unknown) => {
        if (!isConnectionLoss(error)) inDoubt = undefined; // the server answered: no
        throw error;
      });
      return result;
    };
    return this.#patiently(attempt, () => (inDoubt === undefined ? 'writing' : 'confirming'));
  }

  /** Runs an attempt on a connection, and again after a pause for as long as that may help. */
  async #patiently<T>(
    attempt: (client: WatchedClient) => Promise<T>,
    doing: () => 'reading' | 'writing' | 'confirming',
  ): Promise<T> {
    let failedAt: number | undefined;
    for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      try {
        return await this.#onConnection(attempt);
      } catch (error) {
        const { place, patienceMs } = this.options;
        failedAt ??= performance.now();
        const isOver = performance.now() - failedAt >= patienceMs;
        if (!isTransient(error) || isOver) throw toPostgresError(error, place, doing());
      }
      await delay(pauseMs);
    }
  }

  async #onConnection<T>(attempt: (client: WatchedClient) => Promise<T>): Promise<T> {
    const connection = await this.pool.connect();
    guard(connection);
    const everyMs = Math.max(500, this.options.patienceMs / 2);
    const mark = `/* bondx-mlops ${this.#writer}/${++this.#lastConnection} */`;
    const client = new WatchedClient(connection, mark, () => this.#working(), everyMs);
    try {
      const result = await attempt(client);
      client.release(false);
      return result;
    } catch (error) {
      const isUsable =
        !isConnectionLoss(error) &&
        !isReadOnlyServer(error) &&
        (await client.query({ text: 'rollback' }).then(
          () => true,
          () => false,
        ));
      client.release(!isUsable);
      throw error;
    }
  }

  /** Whoever waits for the server shares one question. */
  #working(): ReturnType<ListStatements> {
    return (this.#asking ??= listStatements(this.options.probes).finally(() => (this.#asking = undefined)));
  }

  #begin(durability: Durability): string {
    const flush = `set local synchronous_commit = ${durability === 'power' ? 'on' : 'off'}`;
    const lock = `select pg_advisory_xact_lock(hashtextextended('bondx-mlops/${this.options.schema}', 0))`;
    return `begin isolation level read committed read write; ${this.#searchPath}; ${flush}; ${writeSettings}; ${lock}`;
  }

  async #commit(client: WatchedClient, number: number, changed: ReadonlySet<string>): Promise<void> {
    const record =
      `insert into writers (id, last) values ('${this.#writer}', ${number}) ` +
      'on conflict (id) do update set last = excluded.last, seen = now()';
    const notify =
      changed.size === 0 ? '' : `select pg_notify('${this.#channel}', ${literal(encodeNotice(changed))}); `;
    await client.query({ text: `${record}; ${notify}commit` });
  }

  async #isWritten(client: WatchedClient, number: number): Promise<boolean> {
    const result = await client.query({
      text: 'select 1 from writers where id = $1 and last >= $2',
      values: [this.#writer, number],
    });
    return !Array.isArray(result) && result.rows.length > 0;
  }

  async #forgetWriter(): Promise<void> {
    await this.#onConnection((client) =>
      client.query({
        text: `begin; ${this.#searchPath}; delete from writers where id = '${this.#writer}' or seen < now() - interval '7 days'; commit`,
      }),
    );
  }

  get #searchPath(): string {
    return `set local search_path = "${this.options.schema}"`;
  }

  get #channel(): string {
    return `${this.options.schema}_changes`;
  }
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
