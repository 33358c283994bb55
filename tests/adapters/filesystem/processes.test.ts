import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { openFilesystemArtifacts } from '../../../src/adapters/filesystem/filesystem-artifacts.js';
import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import type { Durability } from '../../../src/storage/storage.js';
import { createRandom, randomInt } from '../../../src/util/random.js';
import { runChild, startChild } from './children/run-child.js';
import { temporaryDirectory } from './temporary-directory.js';

it('a commit of another process reaches a watcher', async () => {
  const directory = await temporaryDirectory();
  const storage = await openFilesystemStorage(directory);
  const value = new Promise((resolve) => {
    void storage.watch?.(['c'], () => {
      void storage.get('c', 'counter').then((record) => record && resolve(record.value));
    });
  });
  await runChild('increment', directory, '1');
  expect(await value).toBe(1);
  await storage.close();
});

it('four processes that increment one counter and append to one stream lose nothing', async () => {
  const directory = await temporaryDirectory();
  const each = 40;
  await Promise.all(Array.from({ length: 4 }, () => runChild('increment', directory, String(each))));

  const storage = await openFilesystemStorage(directory);
  expect((await storage.get('c', 'counter'))?.value).toBe(4 * each);
  const { entries } = await storage.read('s');
  expect(entries).toHaveLength(4 * each);
  const written = entries.map(({ value }) => value as { pid: number; done: number });
  const processes = new Set(written.map(({ pid }) => pid));
  expect(processes.size).toBe(4);
  for (const pid of processes) {
    const own = written.filter((entry) => entry.pid === pid).map(({ done }) => done);
    expect(own).toEqual(Array.from({ length: each }, (_, i) => i));
  }
  await storage.close();
});

/** Kills a writer once it acknowledged so many commits; returns the number of the last one acknowledged. */
async function killAfter(directory: string, durability: Durability, commits: number): Promise<number> {
  const writer = startChild('write-until-killed', directory, durability);
  const exited = once(writer, 'exit');
  let last = -1;
  let seen = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line);
    if (++seen === commits) writer.kill('SIGKILL');
  }
  expect((await exited)[1]).toBe('SIGKILL');
  return last;
}

it('a writer killed at any moment loses nothing it acknowledged and leaves no part of a commit', async () => {
  const directory = await temporaryDirectory();
  const random = createRandom('kills');
  let before = -1;
  for (let round = 0; round < 8; round++) {
    const acknowledged = await killAfter(directory, round % 2 === 0 ? 'process' : 'power', 1 + randomInt(random, 60));
    expect(acknowledged).toBeGreaterThan(before);
    before = acknowledged;

    const storage = await openFilesystemStorage(directory);
    const count = Number((await storage.get('c', 'counter'))?.value);
    expect(count).toBeGreaterThan(acknowledged); // at least 0 to acknowledged, and perhaps one more, unreported
    expect(count).toBeLessThanOrEqual(acknowledged + 2);
    const numbers = Array.from({ length: count }, (_, i) => i);
    expect((await storage.read('s')).entries.map(({ value }) => value)).toEqual(numbers);
    const { records } = await storage.query('c', {
      where: { not: { field: 'id', op: 'eq', value: 'counter' } },
      orderBy: [{ field: 'value', direction: 'asc' }],
      limit: 50_000,
    });
    expect(records.map(({ id }) => id)).toEqual(numbers.flatMap((n) => [`${n}x`, `${n}y`, `${n}z`]));
    await storage.close();
  }
});

it('an artifact whose writer was killed is not there', async () => {
  const directory = await temporaryDirectory();
  const writer = startChild('put-forever', directory);
  const exited = once(writer, 'exit');
  await once(writer.stdout, 'data');
  writer.kill('SIGKILL');
  await exited;
  expect(await readdir(join(directory, 'unfinished'))).toHaveLength(1);

  const store = await openFilesystemArtifacts(directory);
  const listed: unknown[] = [];
  for await (const ref of store.list()) listed.push(ref);
  expect(listed).toEqual([]);
});
