import { chmod, mkdir, readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFilesystemArtifacts } from '../../../src/adapters/filesystem/filesystem-artifacts.js';
import type { ArtifactStore } from '../../../src/storage/artifact-store.js';
import { artifactStoreConformance } from '../../../src/testing/index.js';
import { type Digest, digestBytes } from '../../../src/util/digest.js';
import { runConformance } from '../run-conformance.js';
import { inDirectories, temporaryDirectory } from './temporary-directory.js';

const harness = inDirectories(openFilesystemArtifacts);

function pathIn(directory: string, digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  return join(directory, 'sha256', hex.slice(0, 2), hex.slice(2));
}

async function corrupt(store: ArtifactStore, digest: Digest): Promise<void> {
  const path = pathIn(harness.directoryOf(store), digest);
  const content = await readFile(path);
  content[content.length - 1]! ^= 1;
  await writeFile(path, content);
}

runConformance('FilesystemArtifacts', artifactStoreConformance({ ...harness, corrupt, has: ['deleteUnlessPutSince'] }));

const hello = Buffer.from('hello');
const helloDigest = digestBytes(hello);
const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);

describe('the files of a filesystem artifact store', () => {
  it('hold the content as it is, in a directory named after the first two digits', async () => {
    const directory = await temporaryDirectory();
    const store = await openFilesystemArtifacts(join(directory, 'new', 'store'));
    await store.put(hello);
    expect(await readFile(pathIn(join(directory, 'new', 'store'), helloDigest), 'utf8')).toBe('hello');
    expect(await readdir(join(directory, 'new', 'store', 'unfinished'))).toEqual([]);
  });

  it('stay the same files when the same content is put again, and are as good as new to a collection of garbage', async () => {
    const directory = await temporaryDirectory();
    const store = await openFilesystemArtifacts(directory);
    await store.put(hello);
    const before = await stat(pathIn(directory, helloDigest));
    await store.put(hello);
    const after = await stat(pathIn(directory, helloDigest));
    expect(after.ino).toBe(before.ino);
    expect(after.mtimeMs).toBeGreaterThan(before.mtimeMs);
    expect(await readdir(join(directory, 'unfinished'))).toEqual([]);
  });

  it('take the place of content that put is told the digest of, which is not read; not where they were altered', async () => {
    const store = await harness.open();
    let reads = 0;
    const content = async function* (): AsyncGenerator<Uint8Array> {
      reads++;
      yield hello;
    };
    for (const _time of [1, 2]) {
      expect(await store.put(content(), { digest: helloDigest })).toEqual({ digest: helloDigest, size: 5 });
    }
    expect(reads).toBe(1);
    await corrupt(store, helloDigest);
    await store.put(content(), { digest: helloDigest });
    expect(reads).toBe(2);
    expect(await store.stat(helloDigest)).toEqual({ digest: helloDigest, size: 5 });
  });

  // Only root can become others.
  it.skipIf(process.getuid?.() !== 0)(
    'are stored anew where another user put them: nobody else may mark them',
    async () => {
      const directory = await temporaryDirectory();
      await chmod(directory, 0o777);
      const store = await openFilesystemArtifacts(directory);
      const umask = process.umask(0);
      try {
        const { digest } = await store.put(Buffer.from('shared'));
        process.seteuid!(65534);
        expect(await store.put(Buffer.from('shared'), { digest })).toEqual({ digest, size: 6 });
        expect((await stat(pathIn(directory, digest))).uid).toBe(65534);
      } finally {
        process.seteuid!(0);
        process.umask(umask);
      }
    },
  );

  it('are replaced when they were cut short', async () => {
    const directory = await temporaryDirectory();
    const store = await openFilesystemArtifacts(directory);
    await store.put(hello);
    await writeFile(pathIn(directory, helloDigest), 'hel');
    await store.put(hello);
    expect(await readFile(pathIn(directory, helloDigest), 'utf8')).toBe('hello');
  });

  it('leave no rest of puts that failed', async () => {
    const directory = await temporaryDirectory();
    const store = await openFilesystemArtifacts(directory);
    await expect(store.put(hello, { maxBytes: 4 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(await readdir(join(directory, 'unfinished'))).toEqual([]);
    expect(await readdir(directory)).toEqual(['unfinished']);
  });

  it('that were left unfinished a day ago are removed when the store is opened, later ones are not', async () => {
    const directory = await temporaryDirectory();
    const unfinished = join(directory, 'unfinished');
    await mkdir(unfinished);
    for (const [name, hours] of [
      ['old', 25],
      ['recent', 23],
      ['new', 0],
    ] as const) {
      await writeFile(join(unfinished, name), 'partial');
      await utimes(join(unfinished, name), hoursAgo(hours), hoursAgo(hours));
    }
    await openFilesystemArtifacts(directory);
    expect((await readdir(unfinished)).sort()).toEqual(['new', 'recent']);
  });

  it('that are not artifacts are not listed', async () => {
    const directory = await temporaryDirectory();
    const store = await openFilesystemArtifacts(directory);
    await store.put(hello);
    await writeFile(join(directory, 'sha256', 'README'), 'x');
    await writeFile(join(directory, 'sha256', helloDigest.slice(7, 9), 'backup~'), 'x');
    await mkdir(pathIn(directory, `sha256:${'ab'.repeat(32)}`), { recursive: true });
    const listed: Digest[] = [];
    for await (const { digest } of store.list()) listed.push(digest);
    expect(listed).toEqual([helloDigest]);
    expect(await store.stat(`sha256:${'ab'.repeat(32)}`)).toBeUndefined();
  });
});

it('a directory that is a file, or below one, is refused', async () => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, 'content');
  await expect(openFilesystemArtifacts(file)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  await expect(openFilesystemArtifacts(join(file, 'below'))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  await expect(openFilesystemArtifacts('')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

it('content of any size passes through in chunks of at most 256 KiB', async () => {
  const store = await openFilesystemArtifacts(await temporaryDirectory());
  const { digest, size } = await store.put(Buffer.alloc(1_000_000, 'abc'));
  let total = 0;
  for await (const chunk of store.get(digest)) {
    expect(chunk.byteLength).toBeLessThanOrEqual(262_144);
    total += chunk.byteLength;
  }
  expect(total).toBe(size);
});
