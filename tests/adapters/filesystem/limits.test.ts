import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFilesystemArtifacts } from '../../../src/adapters/filesystem/filesystem-artifacts.js';
import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import { readOnlyMount, runAsReader, runMounted, smallDisk, whyNoMounts } from './children/run-child.js';
import { temporaryDirectory } from './temporary-directory.js';

const reason = whyNoMounts();

describe.skipIf(reason !== undefined)(`file systems with limits${reason === undefined ? '' : ` (${reason})`}`, () => {
  it('on a full disk, writes fail with STORAGE_FULL and what was stored stays readable', async () => {
    const result = await runMounted(smallDisk, await temporaryDirectory(), 'fill-disk');
    const { records } = result as { records: { written: number } };
    expect(records.written).toBeGreaterThan(3);
    expect(result).toEqual({
      files: { written: 4, code: 'ABORTED' },
      records: { written: records.written, code: 'STORAGE_FULL' },
      moreFiles: 'STORAGE_FULL',
      listed: true,
      length: records.written,
      found: records.written,
      group: ['STORAGE_FULL', [0]],
      after: records.written,
    });
  });

  it('where nothing can be written, what is there can be read and writes fail with STORAGE_READ_ONLY', async () => {
    const { directory, storage } = await fill();
    expect(await runMounted(readOnlyMount, directory, 'read-only')).toEqual(expected); // while open elsewhere
    await storage.close();
    expect(await runMounted(readOnlyMount, directory, 'read-only')).toEqual(expected);
  });
});

it.skipIf(process.platform === 'win32')(
  'a user who may only read can read what is there, open elsewhere or not',
  async () => {
    const { directory, storage } = await fill();
    expect(await runAsReader(directory, 'read-only')).toEqual(expected);
    execFileSync('chmod', ['-R', 'u=rwX', directory]);
    await storage.close();
    expect(await runAsReader(directory, 'read-only')).toEqual(expected);
    execFileSync('chmod', ['-R', 'u=rwX', directory]);
  },
);

it.skipIf(process.platform === 'win32').each([
  ['look into the folder', 'storage', 'look into the directory'],
  ['read the database', 'storage/bondx-mlops.db', 'read the database'],
])('a user who may not %s is told so', async (_what, place, said) => {
  const { directory, storage } = await fill();
  await storage.close();
  const locked = join(directory, place);
  const failure = await runAsReader(directory, 'open-storage', locked);
  execFileSync('chmod', ['700', locked]);
  execFileSync('chmod', ['-R', 'u=rwX', directory]);
  expect(failure).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  expect((failure as Error).message).toContain(`this user may not ${said}`);
});

/** A storage and files in a directory, and a directory that is empty. */
async function fill() {
  const directory = await temporaryDirectory();
  const storage = await openFilesystemStorage(join(directory, 'storage'));
  await storage.commit([{ kind: 'put', collection: 'c', id: 'a', value: 7, index: { n: 1 }, expect: 'absent' }]);
  const artifacts = await openFilesystemArtifacts(join(directory, 'artifacts'));
  await artifacts.put(Buffer.from('content'));
  await mkdir(join(directory, 'empty'));
  return { directory, storage };
}

const expected = {
  value: 7,
  found: 1,
  commit: 'STORAGE_READ_ONLY',
  stored: ['content'],
  put: 'STORAGE_READ_ONLY',
  newStorage: 'STORAGE_READ_ONLY',
  emptyStorage: 'STORAGE_READ_ONLY',
  newArtifacts: 'STORAGE_READ_ONLY',
};
