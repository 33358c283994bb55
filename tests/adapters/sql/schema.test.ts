import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import { openSqliteDatabase } from '../../../src/adapters/filesystem/open-sqlite-database.js';
import { SqliteDatabase } from '../../../src/adapters/filesystem/sqlite-database.js';
import { migrate, migrations, readSchemaVersion } from '../../../src/adapters/sql/schema.js';
import { temporaryDirectory } from '../filesystem/temporary-directory.js';

it('an older database is brought forward by the missing migrations, each once, and refuses older versions then', async () => {
  const database = await openSqliteDatabase(join(await temporaryDirectory(), 'test.db'));
  const { dialect } = database;
  const ran: string[] = [];
  const future = ['second', 'third'].map((name) => (): [] => {
    ran.push(name);
    return [];
  });
  const steps = [...migrations, ...future];
  await database.write('process', (connection) => migrate(connection, dialect, steps));
  await database.write('process', (connection) => migrate(connection, dialect, steps));
  expect(ran).toEqual(['second', 'third']);
  expect(await database.read((connection) => readSchemaVersion(connection, dialect, steps))).toBe(steps.length);

  const asToday = database.read((connection) => readSchemaVersion(connection, dialect));
  await expect(asToday).rejects.toMatchObject({ code: 'STORAGE_FORMAT' });
  await database.close();
});

it.each([1, 2, 3])('streams of version %i are there after it was brought forward', async (version) => {
  const directory = await temporaryDirectory();
  const path = join(directory, 'bondx-mlops.db');
  const first = new SqliteDatabase(new Database(path), path, false);
  await first.write('process', async (connection) => {
    await migrate(connection, first.dialect, migrations.slice(0, version));
    const rows = sql`insert into chunks values ('s', 0, 2, '[1,2]'), ('s', 2, 1, '["x"]'), ('t', 0, 1, '[null]'),
      ('audit', 0, 2, '[1,2]'), ('audit', 2, 1, '[3]'), ('audit/x', 0, 1, '["x"]'), ('audits', 0, 1, '["other"]')`;
    await connection.execute(rows.compile(first.dialect.builder));
  });
  await first.statement('pragma application_id = 0x42784d4c');
  await first.close();

  const storage = await openFilesystemStorage(directory);
  await storage.commit([{ kind: 'append', stream: 's', values: [true], expect: 3 }]);
  expect((await storage.read('s')).entries.map(({ value }) => value)).toEqual([1, 2, 'x', true]);
  expect((await storage.read('t')).length).toBe(1);
  await storage.commit([{ kind: 'append', stream: 'audit', values: [4], expect: 3 }]);
  expect((await storage.read('audit')).entries.map(({ value }) => value)).toEqual([1, 2, 3, 4]);
  expect((await storage.read('audit', { from: 2, limit: 1 })).entries).toEqual([{ seq: 2, value: 3 }]);
  expect((await storage.read('audit/x')).entries.map(({ value }) => value)).toEqual(['x']);
  expect((await storage.read('audits')).entries.map(({ value }) => value)).toEqual(['other']);
  await storage.close();
});

it('a process of an older version, which has the database open still, begins no other audit log in it', async () => {
  const directory = await temporaryDirectory();
  const storage = await openFilesystemStorage(directory);
  const older = new Database(join(directory, 'bondx-mlops.db'));
  const append = (stream: string) => older.prepare('insert into chunks values (?, 0, 1, ?)').run(stream, '[1]');
  for (const stream of ['audit', 'audit/2026']) expect(() => append(stream)).toThrow('upgrade this process');
  append('audits');
  older.close();
  expect((await storage.read('audits')).length).toBe(1);
  await storage.close();
});
