import { sql } from 'kysely';
import { MLOpsError } from '../../errors.js';
import { checkDurability } from '../../storage/checked-change.js';
import { invalid } from '../../storage/storage-name.js';
import type { Durability, Storage } from '../../storage/storage.js';
import { checkOptions } from '../../util/check.js';
import { migrate, migrations, readSchemaVersion } from '../sql/schema.js';
import { SqlStorage } from '../sql/sql-storage.js';
import { mostConnections, openPool, placeOf } from './open-pool.js';
import type { PostgresPool } from './postgres-client.js';
import { PostgresDatabase } from './postgres-database.js';
import { toPostgresError } from './postgres-errors.js';

/** How {@link openPostgresStorage} reaches its database. */
export interface PostgresStorageOptions {
  /** Of commits that do not say; `power` unless told. `process` does not wait for the server's disk. */
  readonly durability?: Durability;
  /** Schema of the database that holds the tables, created when missing; `bondx_mlops` unless told. */
  readonly schema?: string;
  /**
   * How long a call goes on trying while the server cannot be reached, in milliseconds; 30,000 unless told. As long may a
   * server be silent that does not work on what it was asked, before its connection is given up.
   */
  readonly patienceMs?: number;
}

/**
 * Opens the storage in a PostgreSQL database, 12 or newer, that any number of processes and hosts may share. The tables
 * are created when missing, or brought to the current schema.
 *
 * @param connection a URL, which needs the package `pg`, or a pool, which stays the caller's to close
 * @throws MLOpsError `STORAGE_UNAVAILABLE`, `STORAGE_READ_ONLY`, `STORAGE_FULL`; `STORAGE_FORMAT` when a newer version
 *   wrote it; `MISSING_DEPENDENCY`; `INVALID_INPUT`
 */
export async function openPostgresStorage(
  connection: string | PostgresPool,
  options: PostgresStorageOptions = {},
): Promise<Storage> {
  checkOptions(options, ['durability', 'schema', 'patienceMs'], 'openPostgresStorage');
  const durability = checkDurability(options.durability) ?? 'power';
  const schema = checkSchema(options.schema ?? 'bondx_mlops');
  const patienceMs = options.patienceMs ?? 30_000;
  if (!Number.isFinite(patienceMs) || patienceMs < 0) throw invalid(`patienceMs must be a duration, got ${patienceMs}`);
  const ownsPool = typeof connection === 'string';
  const place = ownsPool ? placeOf(connection) : 'the PostgreSQL database';
  const pool = ownsPool ? await openPool(connection, mostConnections) : checkPool(connection);
  const probes = ownsPool ? await openPool(connection, 1) : pool;
  const database = new PostgresDatabase(pool, { schema, place, patienceMs, ownsPool, probes });
  try {
    await prepare(pool, database, schema, place);
  } catch (error) {
    await database.close();
    throw error;
  }
  const capabilities = { name: 'postgres', persistent: true, multiProcess: true };
  return new SqlStorage(database, { capabilities, durability });
}

async function prepare(pool: PostgresPool, database: PostgresDatabase, schema: string, place: string): Promise<void> {
  const { dialect } = database;
  const isNew = await isEmpty(pool, schema, place);
  const version = isNew ? 0 : await database.read((connection) => readSchemaVersion(connection, dialect));
  if (version === migrations.length) return;
  await database.write('power', async (connection) => {
    const name = sql.lit(`"${schema}"`);
    const exists = sql<{ exists: boolean }>`select to_regnamespace(${name}) is not null as exists`;
    const [found] = await connection.execute(exists.compile(dialect.builder));
    const statements = [
      ...(found?.exists === true ? [] : [sql`create schema ${sql.id(schema)}`]), // asking is free, creating a privilege
      sql`create table if not exists writers (
        id uuid primary key, last bigint not null, seen timestamptz not null default now()
      )`,
    ];
    for (const statement of statements) await connection.execute(statement.compile(dialect.builder));
    await migrate(connection, dialect);
  });
}

/** The first connection is not tried again: a wrong address should be told at once. */
async function isEmpty(pool: PostgresPool, schema: string, place: string): Promise<boolean> {
  try {
    const client = await pool.connect();
    try {
      const result = await client.query({
        text: `select to_regclass('"${schema}".meta') is null as empty, current_setting('server_encoding') as encoding`,
      });
      const row = Array.isArray(result) ? undefined : result.rows[0];
      if (row?.['encoding'] !== 'UTF8') {
        throw new MLOpsError(
          'STORAGE_FORMAT',
          `${place}: the database has the encoding ${String(row?.['encoding'])}; create one with UTF8`,
        );
      }
      return row['empty'] === true;
    } finally {
      client.release();
    }
  } catch (error) {
    throw toPostgresError(error, place, 'reading');
  }
}

function checkSchema(schema: unknown): string {
  if (typeof schema === 'string' && /^[a-z_][a-z0-9_]{0,49}$/.test(schema)) return schema;
  throw invalid(`schema must be a name of lowercase letters, digits and _, at most 50, got ${JSON.stringify(schema)}`);
}

function checkPool(pool: unknown): PostgresPool {
  const { connect, end, options } = (pool ?? {}) as Partial<PostgresPool> & { options?: { max?: unknown } };
  if (options?.max === 1)
    throw invalid('the pool has one connection, for which calls would wait for ever; give it two');
  if (typeof connect === 'function' && typeof end === 'function') return pool as PostgresPool;
  throw invalid('openPostgresStorage takes the URL of a database, or a pool of the package pg');
}
