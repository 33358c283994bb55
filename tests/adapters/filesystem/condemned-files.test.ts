import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openFilesystemArtifacts } from '../../../src/adapters/filesystem/filesystem-artifacts.js';
import { type Digest, digestBytes } from '../../../src/util/digest.js';
import { temporaryDirectory } from './temporary-directory.js';

const program = fileURLToPath(new URL('./children/put-and-collect.ts', import.meta.url));
const count = 150;
const contents = Array.from({ length: count }, (_, i) => Buffer.from(`content ${i}`));
const hourMs = 3_600_000;

const pathOf = (directory: string, digest: Digest): string =>
  join(directory, 'sha256', digest.slice(7, 9), digest.slice(9));

/** A store whose content was put an hour ago. */
async function oldStore(directory: string) {
  const then = new Date(Date.now() - hourMs);
  for (const content of contents) {
    const path = pathOf(directory, digestBytes(content));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    await utimes(path, then, then);
  }
  return openFilesystemArtifacts(directory);
}

it('what processes put is there, however many others collect it as garbage at that time', async () => {
  const directory = await temporaryDirectory();
  const store = await oldStore(directory);
  const since = Date.now() - hourMs / 2;
  const run = async (role: string, seed: number): Promise<unknown> => {
    const args = ['--import', 'tsx', program, role, directory, String(since), String(count), String(seed)];
    return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
  };
  const lost = await Promise.all([run('put', 1), run('collect', 2), run('put', 3), run('collect', 4)]);
  expect(lost).toEqual([[], [], [], []]);
  for (const content of contents) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.get(digestBytes(content))) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  }
  await store.close();
}, 120_000);

it('content whose collector died while deciding is found, listed, put again, and decided by the next one', async () => {
  const directory = await temporaryDirectory();
  const store = await oldStore(directory);
  const [kept, old] = contents.map((content) => digestBytes(content)) as [Digest, Digest];
  await store.deleteUnlessPutSince!(digestBytes('absent'), Date.now());
  for (const digest of [kept, old]) {
    await rename(pathOf(directory, digest), await condemn(directory, digest));
    expect(await store.stat(digest)).toMatchObject({ digest });
    for await (const _chunk of store.get(digest));
  }
  const listed: Digest[] = [];
  for await (const { digest } of store.list()) listed.push(digest);
  expect(new Set(listed).size).toBe(count);
  expect(listed).toHaveLength(count);

  await store.put(contents[0]!);
  expect(await store.deleteUnlessPutSince!(kept, Date.now() - hourMs / 2)).toBe(false);
  expect(await store.deleteUnlessPutSince!(old, Date.now() - hourMs / 2)).toBe(true);
  expect(await store.stat(kept)).toMatchObject({ digest: kept });
  expect(await store.stat(old)).toBeUndefined();
  expect(await readdir(join(directory, 'condemned'))).toEqual([]);
  await store.close();
});

async function condemn(directory: string, digest: Digest): Promise<string> {
  await mkdir(join(directory, 'condemned'), { recursive: true });
  return join(directory, 'condemned', `${digest.slice(7)}.dead`);
}
