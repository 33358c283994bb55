import type BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { SqliteDatabase } from '../../../src/adapters/filesystem/sqlite-database.js';

/** A connection whose statements are listed, and fail with the codes given for them, each once. */
function connectionThatFails(failures: Record<string, string[]>) {
  const ran: string[] = [];
  let inTransaction = false;
  const run = (sql: string): void => {
    ran.push(sql);
    const code = failures[sql]?.shift();
    if (code !== undefined) throw Object.assign(new Error(`failed: ${sql}`), { code });
    if (sql.startsWith('begin')) inTransaction = true;
    if (sql === 'commit' || sql === 'rollback') inTransaction = false;
  };
  const connection = {
    prepare: (sql: string) => ({ reader: false, run: () => run(sql) }),
    get inTransaction() {
      return inTransaction;
    },
    close: () => undefined,
  };
  return { ran, database: new SqliteDatabase(connection as unknown as BetterSqlite3.Database, 'path.db', false) };
}

it('writes nothing more after a flush failed, as nobody knows what reached the medium', async () => {
  const { ran, database } = connectionThatFails({ commit: ['SQLITE_IOERR_FSYNC'] });
  const failure = { code: 'STORAGE_UNAVAILABLE' };
  await expect(database.write('power', async () => 1)).rejects.toMatchObject(failure);
  expect(ran.at(-1)).toBe('rollback');
  const before = ran.length;
  await expect(database.write('process', async () => 1)).rejects.toMatchObject(failure);
  expect(ran).toHaveLength(before);
  await database.close();
});

it('goes on after the disk was full', async () => {
  const { database } = connectionThatFails({ commit: ['SQLITE_FULL'] });
  await expect(database.write('power', async () => 1)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  expect(await database.write('power', async () => 2)).toBe(2);
});

it('runs the work again when the database was busy', async () => {
  const { ran, database } = connectionThatFails({ 'begin immediate': ['SQLITE_BUSY', 'SQLITE_BUSY_RECOVERY'] });
  expect(await database.write('process', async () => 'written')).toBe('written');
  expect(ran.filter((sql) => sql === 'begin immediate')).toHaveLength(3);
});

it('flushes at the commits that ask for it, and only there', async () => {
  const { ran, database } = connectionThatFails({});
  for (const durability of ['power', 'power', 'process', 'power'] as const)
    await database.write(durability, async () => 1);
  const [full, normal] = ['pragma synchronous = full', 'pragma synchronous = normal'];
  const transaction = ['begin immediate', 'commit'];
  expect(ran).toEqual([full, ...transaction, ...transaction, normal, ...transaction, full, ...transaction]);
});

it('rolls back when the work throws, and passes the error on', async () => {
  const { ran, database } = connectionThatFails({});
  const failing = database.read(async () => {
    throw new RangeError('from the work');
  });
  await expect(failing).rejects.toThrow(new RangeError('from the work'));
  expect(ran).toEqual(['begin', 'rollback']);
});

it('gives every failure of SQLite a code and advice', async () => {
  const codes = {
    SQLITE_FULL: 'STORAGE_FULL',
    SQLITE_READONLY_DBMOVED: 'STORAGE_READ_ONLY',
    SQLITE_NOTADB: 'STORAGE_FORMAT',
    SQLITE_CORRUPT_INDEX: 'CORRUPT',
    SQLITE_IOERR_SHORT_READ: 'CORRUPT',
    SQLITE_ERROR: 'CORRUPT',
    SQLITE_CONSTRAINT_UNIQUE: 'CORRUPT',
    SQLITE_IOERR_READ: 'STORAGE_UNAVAILABLE',
    SQLITE_CANTOPEN: 'STORAGE_UNAVAILABLE',
    SQLITE_NOMEM: 'STORAGE_UNAVAILABLE',
  };
  for (const [sqlite, code] of Object.entries(codes)) {
    const { database } = connectionThatFails({ begin: [sqlite] });
    const message = expect.stringMatching(/^path\.db: .*\(failed: begin\)$/) as string;
    await expect(database.read(async () => 1)).rejects.toMatchObject({ code, message });
  }
});
