import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteDatabase } from '../../../src/adapters/filesystem/open-sqlite-database.js';
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
