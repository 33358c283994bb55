import { execFileSync } from 'node:child_process';
import { lstat, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replaceFile, writeNewFile } from '../../src/util/on-file.js';
import { failure } from '../helpers.js';

let root: string;
beforeAll(async () => (root = await mkdtemp(join(tmpdir(), 'replace-file-'))));
afterAll(async () => rm(root, { recursive: true }));

const put = (path: string, text: string): Promise<void> => replaceFile(path, (partial) => writeFile(partial, text));

describe('writeNewFile', () => {
  it('writes a file that is not there yet, and leaves one that is', async () => {
    const path = join(root, 'once.txt');
    await writeNewFile(path, 'one');
    expect(await failure(writeNewFile(path, 'two'))).toMatchObject({
      code: 'ALREADY_EXISTS',
      message: `${path} is there already; name another file`,
    });
    expect(await readFile(path, 'utf8')).toBe('one');
  });

  it('leaves no part behind, which would stand in the way of the next try', async () => {
    const path = join(root, 'again.txt');
    async function* cut(): AsyncGenerator<string> {
      yield 'a part';
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    }
    expect(await failure(writeNewFile(path, cut()))).toMatchObject({ code: 'STORAGE_FULL' });
    await writeNewFile(path, 'whole');
    expect(await readFile(path, 'utf8')).toBe('whole');
  });
});

describe('replaceFile', () => {
  it('puts a new file in its place, and replaces one', async () => {
    const path = join(root, 'new', 'file.txt');
    await put(path, 'one');
    await put(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(join(root, 'new'))).toEqual(['file.txt']);
  });

  it('leaves the file as it was, and nothing beside it, when it cannot be written', async () => {
    const path = join(root, 'kept', 'file.txt');
    await put(path, 'whole');
    const failed = replaceFile(path, async (partial) => {
      await writeFile(partial, 'a part');
      throw new Error('cut off');
    });
    expect((await failure(failed)).message).toBe('cut off');
    expect(await readFile(path, 'utf8')).toBe('whole');
    expect(await readdir(join(root, 'kept'))).toEqual(['file.txt']);
  });

  it('writes what a link leads to, and leaves the link', async () => {
    const [file, link] = [join(root, 'target.txt'), join(root, 'link.txt')];
    await put(file, 'one');
    await symlink(file, link);
    await put(link, 'two');
    expect(await readFile(file, 'utf8')).toBe('two');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('takes the place of no pipe, device or folder', async () => {
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const link = join(root, 'to-pipe');
    await symlink(pipe, link);
    for (const path of [pipe, link]) {
      expect(await failure(put(path, 'x'))).toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        message: `${path} is a device or a pipe; name a file`,
      });
    }
    expect((await lstat(pipe)).isFIFO()).toBe(true);
    expect((await failure(put(root, 'x'))).message).toBe(`${root} is a folder; name a file`);
  });
});
