import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../src/adapters/filesystem/durable-directory.js';
import { makeFolder, makeFolderSync } from '../../src/util/make-folder.js';

let root: string;
beforeAll(async () => (root = await mkdtemp(join(tmpdir(), 'make-folder-'))));
afterAll(async () => rm(root, { recursive: true }));

describe.each([
  ['makeFolder', makeFolder],
  ['makeFolderSync', async (path: string) => makeFolderSync(path)],
  ['makeDirectory', makeDirectory],
])('%s', (name, make) => {
  it('makes a folder and those above it, once, however many ask', async () => {
    const path = join(root, name, 'a', 'b', 'c');
    await Promise.all([make(path), make(path), make(join(path, 'd'))]);
    expect((await stat(join(path, 'd'))).isDirectory()).toBe(true);
    await make(path);
  });

  it('fails below a file', async () => {
    const file = join(root, `${name}.txt`);
    await writeFile(file, '');
    await expect(make(join(file, 'a'))).rejects.toThrow(/ENOTDIR|EEXIST/);
    await expect(make(file)).rejects.toThrow(/EEXIST/);
  });

  it.runIf(process.platform === 'linux')(
    'fails where the system makes no folders, and does not try for ever',
    async () => {
      await expect(make('/proc/self/none/of/them')).rejects.toThrow(/ENOENT|EACCES/);
    },
  );
});
