import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type Database from 'better-sqlite3';
import { sql } from 'kysely';
import { MLOpsError } from '../../errors.js';
import { migrate, migrations, readSchemaVersion } from '../sql/schema.js';
import { SqliteDatabase } from './sqlite-database.js';
import { toStorageError } from './storage-errors.js';

/** Marks a SQLite file as ours: "BxML". */
const applicationId = 0x42784d4c;

/**
 * Opens the database in a file, creates it, or brings it to the current schema. Where writing is not permitted, an
 * existing database opens for reading.
 */
export async function openSqliteDatabase(path: string): Promise<SqliteDatabase> {
  const Driver = await loadDriver();
  const isReadOnly = !(await isWritable(path));
  const connect = (file: string): SqliteDatabase => {
    const database = construct(Driver, file, path, { readonly: isReadOnly, fileMustExist: isReadOnly, timeout: 0 });
    return new SqliteDatabase(database, path, isReadOnly);
  };
  if (!isReadOnly) return prepare(connect(path), path);
  try {
    return await prepare(connect(path), path);
  } catch (error) {
    if (!(error instanceof MLOpsError) || error.code !== 'STORAGE_UNAVAILABLE') throw error;
    // SQLite needs a lock file next to a database in WAL mode; one on a read-only medium cannot change, so none is due.
    return prepare(connect(`${pathToFileURL(path).href}?immutable=1`), path);
  }
}

async function prepare(database: SqliteDatabase, path: string): Promise<SqliteDatabase> {
  try {
    const isNew = await recognize(database, path);
    const { dialect, isReadOnly } = database;
    if (!isReadOnly) await configure(database, path);
    const version = isNew ? 0 : await database.read((connection) => readSchemaVersion(connection, dialect));
    if (version < migrations.length) await upgrade(database, path);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Whether the database is still empty. */
async function recognize(database: SqliteDatabase, path: string): Promise<boolean> {
  const [first] = await database.statement(
    'select (select application_id from pragma_application_id) as id, (select count(*) from sqlite_master) as tables',
  );
  const { id, tables } = first as { id: number; tables: number };
  if (id === applicationId) return false;
  if (id === 0 && tables === 0) return true;
  throw new MLOpsError(
    'STORAGE_FORMAT',
    `${path}: this is a SQLite database of another program; choose another directory, or move the file away`,
  );
}

async function configure(database: SqliteDatabase, path: string): Promise<void> {
  const [mode] = (await database.statement('pragma journal_mode = wal')) as { journal_mode: string }[];
  if (mode?.journal_mode !== 'wal') {
    throw new MLOpsError(
      'STORAGE_UNAVAILABLE',
      `${path}: this file system cannot share memory between processes (network drives cannot); use a local disk`,
    );
  }
  await database.statement('pragma fullfsync = on'); // macOS: a flush that reaches the medium
  await database.statement('pragma journal_size_limit = 67108864');
  await database.statement('pragma temp_store = memory');
}

async function upgrade(database: SqliteDatabase, path: string): Promise<void> {
  if (database.isReadOnly) {
    throw new MLOpsError(
      'STORAGE_READ_ONLY',
      `${path}: an older version wrote this and it is not writable; open it once where it can be upgraded`,
    );
  }
  await database.write('power', async (connection) => {
    await migrate(connection, database.dialect);
    const mark = sql`pragma application_id = ${sql.lit(applicationId)}`;
    await connection.execute(mark.compile(database.dialect.builder));
  });
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(dirname(path), constants.W_OK);
    if (await stat(path).catch(() => undefined)) await access(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

type Driver = typeof Database;

async function loadDriver(): Promise<Driver> {
  try {
    return (await import('better-sqlite3')).default;
  } catch (cause) {
    throw missingDriver(cause);
  }
}

function construct(Driver: Driver, file: string, path: string, options: Database.Options): Database.Database {
  try {
    return new Driver(file, options);
  } catch (error) {
    if (error instanceof Driver.SqliteError) throw toStorageError(error, path);
    throw missingDriver(error); // the native part is loaded by the first constructor call
  }
}

const missingDriver = (cause: unknown): MLOpsError =>
  new MLOpsError(
    'MISSING_DEPENDENCY',
    'the filesystem storage needs the package better-sqlite3, which is missing or was built for another version of ' +
      'Node.js; run `npm install better-sqlite3`, or `npm rebuild better-sqlite3`',
    { cause },
  );
