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
  const chunkCounts = async (): Promise<number[]> => {
    const query = sql<{ count: number }>`select count from chunks where stream = 's' order by first`;
    const rows = await database.read((connection) => connection.execute(query.compile(database.dialect.builder)));
    return rows.map(({ count }) => count);
  };
  return { storage, chunkCounts };
}

it('entries appended one at a time end up in large chunks', async () => {
  const { storage, chunkCounts } = await open();
  for (let i = 0; i < 1_024 + 2 * 32 + 3; i++) await storage.commit([{ kind: 'append', stream: 's', values: [i] }]);
  expect(await chunkCounts()).toEqual([256, 256, 256, 256, 32, 32, 3]);
  await storage.close();
});

it('two writers by turns extend what the other wrote', async () => {
  const directory = await temporaryDirectory();
  const writers = await Promise.all([0, 1].map(() => openFilesystemStorage(directory)));
  for (let i = 0; i < 100; i++) {
    const append = { kind: 'append', stream: 's', values: [i], expect: i } as const;
    await writers[Math.floor(i / 3) % 2]!.commit([append], { durability: 'process' });
  }
  const { entries } = await writers[0]!.read('s');
  expect(entries.map(({ value }) => value)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  for (const writer of writers) await writer.close();
});

it('appends of any size leave the entries as they were, whatever was merged', async () => {
  const { storage, chunkCounts } = await open();
  const random = createRandom('merges');
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
  expect((await chunkCounts()).length).toBeLessThan(150);
  await storage.close();
});

it('large values are not merged beyond a mebibyte', async () => {
  const { storage, chunkCounts } = await open();
  const value = 'x'.repeat(100_000);
  for (let i = 0; i < 32; i++) await storage.commit([{ kind: 'append', stream: 's', values: [value] }]);
  expect(await chunkCounts()).toEqual(Array<number>(32).fill(1));
  await storage.close();
});
