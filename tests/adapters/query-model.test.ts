import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rm } from 'node:fs/promises';
import { MemoryStorage } from '../../src/adapters/memory/memory-storage.js';
import { openFilesystemStorage } from '../../src/adapters/filesystem/filesystem-storage.js';
import type { Query, Storage } from '../../src/storage/storage.js';
import { evaluateQuery } from '../../src/testing/index.js';
import { orderBy, records, where } from './arbitraries.js';
import { openWalkingStorage } from './filesystem/walking-storage.js';
import { makeTemporaryDirectory } from './filesystem/temporary-directory.js';

/** All pages, one after the other. */
async function walk(storage: Storage, collection: string, query: Query): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await storage.query(collection, cursor === undefined ? query : { ...query, cursor });
    ids.push(...page.records.map(({ id }) => id));
    if (page.cursor === undefined) return ids;
    cursor = page.cursor;
  }
}

const adapters = {
  memory: async () => new MemoryStorage(),
  filesystem: (directory: string) => openFilesystemStorage(directory, { durability: 'process' }),
  'filesystem, walking indexes': openWalkingStorage,
};

describe.each(Object.entries(adapters))('%s', (_name, open) => {
  let directory: string;
  let storage: Storage;

  beforeAll(async () => {
    directory = await makeTemporaryDirectory();
    storage = await open(directory);
  });
  afterAll(async () => {
    await storage.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('finds, in pages of any size, what the definitions of conditions and order say', async () => {
    let run = 0;
    const query = fc.record({ where, orderBy }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.array(query, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 12 }),
        async (all, queries, limit) => {
          const collection = `c${run++}`;
          await storage.commit(
            all.map(({ id, index }) => ({ kind: 'put', collection, id, value: null, index, expect: 'absent' })),
          );
          for (const one of queries) {
            expect(await walk(storage, collection, { ...one, limit })).toEqual(evaluateQuery(all, one));
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
