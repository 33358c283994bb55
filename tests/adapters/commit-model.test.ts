import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openFilesystemStorage } from '../../src/adapters/filesystem/filesystem-storage.js';
import { MemoryStorage } from '../../src/adapters/memory/memory-storage.js';
import { MLOpsError } from '../../src/errors.js';
import type { Change, IndexFields, Storage } from '../../src/storage/storage.js';
import { indexFields } from './arbitraries.js';
import { makeTemporaryDirectory } from './filesystem/temporary-directory.js';

interface Step {
  readonly kind: Change['kind'];
  readonly name: 'a' | 'b' | 'c';
  /** Said so that it means the same in both storages, whose versions differ. */
  readonly expectation: 'any' | 'absent' | 'current' | 'outdated';
  readonly values: readonly number[];
  readonly index: IndexFields;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('put', 'put', 'append', 'delete', 'check'),
  name: fc.constantFrom('a', 'b', 'c'),
  expectation: fc.constantFrom('any', 'any', 'current', 'current', 'current', 'absent', 'outdated'),
  values: fc.array(fc.nat(), { maxLength: 3 }),
  index: indexFields,
});

/** Further than any version or length of a run gets. */
const never = 1_000_000;

async function toChange(storage: Storage, collection: string, step: Step): Promise<Change> {
  const { kind, name: id, expectation, values, index } = step;
  if (kind === 'append') {
    const stream = `${collection}/${id}`;
    const { length } = await storage.read(stream);
    if (expectation === 'current') return { kind, stream, values, expect: length };
    return expectation === 'outdated' ? { kind, stream, values, expect: never } : { kind, stream, values };
  }
  const version = (await storage.get(collection, id))?.version;
  const expected = expectation === 'outdated' ? never : expectation === 'current' ? (version ?? 'absent') : 'absent';
  if (kind === 'check') return { kind, collection, id, expect: expected };
  if (kind === 'delete') return { kind, collection, id, expect: expected === 'absent' ? 'any' : expected };
  return { kind: 'put', collection, id, value: values, index, expect: expectation === 'any' ? 'any' : expected };
}

/** How a commit ended, without the versions. */
async function attempt(storage: Storage, collection: string, steps: readonly Step[]): Promise<unknown> {
  const changes = await Promise.all(steps.map((one) => toChange(storage, collection, one)));
  try {
    const results = await storage.commit(changes);
    return results.map((result, i) => (changes[i]?.kind === 'put' ? result > 0 : result));
  } catch (error) {
    return (error as MLOpsError).code;
  }
}

async function stateOf(storage: Storage, collection: string): Promise<unknown> {
  const withoutVersions = async (field: string) =>
    (await storage.query(collection, { orderBy: [{ field, direction: 'asc' }] })).records.map(({ id, value }) => ({
      id,
      value,
    }));
  return {
    records: await Promise.all(['id', 'a', 'b', 'm.x', 'm.y.z'].map(withoutVersions)),
    streams: await Promise.all(['a', 'b', 'c'].map((name) => storage.read(`${collection}/${name}`))),
  };
}

it('random sequences of commits end alike and leave equal states in memory and in the file system', async () => {
  const directory = await makeTemporaryDirectory();
  const memory = new MemoryStorage();
  const filesystem = await openFilesystemStorage(directory, { durability: 'process' });
  const endings = new Set<string>();
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), async (commits) => {
        const collection = `c${run++}`;
        for (const steps of commits) {
          const ending = await attempt(memory, collection, steps);
          expect(await attempt(filesystem, collection, steps)).toEqual(ending);
          endings.add(typeof ending === 'string' ? ending : 'written');
        }
        expect(await stateOf(filesystem, collection)).toEqual(await stateOf(memory, collection));
      }),
      { numRuns: 200 },
    );
  } finally {
    await filesystem.close();
    await rm(directory, { recursive: true, force: true });
  }
  expect([...endings].sort()).toEqual(['CONFLICT', 'INVALID_INPUT', 'written']); // the run met every ending
});
