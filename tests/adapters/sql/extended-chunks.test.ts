import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openSqliteDatabase } from '../../../src/adapters/filesystem/open-sqlite-database.js';
import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import { SqlStorage } from '../../../src/adapters/sql/sql-storage.js';
import { createRandom, randomInt } from '../../../src/util/random.js';
import { temporaryDirectory } from '../filesystem/temporary-directory.js';

async function open() {
  const database = await openSqliteDatabase(join(await temporaryDirectory(), 'test.db'));
  const capabilities = { name: 'test', persistent: true, multiProcess: true };
  const storage = new SqlStorage(database, { capabilities, durability: 'process' });
  const chunks = () => {
    const query = sql<{ count: number; size: number }>`
      select count, length(data) as size from chunks where stream = 's' order by first`;
    return database.read((connection) => connection.execute(query.compile(database.dialect.builder)));
  };
  return { storage, chunks };
}

it('entries appended one at a time end up in chunks of some 900 characters', async () => {
  const { storage, chunks } = await open();
  for (let i = 0; i < 1_000; i++) await storage.commit([{ kind: 'append', stream: 's', values: [i] }]);
  const found = await chunks();
  for (const { size } of found) expect(size).toBeLessThanOrEqual(900);
  for (const { size } of found.slice(0, -1)) expect(size).toBeGreaterThan(890);
  expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(1_000);
  await storage.close();
});

it.each(['s', 'audit'])('two writers by turns extend what the other wrote of %s', async (stream) => {
  const directory = await temporaryDirectory();
  const writers = await Promise.all([0, 1].map(() => openFilesystemStorage(directory)));
  for (let i = 0; i < 100; i++) {
    const append = { kind: 'append', stream, values: [i], expect: i } as const;
    await writers[Math.floor(i / 3) % 2]!.commit([append], { durability: 'process' });
  }
  const { entries } = await writers[0]!.read(stream);
  expect(entries.map(({ value }) => value)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  for (const writer of writers) await writer.close();
});

it('appends of any size leave the entries as they were, whatever was extended', async () => {
  const { storage, chunks } = await open();
  const random = createRandom('appends');
  const all: number[] = [];
  for (let i = 0; i < 300; i++) {
    const size = randomInt(random, i % 50 === 0 ? 3_000 : 40);
    const values = Array.from({ length: size }, () => random.next());
    await storage.commit([{ kind: 'append', stream: 's', values, expect: all.length }]);
    all.push(...values);
    const from = randomInt(random, all.length + 1);
    const { entries, length } = await storage.read('s', { from, limit: 70 });
    expect(length).toBe(all.length);
    expect(entries.map(({ seq, value }) => [seq, value])).toEqual(
      all.slice(from, from + 70).map((value, k) => [from + k, value]),
    );
  }
  expect((await storage.read('s')).entries.map(({ value }) => value)).toEqual(all);
  expect((await chunks()).length).toBeLessThan(400);
  await storage.close();
});

it('a chunk is not extended by what does not fit', async () => {
  const { storage, chunks } = await open();
  const value = 'x'.repeat(600);
  for (let i = 0; i < 3; i++) await storage.commit([{ kind: 'append', stream: 's', values: [value, i] }]);
  expect((await chunks()).map(({ count }) => count)).toEqual([2, 2, 2]);
  await storage.close();
});
