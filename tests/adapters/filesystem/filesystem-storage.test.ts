import { readFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import { databaseIn } from '../../../src/adapters/filesystem/snapshot-storage.js';
import type { Storage } from '../../../src/storage/storage.js';
import { storageConformance } from '../../../src/testing/index.js';
import { runConformance } from '../run-conformance.js';
import { inDirectories, temporaryDirectory } from './temporary-directory.js';
import { openWalkingStorage } from './walking-storage.js';

function suite(open: (directory: string) => Promise<Storage>) {
  const harness = inDirectories(open);
  const corrupt = async (storage: Storage): Promise<void> => {
    const database = new Database(databaseIn(harness.directoryOf(storage)));
    for (const [table, column] of Object.entries({ records: 'value', chunks: 'data', audit_chunks: 'data' })) {
      database.exec(`update ${table} set ${column} = substr(${column}, 2)`);
    }
    database.close();
  };
  return storageConformance({ ...harness, corrupt, has: ['watch', 'dump'] });
}

runConformance(
  'FilesystemStorage',
  suite((directory) => openFilesystemStorage(directory, { durability: 'process' })),
);

runConformance('FilesystemStorage, walking indexes', suite(openWalkingStorage));

it('overwrites what was deleted or replaced, whole pages included', async () => {
  const directory = await temporaryDirectory();
  const storage = await openFilesystemStorage(directory);
  const put = (word: string, repeat: number) =>
    storage.commit([{ kind: 'put', collection: 'c', id: 'a', value: word.repeat(repeat), expect: 'any' }]);
  await put('alpha', 20_000);
  await storage.commit([{ kind: 'append', stream: 's', values: ['gamma'.repeat(20_000), 'gamma'] }]);
  await put('bravo', 20);
  await storage.commit([
    { kind: 'delete', collection: 'c', id: 'a', expect: 'any' },
    { kind: 'drop', stream: 's' },
  ]);
  await storage.close();
  const bytes = await readFile(databaseIn(directory), 'latin1');
  expect(bytes).not.toMatch(/alpha|bravo|gamma/);
});

it('lets timers run while calls are awaited one after the other', async () => {
  const storage = await openFilesystemStorage(await temporaryDirectory());
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const loops = {
    commits: () => storage.commit([{ kind: 'append', stream: 's', values: [1] }], { durability: 'process' }),
    reads: () => storage.get('c', 'none'),
  };
  for (const call of Object.values(loops)) {
    ticks = 0;
    const began = performance.now();
    while (performance.now() - began < 200) await call();
    expect(ticks).toBeGreaterThan(1);
  }
  clearInterval(timer);
  await storage.close();
});
