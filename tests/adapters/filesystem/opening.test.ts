import { readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import { MLOpsError } from '../../../src/errors.js';
import { temporaryDirectory } from './temporary-directory.js';

const databaseIn = (directory: string): string => join(directory, 'bondx-mlops.db');

/** A directory whose storage holds five hundred records of a kilobyte, closed. */
async function filledDirectory(): Promise<string> {
  const directory = await temporaryDirectory();
  const storage = await openFilesystemStorage(directory);
  const value = 'x'.repeat(1_000);
  await storage.commit(
    Array.from({ length: 500 }, (_, i) => ({ kind: 'put', collection: 'c', id: `r${i}`, value, expect: 'absent' })),
  );
  await storage.close();
  return directory;
}

function alter(directory: string, statement: string): void {
  const database = new Database(databaseIn(directory));
  database.exec(statement);
  database.close();
}

describe('a directory', () => {
  it('is created with the missing ones above it', async () => {
    const directory = join(await temporaryDirectory(), 'a b', 'ü', 'c');
    const storage = await openFilesystemStorage(directory);
    await storage.close();
    expect((await stat(databaseIn(directory))).isFile()).toBe(true);
  });

  it.each([
    [0o002, 0o664],
    [0o027, 0o640],
    [0o077, 0o600],
  ])('holds files as the umask %o says, for a group as well', async (umask, mode) => {
    const directory = await temporaryDirectory();
    const before = process.umask(umask);
    try {
      const storage = await openFilesystemStorage(directory);
      await storage.commit([{ kind: 'append', stream: 's', values: [1] }]);
      for (const ending of ['', '-wal', '-shm']) {
        expect((await stat(`${databaseIn(directory)}${ending}`)).mode & 0o777, ending).toBe(mode);
      }
      await storage.close();
    } finally {
      process.umask(before);
    }
  });

  it('may be opened by many at once while it is new', async () => {
    const directory = join(await temporaryDirectory(), 'new');
    const storages = await Promise.all(Array.from({ length: 6 }, () => openFilesystemStorage(directory)));
    await Promise.all(storages.map((storage) => storage.commit([{ kind: 'append', stream: 's', values: [1] }])));
    expect((await storages[0]!.read('s')).length).toBe(6);
    await Promise.all(storages.map((storage) => storage.close()));
  });

  it('that is a file, or is below one, is refused', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, 'content');
    const refusal = { code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('a file is where') as string };
    await expect(openFilesystemStorage(file)).rejects.toMatchObject(refusal);
    await expect(openFilesystemStorage(join(file, 'below'))).rejects.toMatchObject(refusal);
    expect(await readFile(file, 'utf8')).toBe('content');
  });

  it('says which record cannot be read, alone and on a page', async () => {
    const directory = await filledDirectory();
    alter(directory, "update records set value = substr(value, 2) where id = 'r1'");
    const storage = await openFilesystemStorage(directory);
    const refusal = { code: 'CORRUPT', message: expect.stringContaining('record c/r1') as string };
    await expect(storage.get('c', 'r1')).rejects.toMatchObject(refusal);
    await expect(storage.query('c')).rejects.toMatchObject(refusal);
    expect(await storage.get('c', 'r8')).toBeDefined();
    await storage.close();
  });

  it('needs a name', async () => {
    await expect(openFilesystemStorage('')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('takes no unknown durability', async () => {
    const options = { durability: 'none' as 'power' };
    await expect(openFilesystemStorage(await temporaryDirectory(), options)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('a database', () => {
  it('that is moved, deleted or replaced while it is open takes no more commits, which nobody would find', async () => {
    for (const what of ['moved', 'deleted', 'replaced'] as const) {
      const directory = join(await temporaryDirectory(), 'store');
      const storage = await openFilesystemStorage(directory);
      const commit = () => storage.commit([{ kind: 'append', stream: 's', values: [1] }]);
      await commit();
      if (what === 'deleted') await rm(directory, { recursive: true });
      else await rename(directory, `${directory}-old`);
      const next = what === 'replaced' ? await openFilesystemStorage(directory) : undefined;
      const error = await vi.waitFor(async () => {
        const found: unknown = await commit().catch((caught: unknown) => caught);
        expect(found).toBeInstanceOf(MLOpsError);
        return found;
      }, 20_000);
      expect(error).toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        message: expect.stringContaining('moved, deleted or replaced while it was open') as string,
      });
      expect((await storage.read('s')).entries.length).toBeGreaterThan(0);
      await storage.close();
      await next?.commit([{ kind: 'append', stream: 's', values: [1] }]);
      await next?.close();
    }
  });

  it('of another program is refused and left alone', async () => {
    const directory = await temporaryDirectory();
    alter(directory, 'create table theirs (x); insert into theirs values (1)');
    const before = await readFile(databaseIn(directory));
    await expect(openFilesystemStorage(directory)).rejects.toMatchObject({ code: 'STORAGE_FORMAT' });
    expect((await readFile(databaseIn(directory))).equals(before)).toBe(true);
  });

  it('of another program that marks its files is refused', async () => {
    const directory = await temporaryDirectory();
    alter(directory, 'pragma application_id = 1234');
    await expect(openFilesystemStorage(directory)).rejects.toMatchObject({ code: 'STORAGE_FORMAT' });
  });

  it('that is no database is refused and left alone', async () => {
    const directory = await temporaryDirectory();
    const garbage = Buffer.from('no database\n'.repeat(1_000));
    await writeFile(databaseIn(directory), garbage);
    await expect(openFilesystemStorage(directory)).rejects.toMatchObject({ code: 'STORAGE_FORMAT' });
    expect((await readFile(databaseIn(directory))).equals(garbage)).toBe(true);
  });

  it('that was cut short is reported as damaged', async () => {
    const directory = await filledDirectory();
    const { size } = await stat(databaseIn(directory));
    await truncate(databaseIn(directory), size / 2);
    const reading = async (): Promise<void> => {
      const storage = await openFilesystemStorage(directory);
      try {
        await storage.query('c', { limit: 1_000 });
      } finally {
        await storage.close();
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('whose pages were overwritten is reported as damaged when they are read', async () => {
    const directory = await filledDirectory();
    const bytes = await readFile(databaseIn(directory));
    bytes.fill(0xa5, 8_192);
    await writeFile(databaseIn(directory), bytes);
    const reading = async (): Promise<void> => {
      const storage = await openFilesystemStorage(directory);
      try {
        await storage.query('c', { limit: 1_000 });
      } finally {
        await storage.close();
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('that a newer version wrote is refused with advice to upgrade', async () => {
    const directory = await filledDirectory();
    alter(directory, "update meta set value = 99 where key = 'schema_version'");
    await expect(openFilesystemStorage(directory)).rejects.toMatchObject({
      code: 'STORAGE_FORMAT',
      message: expect.stringMatching(/schema version 99.*upgrade/) as string,
    });
  });
});

describe('a lock that another program holds', () => {
  it('makes commits wait their turn while reads go on', async () => {
    const directory = await filledDirectory();
    const storage = await openFilesystemStorage(directory);
    const other = new Database(databaseIn(directory));
    other.exec('begin immediate');
    let isWritten = false;
    const commit = storage.commit([{ kind: 'append', stream: 's', values: [1] }]).then((results) => {
      isWritten = true;
      return results;
    });
    for (let i = 0; i < 50; i++) expect((await storage.get('c', 'r7'))?.id).toBe('r7');
    expect(isWritten).toBe(false);
    other.exec('rollback');
    expect(await commit).toEqual([1]);
    other.close();
    await storage.close();
  });
});

describe('the package better-sqlite3', () => {
  afterEach(() => {
    vi.doUnmock('better-sqlite3');
    vi.resetModules();
  });

  /** A fresh copy of the adapter, which has not loaded the package yet. */
  async function openWith(mock: () => { default: unknown }): Promise<unknown> {
    vi.resetModules();
    vi.doMock('better-sqlite3', mock);
    const fresh = await import('../../../src/adapters/filesystem/filesystem-storage.js');
    return fresh.openFilesystemStorage(await temporaryDirectory());
  }

  const refusal = {
    code: 'MISSING_DEPENDENCY',
    message: expect.stringContaining('npm install better-sqlite3') as string,
  };

  it('is named when it is not installed', async () => {
    const opening = openWith(() => {
      throw new Error("Cannot find package 'better-sqlite3'");
    });
    await expect(opening).rejects.toMatchObject(refusal);
  });

  it('is named when its native part does not load', async () => {
    class Broken {
      static SqliteError = class extends Error {};
      constructor() {
        throw new Error('Could not locate the bindings file');
      }
    }
    await expect(openWith(() => ({ default: Broken }))).rejects.toMatchObject(refusal);
  });

  it('is told to be allowed where node does not load native parts', async () => {
    class Forbidden {
      static SqliteError = class extends Error {};
      constructor() {
        const message = 'Cannot load native addon because loading addons is disabled.';
        throw Object.assign(new Error(message), { code: 'ERR_DLOPEN_DISABLED' });
      }
    }
    await expect(openWith(() => ({ default: Forbidden }))).rejects.toMatchObject({
      code: 'MISSING_DEPENDENCY',
      message: expect.stringContaining('allow it with --allow-addons') as string,
    });
  });
});
