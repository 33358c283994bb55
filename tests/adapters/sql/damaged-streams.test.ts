import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openFilesystemStorage } from '@bondx/mlops';
import { failure } from '../../helpers.js';
import { temporaryDirectory } from '../filesystem/temporary-directory.js';

const table = { s: 'chunks', audit: 'audit_chunks' };
const key = { s: 'first', audit: 'place' };

/** 3,000 entries in three chunks, of which the statement alters something. */
async function damage(stream: 's' | 'audit', alter: string) {
  const directory = await temporaryDirectory();
  const writer = await openFilesystemStorage(directory);
  await writer.commit([{ kind: 'append', stream, values: Array.from({ length: 3_000 }, (_, i) => i) }]);
  await writer.close();
  const database = new Database(join(directory, 'bondx-mlops.db'));
  database.exec(alter.replaceAll('TABLE', table[stream]).replaceAll('KEY', key[stream]));
  database.close();
  return openFilesystemStorage(directory);
}

it.each([
  ['the first chunk is gone', 'delete from TABLE where KEY = 0', 0],
  ['a chunk in the middle is gone', 'delete from TABLE where KEY = 1024', 1_024],
  ['the last chunk says it has more entries', 'update TABLE set count = count + 5 where KEY = 2048', 3_000],
  ['a chunk holds fewer entries than it did', "update TABLE set data = '[7]' where KEY = 1024", 1_025],
  ['a chunk is no list', "update TABLE set data = 'null' where KEY = 1024", 1_024],
])('a stream of which %s is CORRUPT from there on, and what is before can be read', async (_, alter, from) => {
  for (const stream of ['s', 'audit'] as const) {
    const storage = await damage(stream, alter);
    const error = await failure(storage.read(stream));
    expect(error).toMatchObject({ code: 'CORRUPT' });
    expect(error.message).toContain(`stream ${stream} from entry ${from} on`);
    expect((await storage.read(stream, { to: from })).entries).toHaveLength(from);
    await storage.close();
  }
});

it('a stream of which a chunk is no list is not listed as if it were one', async () => {
  const storage = await damage('s', "update TABLE set data = 'null' where KEY = 1024");
  const { cursor } = await storage.dump!(); // of the records, of which there are none
  expect(await failure(storage.dump!(cursor))).toMatchObject({ code: 'CORRUPT' });
  await storage.close();
});

it('a record that is nested deeper than anything that is taken is CORRUPT', async () => {
  const directory = await temporaryDirectory();
  const writer = await openFilesystemStorage(directory);
  await writer.commit([{ kind: 'put', collection: 'c', id: 'r', value: 0, expect: 'absent' }]);
  await writer.close();
  const database = new Database(join(directory, 'bondx-mlops.db'));
  database.prepare('update records set value = ?').run(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
  database.close();
  const storage = await openFilesystemStorage(directory);
  for (const read of [storage.get('c', 'r'), storage.query('c')])
    expect(await failure(read)).toMatchObject({ code: 'CORRUPT' });
  await storage.close();
});
