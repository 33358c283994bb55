import { closeSync, openSync } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { sql } from 'kysely';
import { MLOpsError } from '../../errors.js';
import { isError } from '../../util/is-error.js';
import { migrate, migrations, readSchemaVersion } from '../sql/schema.js';
import { SqliteDatabase } from './sqlite-database.js';
import { toStorageError } from './storage-errors.js';

/** Marks a SQLite file as ours: "BxML". */
const applicationId = 0x42784d4c;

/** Pages of the database to keep in memory, in KiB. */
const cacheKibibytes = 16 * 1024;

/** Bytes of a page of a new database. A commit writes the whole of every page it touches: half of SQLite's own is faster. */
const pageBytes = 2_048;

/**
 * Bytes of pages in the log that are written back to the database together. A page changed often is written back once, and
 * the two flushes that this takes are spread over four times the commits of SQLite's own setting.
 */
const checkpointBytes = 16 * 1024 * 1024;

/**
 * Opens the database in a file, creates it, or brings it to the current schema. Where writing is not permitted, an
 * existing database opens for reading.
 */
export async function openSqliteDatabase(path: string): Promise<SqliteDatabase> {
  const Driver = await loadDriver();
  const isReadOnly = !(await isWritable(path));
  if (isReadOnly && !(await isThere(path))) throw readOnly(path, 'there is no storage yet, and it cannot be created');
  const connect = (file: string | Buffer): SqliteDatabase => {
    const fileMustExist = isReadOnly && typeof file === 'string';
    const database = construct(Driver, file, path, { readonly: isReadOnly, fileMustExist, timeout: 0 });
    return new SqliteDatabase(database, path, isReadOnly);
  };
  if (!isReadOnly) {
    makeFile(path);
    return prepare(connect(path), path);
  }
  try {
    return await prepare(connect(path), path);
  } catch (error) {
    const isSqlite = error instanceof MLOpsError && error.cause !== undefined;
    // SQLite says the former of a file system that is read-only, the latter of permissions that are missing.
    if (!isSqlite || !['STORAGE_UNAVAILABLE', 'STORAGE_READ_ONLY'].includes(error.code)) throw error;
    return prepare(connect(await readSnapshot(path)), path);
  }
}

/**
 * The bytes of a database nobody has open. In WAL mode SQLite needs a file of locks beside it even for reading, which
 * cannot be made here; so the copy says that it is in the older mode: https://sqlite.org/c3ref/deserialize.html
 */
async function readSnapshot(path: string): Promise<Buffer> {
  if (await exists(`${path}-wal`)) throw readOnly(path, 'it was not closed, and recovering it takes writing');
  const bytes = await readFile(path).catch((cause: unknown) => {
    if (!isForbidden(cause)) throw toStorageError(cause, path);
    const advice = 'this user may not read the database; let it read it, or choose another directory';
    throw new MLOpsError('STORAGE_UNAVAILABLE', `${path}: ${advice}`, { cause });
  });
  bytes.fill(1, 18, 20); // versions of the format for writing and reading: 2 is WAL, 1 is not
  return bytes;
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
  await database.statement(`pragma page_size = ${pageBytes}`); // of no effect on a database that has pages already
  const [mode] = (await database.statement('pragma journal_mode = wal')) as { journal_mode: string }[];
  if (mode?.journal_mode !== 'wal') {
    throw new MLOpsError(
      'STORAGE_UNAVAILABLE',
      `${path}: this file system cannot share memory between processes (network drives cannot); use a local disk`,
    );
  }
  await database.statement('pragma fullfsync = on'); // macOS: a flush that reaches the medium
  await database.statement('pragma journal_size_limit = 67108864');
  await database.statement('pragma secure_delete = on'); // what is deleted or replaced, such as a key, is overwritten
  await database.statement('pragma temp_store = memory');
  await database.statement(`pragma cache_size = -${cacheKibibytes}`);
  const [page] = (await database.statement('pragma page_size')) as { page_size: number }[];
  await database.statement(`pragma wal_autocheckpoint = ${Math.round(checkpointBytes / page!.page_size)}`);
}

async function upgrade(database: SqliteDatabase, path: string): Promise<void> {
  if (database.isReadOnly) {
    throw readOnly(path, 'an older version wrote this, and it cannot be upgraded');
  }
  await database.write('power', async (connection) => {
    await migrate(connection, database.dialect);
    const mark = sql`pragma application_id = ${sql.lit(applicationId)}`;
    await connection.execute(mark.compile(database.dialect.builder));
  });
}

/**
 * Makes an empty file where there is none, as the umask says: one that SQLite makes no group may write. Those beside it get
 * its mode. At once, and never one that is there: closing it would drop the locks that this process has on it.
 */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx'));
  } catch (error) {
    if (!isError(error) || !('code' in error) || error.code !== 'EEXIST') throw toStorageError(error, path);
  }
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(dirname(path), constants.W_OK);
    if (await exists(path)) await access(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Whether there is a database. @throws MLOpsError `STORAGE_UNAVAILABLE` where this user cannot see */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (!isForbidden(error)) return false;
    const advice = 'this user may not look into the directory; let it read and enter the directory, or choose another';
    throw new MLOpsError('STORAGE_UNAVAILABLE', `${path}: ${advice}`, { cause: error });
  }
}

const isForbidden = (error: unknown): boolean => isError(error) && 'code' in error && error.code === 'EACCES';

const readOnly = (path: string, problem: string): MLOpsError =>
  new MLOpsError('STORAGE_READ_ONLY', `${path}: ${problem}; make the directory writable, or choose another`);

type Driver = typeof Database;

async function loadDriver(): Promise<Driver> {
  try {
    return (await import('better-sqlite3')).default;
  } catch (cause) {
    throw missingDriver(cause);
  }
}

function construct(Driver: Driver, file: string | Buffer, path: string, options: Database.Options): Database.Database {
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
    'the filesystem storage needs the package better-sqlite3, which ' +
      (isError(cause) && 'code' in cause && cause.code === 'ERR_DLOPEN_DISABLED'
        ? 'is native: allow it with --allow-addons beside --permission'
        : 'is missing, was built for another version of Node.js, or was bundled without its native part; run ' +
          '`npm install better-sqlite3` or `npm rebuild better-sqlite3`, or mark @bondx/mlops as external in the bundler'),
    { cause },
  );
